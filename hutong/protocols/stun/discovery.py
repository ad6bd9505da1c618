"""Binding requests: a client's own address, and with a second address how its NAT behaves.

Source: RFC 8489 section 13, RFC 5780 section 6.
"""

from hutong.protocols.stun.address import (
    Address,
    FiveTuple,
    Transport,
    encode_address,
    encode_xor_address,
)
from hutong.protocols.stun.attributes import (
    DISCOVERY_TYPES,
    AttributeType,
    decode_change_request,
    decode_response_port,
)
from hutong.protocols.stun.config import Discovery
from hutong.protocols.stun.effects import SendToClient
from hutong.protocols.stun.message import Message
from hutong.protocols.stun.rejection import Rejection
from hutong.protocols.stun.request import encode_success, refuse_unknown_attributes

_ATTRIBUTE_HEADER_BYTES = 4


class Bindings:
    """Answers Binding requests; nothing here needs a login."""

    def __init__(self, discovery: Discovery | None) -> None:
        self._discovery = discovery

    def answer(self, message: Message, five_tuple: FiveTuple) -> SendToClient:
        """Tell a client its address as seen from here; raises Rejection and MalformedAttributeError."""
        discovery = self._discovery
        if discovery is None:
            refuse_unknown_attributes(message)
            return SendToClient(five_tuple, encode_success(message, None, [_mapped(message, five_tuple)]))
        refuse_unknown_attributes(message, also_understood=DISCOVERY_TYPES)
        if five_tuple.transport is not Transport.UDP:
            # There is no second address to connect to, and an answer stays on its connection.
            if any(message.get(kind) is not None for kind in DISCOVERY_TYPES):
                raise Rejection(400)
            return SendToClient(five_tuple, encode_success(message, None, [_mapped(message, five_tuple)]))
        return _discover(message, five_tuple, discovery)


def _mapped(message: Message, five_tuple: FiveTuple) -> tuple[AttributeType, bytes]:
    value = encode_xor_address(five_tuple.client, message.transaction_id)
    return AttributeType.XOR_MAPPED_ADDRESS, value


def _discover(message: Message, five_tuple: FiveTuple, discovery: Discovery) -> SendToClient:
    """Answer from, and to, where the request asks for (RFC 5780 section 6.1)."""
    response_port = message.get(AttributeType.RESPONSE_PORT)
    padding = message.get(AttributeType.PADDING)
    if response_port is not None and padding is not None:
        raise Rejection(400)
    client = five_tuple.client
    if response_port is not None:
        client = Address(client.host, decode_response_port(response_port))
    change = message.get(AttributeType.CHANGE_REQUEST)
    change_host, change_port = (False, False) if change is None else decode_change_request(change)
    origin = discovery.changed(five_tuple.server, host=change_host, port=change_port)
    other = discovery.changed(five_tuple.server, host=True, port=True)
    attributes = [
        _mapped(message, five_tuple),
        (AttributeType.RESPONSE_ORIGIN, encode_address(origin)),
        (AttributeType.OTHER_ADDRESS, encode_address(other)),
    ]
    if padding is not None:
        # The RFC pads up to the interface's MTU; no more comes back here than was sent.
        room = len(message.raw) - len(encode_success(message, None, attributes)) - _ATTRIBUTE_HEADER_BYTES
        attributes.append((AttributeType.PADDING, bytes(max(0, room // 4 * 4))))
    answer = encode_success(message, None, attributes)
    return SendToClient(FiveTuple(five_tuple.transport, client, origin), answer)
