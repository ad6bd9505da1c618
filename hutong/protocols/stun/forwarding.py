"""Carrying data between a client and its peers.

Source: RFC 8656 sections 11 (Send and Data indications) and 12.6, 12.7 (channels).
"""

from hutong.protocols.stun.address import (
    Address,
    FiveTuple,
    Transport,
    decode_xor_address,
    encode_xor_address,
)
from hutong.protocols.stun.allocation import Allocation, AllocationTable
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.channel_data import encode_channel_data, parse_channel_data
from hutong.protocols.stun.config import ServerConfig
from hutong.protocols.stun.effects import Dropped, DropReason, Effect, SendToClient, SendToPeer
from hutong.protocols.stun.message import (
    HEADER_BYTES,
    MESSAGE_BYTES_MAX,
    Message,
    MessageClass,
    Method,
    encode_message,
)
from hutong.protocols.stun.peer_policy import PeerPolicy
from hutong.protocols.stun.request import unknown_attributes

# The largest payload a UDP datagram over IPv4 can carry.
DATAGRAM_BYTES_MAX = 65_507
# What fits beside an XOR-PEER-ADDRESS of 24 bytes and the header of DATA.
INDICATION_PAYLOAD_BYTES_MAX = MESSAGE_BYTES_MAX - HEADER_BYTES - 24 - 4


class Forwarding:
    """The data plane, over the table of allocations."""

    def __init__(self, config: ServerConfig, table: AllocationTable, policy: PeerPolicy) -> None:
        self._dont_fragment = config.dont_fragment
        self._table = table
        self._policy = policy

    def channel_data(self, data: bytes, five_tuple: FiveTuple, now: float) -> list[Effect]:
        """Send a ChannelData's payload to the channel's peer; raises MalformedMessageError."""
        number, payload = parse_channel_data(data)
        allocation = self._table.at(five_tuple)
        if allocation is None:
            return [Dropped(DropReason.NO_ALLOCATION)]
        channel = allocation.channel(number, now)
        if channel is None:
            return [Dropped(DropReason.NO_CHANNEL)]
        if len(payload) > DATAGRAM_BYTES_MAX:
            return [Dropped(DropReason.TOO_LARGE)]
        return self._to_peer(allocation, SendToPeer(allocation.allocation_id, channel.peer, payload), now)

    def send_indication(self, message: Message, five_tuple: FiveTuple, now: float) -> list[Effect]:
        """Send a Send indication's data to its peer; raises MalformedAttributeError."""
        peer_value = message.get(AttributeType.XOR_PEER_ADDRESS)
        payload = message.get(AttributeType.DATA)
        dont_fragment = message.get(AttributeType.DONT_FRAGMENT) is not None
        if peer_value is None or payload is None or unknown_attributes(message):
            return [Dropped(DropReason.MALFORMED)]
        if dont_fragment and not self._dont_fragment:
            return [Dropped(DropReason.MALFORMED)]
        peer = decode_xor_address(peer_value, message.transaction_id)
        allocation = self._table.at(five_tuple)
        if allocation is None:
            return [Dropped(DropReason.NO_ALLOCATION)]
        permitted = peer.family in allocation.relayed and allocation.permits(peer.host, now)
        if not permitted or self._policy.is_own_listener(peer):
            return [Dropped(DropReason.NO_PERMISSION)]
        if len(payload) > DATAGRAM_BYTES_MAX:
            return [Dropped(DropReason.TOO_LARGE)]
        sending = SendToPeer(allocation.allocation_id, peer, payload, dont_fragment)
        return self._to_peer(allocation, sending, now)

    def from_peer(self, allocation: Allocation, peer: Address, data: bytes, now: float) -> list[Effect]:
        """Carry a datagram a peer sent to the relayed address to the client."""
        five_tuple = allocation.five_tuple
        on_stream = five_tuple.transport is Transport.TCP
        channel = allocation.channel_to(peer, now)
        if channel is not None:
            frame = encode_channel_data(channel.number, data, padded=on_stream)
        elif not allocation.permits(peer.host, now) or self._policy.is_own_listener(peer):
            return [Dropped(DropReason.NO_PERMISSION)]
        elif len(data) > INDICATION_PAYLOAD_BYTES_MAX:
            return [Dropped(DropReason.TOO_LARGE)]
        else:
            frame = _data_indication(allocation, peer, (AttributeType.DATA, data))
        if not on_stream and len(frame) > DATAGRAM_BYTES_MAX:
            return [Dropped(DropReason.TOO_LARGE)]
        if not allocation.budget.take(len(data), now):
            return [Dropped(DropReason.BANDWIDTH)]
        return [SendToClient(five_tuple, frame, len(data))]

    def icmp_from_peer(self, allocation: Allocation, peer: Address, icmp: bytes, now: float) -> list[Effect]:
        """Tell the client what the network said about a datagram to a peer (RFC 8656 section 11.5)."""
        if not allocation.permits(peer.host, now):
            return [Dropped(DropReason.NO_PERMISSION)]
        indication = _data_indication(allocation, peer, (AttributeType.ICMP, icmp))
        return [SendToClient(allocation.five_tuple, indication)]

    def _to_peer(self, allocation: Allocation, sending: SendToPeer, now: float) -> list[Effect]:
        """Let a payload out to its peer, within the user's bandwidth.

        A peer that is a relayed address of this very server gets it here: to go out of one socket
        and in at the other would cost two more system calls and change nothing.
        """
        if not allocation.budget.take(len(sending.data), now):
            return [Dropped(DropReason.BANDWIDTH)]
        near = self._table.at_relayed(sending.peer)
        if near is None:
            return [sending]
        return self.from_peer(near, allocation.relayed[sending.peer.family], sending.data, now)


def _data_indication(allocation: Allocation, peer: Address, content: tuple[AttributeType, bytes]) -> bytes:
    """Encode a Data indication (RFC 8656 section 11.3) with its DATA or ICMP.

    Its transaction id need not be random: nothing answers an indication, and the allocation's
    own saves the core from needing randomness.
    """
    transaction_id = allocation.request.transaction_id
    return encode_message(
        Method.DATA,
        MessageClass.INDICATION,
        transaction_id,
        [
            (AttributeType.XOR_PEER_ADDRESS, encode_xor_address(peer, transaction_id)),
            content,
        ],
    )
