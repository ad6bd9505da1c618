"""Bindings, and what is common to all requests: docs/protocol/stun.md, STUN1 to STUN7."""

import pytest

from hutong.protocols.stun import Address, DropReason, SendToClient, StunServer, Transport
from hutong.protocols.stun.address import decode_xor_address
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.message import MessageClass, Method, encode_message, parse_message

from .turn_client import Clock, TurnClient, answer_of, dropped, error_of, succeeded

TRANSACTION_ID = bytes(range(12))
BINDING = encode_message(Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, [])
# RESPONSE-PORT of RFC 5780: comprehension-required, and not understood yet.
UNKNOWN = b"\x00\x27\x00\x04\0\0\0\0"


def with_attributes(request: bytes, attributes: bytes) -> bytes:
    return request[:2] + (len(request) - 20 + len(attributes)).to_bytes(2) + request[4:] + attributes


@pytest.mark.parametrize(
    ("address", "size_bytes"),
    [(Address("198.51.100.7", 4000), 32), (Address("2001:db8::7", 4000), 44)],
)
def test_a_binding_is_answered_with_the_clients_address_and_nothing_else(
    core: StunServer, clock: Clock, address: Address, size_bytes: int
) -> None:
    """STUN3."""
    client = TurnClient(core, clock, client=address)
    effects = client.receive(BINDING)
    answer = answer_of(effects)
    assert (answer.method, answer.message_class) == (Method.BINDING, MessageClass.SUCCESS)
    assert answer.transaction_id == TRANSACTION_ID
    assert [kind for kind, _ in answer.attributes] == [AttributeType.XOR_MAPPED_ADDRESS]
    assert decode_xor_address(answer.attributes[0][1], TRANSACTION_ID) == address
    assert isinstance(effects[0], SendToClient)
    assert len(effects[0].data) == size_bytes
    assert effects[0].five_tuple == client.five_tuple


def test_a_fingerprint_is_answered_with_one(client: TurnClient) -> None:
    """STUN2."""
    assert not answer_of(client.receive(BINDING)).has_fingerprint
    request = encode_message(Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, [], fingerprint=True)
    assert answer_of(client.receive(request)).has_fingerprint


def test_unknown_attributes_are_named(client: TurnClient) -> None:
    """STUN4: those below 0x8000, each once."""
    answer = answer_of(client.receive(with_attributes(BINDING, UNKNOWN + UNKNOWN)))
    assert error_of(answer) == 420
    assert answer.get(AttributeType.UNKNOWN_ATTRIBUTES) == b"\x00\x27"
    optional = with_attributes(BINDING, b"\xc0\x57\x00\x04\0\0\0\0")
    assert succeeded(answer_of(client.receive(optional)))


def test_unknown_attributes_of_signed_requests_are_named_after_the_login(
    client: TurnClient,
) -> None:
    """STUN4: the answer is signed, and nobody learns anything without a credential."""
    client.login()
    unsigned = with_attributes(client.encode(Method.ALLOCATE, signed=False), UNKNOWN)
    assert error_of(answer_of(client.receive(unsigned))) == 401


@pytest.mark.parametrize(
    "data",
    [
        encode_message(Method.BINDING, MessageClass.SUCCESS, TRANSACTION_ID, []),
        encode_message(Method.BINDING, MessageClass.ERROR, TRANSACTION_ID, []),
        encode_message(Method.BINDING, MessageClass.INDICATION, TRANSACTION_ID, []),
        encode_message(Method.DATA, MessageClass.INDICATION, TRANSACTION_ID, []),
        encode_message(0x00A, MessageClass.REQUEST, TRANSACTION_ID, []),
        encode_message(0xFFF, MessageClass.REQUEST, TRANSACTION_ID, []),
    ],
)
def test_what_is_no_request_of_ours_is_dropped(client: TurnClient, data: bytes) -> None:
    """STUN6."""
    assert client.receive(data) == dropped(DropReason.NOT_A_REQUEST)


@pytest.mark.parametrize("data", [b"", b"\0", b"hello", BINDING[:-1], b"\x40\0\xff\xff"])
def test_garbage_is_dropped(client: TurnClient, data: bytes) -> None:
    """STUN1."""
    assert client.receive(data) == dropped(DropReason.MALFORMED)


def test_the_answer_goes_where_the_request_came_from(core: StunServer, clock: Clock) -> None:
    client = TurnClient(core, clock, transport=Transport.TCP)
    (effect,) = client.receive(BINDING)
    assert isinstance(effect, SendToClient)
    assert effect.five_tuple.transport is Transport.TCP
    assert parse_message(effect.data).message_class is MessageClass.SUCCESS
