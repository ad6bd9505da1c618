"""The codec: round trips, and arbitrary bytes that raise nothing but StunError."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hutong.protocols.stun import Address, FiveTuple, StunError, Transport
from hutong.protocols.stun.address import decode_xor_address, encode_xor_address
from hutong.protocols.stun.attributes import (
    AttributeType,
    decode_channel_number,
    decode_error_code,
    decode_even_port,
    decode_lifetime,
    decode_requested_address_family,
    decode_requested_transport,
    encode_error_code,
)
from hutong.protocols.stun.channel_data import encode_channel_data, parse_channel_data
from hutong.protocols.stun.errors import (
    MalformedAttributeError,
    MalformedMessageError,
    MalformedStreamError,
)
from hutong.protocols.stun.message import (
    ATTRIBUTES_MAX,
    Integrity,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)
from hutong.protocols.stun.stream import FrameSplitter

from .test_stun_vectors import IPV4_RESPONSE, LONG_TERM_REQUEST, REQUEST, SHA256_REQUEST
from .turn_client import LISTENER, make_core

TRANSACTION_ID = bytes(range(12))
KEY = b"0123456789abcdef"
VALID = [REQUEST, IPV4_RESPONSE, LONG_TERM_REQUEST, SHA256_REQUEST]

addresses = st.builds(
    lambda host, port: Address(str(host), port),
    st.ip_addresses().filter(lambda host: getattr(host, "ipv4_mapped", None) is None),
    st.integers(0, 65_535),
)
attribute_lists = st.lists(
    st.tuples(
        st.sampled_from(
            [
                AttributeType.USERNAME,
                AttributeType.DATA,
                AttributeType.SOFTWARE,
                AttributeType.XOR_PEER_ADDRESS,
            ]
        ),
        st.binary(max_size=40),
    ),
    max_size=8,
)


@given(addresses, st.binary(min_size=12, max_size=12))
def test_xor_addresses_round_trip(address: Address, transaction_id: bytes) -> None:
    assert decode_xor_address(encode_xor_address(address, transaction_id), transaction_id) == address


def test_a_dual_stack_socket_reports_an_ipv4_client_as_one() -> None:
    mapped = encode_xor_address(Address("::ffff:192.0.2.7", 1), TRANSACTION_ID)
    assert decode_xor_address(mapped, TRANSACTION_ID) == Address("192.0.2.7", 1)
    zoned = encode_xor_address(Address("fe80::1%eth0", 1), TRANSACTION_ID)
    assert decode_xor_address(zoned, TRANSACTION_ID) == Address("fe80::1", 1)


@given(
    st.sampled_from(Method),
    st.sampled_from(MessageClass),
    attribute_lists,
    st.sampled_from([None, (Integrity.SHA1, KEY), (Integrity.SHA256, KEY)]),
    st.booleans(),
)
def test_messages_round_trip(
    method: Method,
    message_class: MessageClass,
    attributes: list[tuple[AttributeType, bytes]],
    integrity: tuple[Integrity, bytes] | None,
    fingerprint: bool,
) -> None:
    data = encode_message(
        method,
        message_class,
        TRANSACTION_ID,
        attributes,
        integrity=integrity,
        fingerprint=fingerprint,
    )
    message = parse_message(data)
    assert (message.method, message.message_class) == (method, message_class)
    assert message.transaction_id == TRANSACTION_ID
    assert list(message.attributes[: len(attributes)]) == attributes
    assert message.has_fingerprint == fingerprint
    for kind in Integrity:
        expected = integrity is not None and integrity[0] is kind
        assert message.integrity_holds(kind, KEY) == expected


@pytest.mark.parametrize(
    ("method", "message_class", "kind"),
    [
        (Method.BINDING, MessageClass.REQUEST, 0x0001),
        (Method.BINDING, MessageClass.SUCCESS, 0x0101),
        (Method.BINDING, MessageClass.ERROR, 0x0111),
        (Method.ALLOCATE, MessageClass.ERROR, 0x0113),
        (Method.SEND, MessageClass.INDICATION, 0x0016),
        (Method.DATA, MessageClass.INDICATION, 0x0017),
        (Method.CHANNEL_BIND, MessageClass.SUCCESS, 0x0109),
    ],
)
def test_message_types_are_the_registered_ones(
    method: Method, message_class: MessageClass, kind: int
) -> None:
    assert encode_message(method, message_class, TRANSACTION_ID, [])[:2] == kind.to_bytes(2)


def test_what_follows_the_integrity_attribute_does_not_count() -> None:
    """STUN5."""
    signed = encode_message(
        Method.BINDING,
        MessageClass.REQUEST,
        TRANSACTION_ID,
        [(AttributeType.USERNAME, b"first"), (AttributeType.USERNAME, b"again")],
        integrity=(Integrity.SHA1, KEY),
    )
    smuggled = signed + bytes.fromhex("000d000400000000")
    smuggled = smuggled[:2] + (len(smuggled) - 20).to_bytes(2) + smuggled[4:]
    message = parse_message(smuggled)
    assert message.get(AttributeType.LIFETIME) is None
    assert message.get(AttributeType.USERNAME) == b"first"
    assert message.integrity_holds(Integrity.SHA1, KEY)


def test_a_truncated_sha256_integrity_does_not_hold() -> None:
    """STUN7: 16 bytes would be a valid prefix, but TURN defines no truncation."""
    whole = encode_message(
        Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, [], integrity=(Integrity.SHA256, KEY)
    )
    short = whole[:2] + (20).to_bytes(2) + whole[4:22] + (16).to_bytes(2) + whole[24:40]
    assert not parse_message(short).integrity_holds(Integrity.SHA256, KEY)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        REQUEST[:19],
        REQUEST[:-4],
        REQUEST + b"\0\0\0\0",
        b"\xc0" + REQUEST[1:],
        REQUEST[:4] + b"\0\0\0\0" + REQUEST[8:],
        encode_message(Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, [])[:20] + b"\0",
        b"\0\1\0\4\x21\x12\xa4\x42" + TRANSACTION_ID + b"\0\6\0\1",
    ],
)
def test_what_is_not_one_whole_message_is_refused(broken: bytes) -> None:
    """STUN1."""
    with pytest.raises(MalformedMessageError):
        parse_message(broken)


def test_attributes_are_bounded() -> None:
    """STUN1."""
    attributes = [(AttributeType.SOFTWARE, b"")] * ATTRIBUTES_MAX
    parse_message(encode_message(Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, attributes))
    too_many = [*attributes, (AttributeType.SOFTWARE, b"")]
    with pytest.raises(MalformedMessageError):
        parse_message(encode_message(Method.BINDING, MessageClass.REQUEST, TRANSACTION_ID, too_many))


def test_a_value_that_is_too_long_is_malformed() -> None:
    data = encode_message(
        Method.BINDING,
        MessageClass.REQUEST,
        TRANSACTION_ID,
        [(AttributeType.USERNAME, b"u" * 509)],
    )
    with pytest.raises(MalformedAttributeError):
        parse_message(data).get(AttributeType.USERNAME, size_bytes_max=508)


def test_error_codes_round_trip() -> None:
    assert decode_error_code(encode_error_code(438, "Stale Nonce")) == (438, "Stale Nonce")
    for broken in (b"", b"\0\0\1\0", b"\0\0\4\x64"):
        with pytest.raises(MalformedAttributeError):
            decode_error_code(broken)


@given(st.binary(max_size=64))
def test_attribute_values_raise_only_the_cores_own_error(value: bytes) -> None:
    for decode in (
        decode_channel_number,
        decode_error_code,
        decode_even_port,
        decode_lifetime,
        decode_requested_address_family,
        decode_requested_transport,
        lambda it: decode_xor_address(it, TRANSACTION_ID),
    ):
        with contextlib.suppress(StunError):
            decode(value)


@given(st.integers(0x4000, 0x7FFF), st.binary(max_size=100), st.booleans())
def test_channel_data_round_trips(number: int, payload: bytes, padded: bool) -> None:
    """TURN16."""
    frame = encode_channel_data(number, payload, padded=padded)
    assert parse_channel_data(frame) == (number, payload)
    assert len(frame) - 4 == len(payload) + (-len(payload) % 4 if padded else 0)


@pytest.mark.parametrize("broken", [b"", b"\x40", b"\x40\0\0", b"\x40\0\0\1", b"\x80\0\0\0", b"\x3f\xff\0\0"])
def test_what_is_not_channel_data_is_refused(broken: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        parse_channel_data(broken)


frames = st.one_of(
    st.sampled_from(VALID),
    st.builds(
        lambda number, payload: encode_channel_data(number, payload, padded=True),
        st.integers(0x4000, 0x7FFF),
        st.binary(max_size=50),
    ),
)


@given(st.lists(frames, max_size=6), st.randoms())
def test_a_stream_is_cut_the_same_however_it_arrives(sent: list[bytes], chance: random.Random) -> None:
    """STUN8."""
    stream = b"".join(sent)
    splitter = FrameSplitter()
    received: list[bytes] = []
    while stream:
        size = chance.randint(1, 30)
        received += splitter.feed(stream[:size])
        stream = stream[size:]
    assert received == sent


@pytest.mark.parametrize("head", [b"\x16\x03\x01\x02", b"\x80\0\0\0", b"\0\1\0\3", b"\0\1\0\0\x21\x13"])
def test_a_stream_that_is_not_stun_is_refused(head: bytes) -> None:
    """STUN8."""
    with pytest.raises(MalformedStreamError):
        FrameSplitter().feed(head)


def _edit(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    edited = bytearray(data)
    for at, value in edits:
        if at < len(edited):
            edited[at] = value
        else:
            edited.append(value)
    return bytes(edited)


mutated = st.builds(
    _edit,
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
)


@settings(max_examples=400)
@given(st.one_of(st.binary(max_size=200), mutated))
def test_hostile_bytes_raise_only_the_cores_own_error(data: bytes) -> None:
    """STUN1."""
    for parse in (parse_message, parse_channel_data, FrameSplitter().feed):
        with contextlib.suppress(StunError):
            parse(data)


@settings(max_examples=400)
@given(st.lists(st.one_of(st.binary(max_size=200), mutated), max_size=4))
def test_the_server_never_raises_on_hostile_bytes(packets: list[bytes]) -> None:
    """STUN1."""
    core = make_core()
    five_tuple = FiveTuple(Transport.UDP, Address("198.51.100.7", 4000), LISTENER)
    for data in packets:
        core.receive(data, five_tuple, 1.0, 2.0)
    assert core.allocation_count == 0
