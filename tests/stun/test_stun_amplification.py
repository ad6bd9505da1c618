"""What an unproven source gets back: docs/protocol/stun.md, TURN3."""

import random

import pytest

from hutong.protocols.stun import Address, Discovery, DropReason, Limits, SendToClient, Transport
from hutong.protocols.stun.attributes import AttributeType, encode_change_request
from hutong.protocols.stun.channel_data import encode_channel_data
from hutong.protocols.stun.message import Integrity, MessageClass, Method, encode_message

from .turn_client import LISTENER, UDP_TRANSPORT, Clock, TurnClient, dropped, error_of, make_core

LIMITS = Limits(unauthenticated_excess_bytes=100, unauthenticated_excess_bytes_per_s=1.0)
DISCOVERY = Discovery(LISTENER, Address("192.0.2.2", 3479))
PADDED = (AttributeType.SOFTWARE, bytes(120))
UNSIGNED_EXTRAS = [
    [],
    [UDP_TRANSPORT],
    [(AttributeType.PADDING, bytes(1000))],
    [(AttributeType.CHANGE_REQUEST, encode_change_request(address=True, port=True))],
    [(AttributeType.RESPONSE_PORT, b"\x12\x34\0\0")],
    [(AttributeType.RESPONSE_PORT, b"\0\0\0\0")],
    [(AttributeType.USERNAME, b"lin")],
    [(AttributeType.DONT_FRAGMENT, b"")] * 60,
]


def every_kind() -> list[bytes]:
    """Everything somebody without a credential can send: each method and class, with and without extras."""
    key = b"k" * 16
    login = [(AttributeType.USERNAME, b"9:x"), (AttributeType.REALM, b"hutong"), (AttributeType.NONCE, b"n")]
    kinds = [
        encode_message(
            method, message_class, bytes(12), [*extra, *signed], integrity=integrity, fingerprint=f
        )
        for method in [*Method, 0x00A, 0xFFF]
        for message_class in MessageClass
        for extra in UNSIGNED_EXTRAS
        for signed, integrity in (
            ([], None),
            (login, (Integrity.SHA1, key)),
            (login[:1], (Integrity.SHA256, key)),
        )
        for f in (False, True)
    ]
    unknown = encode_message(Method.BINDING, MessageClass.REQUEST, bytes(12), [])
    attributes = b"".join(kind.to_bytes(2) + b"\0\0" for kind in range(0x7000, 0x7040))
    many_unknown = unknown[:2] + len(attributes).to_bytes(2) + unknown[4:] + attributes
    return [*kinds, many_unknown, encode_channel_data(0x4000, bytes(900), padded=False), b"hello", b""]


@pytest.mark.parametrize("discovery", [None, DISCOVERY])
def test_a_flood_gets_its_own_size_back_and_a_small_allowance(
    clock: Clock, discovery: Discovery | None
) -> None:
    """TURN3: over every kind of request, in any order, for as long as it lasts."""
    core = make_core(limits=LIMITS, discovery=discovery)
    client = TurnClient(core, clock)
    kinds = every_kind()
    random.Random(4).shuffle(kinds)
    received = answered = answers = 0
    began = clock.now
    for data in kinds:
        clock.advance(0.01)
        received += len(data)
        for effect in client.receive(data):
            if isinstance(effect, SendToClient):
                answered += len(effect.data)
                answers += 1
                excess = len(effect.data) - len(data)
                assert excess <= 64
    allowed = float(LIMITS.unauthenticated_excess_bytes)
    allowed += (clock.now - began) * LIMITS.unauthenticated_excess_bytes_per_s
    assert answers > 100
    assert answered <= received + allowed
    assert core.allocation_count == 0


@pytest.mark.parametrize("method", [Method.BINDING, Method.ALLOCATE, Method.REFRESH, Method.CHANNEL_BIND])
@pytest.mark.parametrize("discovery", [None, DISCOVERY])
def test_who_pads_gets_no_more_than_was_sent_and_is_never_limited(
    clock: Clock, method: Method, discovery: Discovery | None
) -> None:
    """TURN3."""
    client = TurnClient(make_core(limits=LIMITS, discovery=discovery), clock)
    request = client.encode(method, [PADDED], signed=False)
    for _ in range(100):
        (effect,) = client.receive(request)
        assert isinstance(effect, SendToClient)
        assert len(effect.data) <= len(request)


def test_each_source_has_its_own_allowance(clock: Clock) -> None:
    """TURN3."""
    core = make_core(limits=Limits(unauthenticated_excess_bytes=24, unauthenticated_excess_bytes_per_s=12.0))
    client = TurnClient(core, clock)
    binding = client.encode(Method.BINDING, signed=False)
    other = TurnClient(core, clock, client=client.client._replace(host="198.51.100.8"))
    for _ in range(2):
        assert isinstance(client.receive(binding)[0], SendToClient)
    assert client.receive(binding) == dropped(DropReason.RATE_LIMITED)
    assert isinstance(other.receive(binding)[0], SendToClient)
    clock.advance(1)
    assert isinstance(client.receive(binding)[0], SendToClient)
    assert client.receive(binding) == dropped(DropReason.RATE_LIMITED)


def test_authenticated_errors_and_tcp_are_not_limited(clock: Clock) -> None:
    """TURN3: a credential, or a TCP handshake, proves that nobody else gets the answers."""
    core = make_core(limits=Limits(unauthenticated_excess_bytes=60, unauthenticated_excess_bytes_per_s=0.001))
    client = TurnClient(core, clock)
    for _ in range(5):
        assert error_of(client.call(Method.REFRESH)) == 437
    connected = TurnClient(core, clock, transport=Transport.TCP)
    for _ in range(5):
        connected.login()
