"""The published vectors: RFC 5769, and RFC 8489 appendix B.1 as its erratum 6268 corrects it."""

import hashlib

import pytest

from hutong.protocols.stun import Address
from hutong.protocols.stun.address import decode_xor_address, encode_xor_address
from hutong.protocols.stun.attributes import AttributeType
from hutong.protocols.stun.credentials import long_term_key
from hutong.protocols.stun.errors import MalformedMessageError
from hutong.protocols.stun.message import (
    Integrity,
    MessageClass,
    Method,
    encode_message,
    parse_message,
)

SHORT_TERM_KEY = b"VOkJxbRl1RmTxUk/WvJxBt"
USERNAME = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9".encode()

REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
)
IPV4_RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
IPV6_RESPONSE = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
)
LONG_TERM_REQUEST = bytes.fromhex(
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382afe382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666"
)
SHA256_REQUEST = bytes.fromhex(
    "000100902112a44278ad3433c6ad72c029da412e"
    "001e00204a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704"
    "001500296f624d61744a6f733241414143662f2f3439396b39353464364f4c33346f4c39465354767936347341000000"
    "0014000b6578616d706c652e6f726700001d000400020000"
    "001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65"
)
MAPPED_IPV4 = Address("192.0.2.1", 32853)
MAPPED_IPV6 = Address("2001:db8:1234:5678:11:2233:4455:6677", 32853)


def test_sample_request() -> None:
    message = parse_message(REQUEST)
    assert (message.method, message.message_class) == (Method.BINDING, MessageClass.REQUEST)
    assert message.get(AttributeType.SOFTWARE) == b"STUN test client"
    assert message.get(AttributeType.USERNAME) == b"evtj:h6vY"
    assert message.has_fingerprint
    assert message.integrity_holds(Integrity.SHA1, SHORT_TERM_KEY)
    assert not message.integrity_holds(Integrity.SHA1, b"another key")
    assert not message.integrity_holds(Integrity.SHA256, SHORT_TERM_KEY)


@pytest.mark.parametrize(("vector", "mapped"), [(IPV4_RESPONSE, MAPPED_IPV4), (IPV6_RESPONSE, MAPPED_IPV6)])
def test_sample_responses(vector: bytes, mapped: Address) -> None:
    message = parse_message(vector)
    assert (message.method, message.message_class) == (Method.BINDING, MessageClass.SUCCESS)
    assert message.integrity_holds(Integrity.SHA1, SHORT_TERM_KEY)
    value = message.get(AttributeType.XOR_MAPPED_ADDRESS)
    assert value is not None
    assert decode_xor_address(value, message.transaction_id) == mapped
    assert encode_xor_address(mapped, message.transaction_id) == value


def test_sample_long_term_request() -> None:
    message = parse_message(LONG_TERM_REQUEST)
    key = long_term_key(USERNAME, b"example.org", b"TheMatrIX")
    assert message.get(AttributeType.USERNAME) == USERNAME
    assert message.integrity_holds(Integrity.SHA1, key)
    # The padding of this vector is zero, so our own encoder gives the very same bytes.
    encoded = encode_message(
        message.method,
        message.message_class,
        message.transaction_id,
        [(AttributeType(kind), value) for kind, value in message.attributes[:-1]],
        integrity=(Integrity.SHA1, key),
    )
    assert encoded == LONG_TERM_REQUEST


def test_sample_sha256_request() -> None:
    """STUN7: appendix B.1 of RFC 8489; the key is SHA-256 of username:realm:password."""
    message = parse_message(SHA256_REQUEST)
    key = hashlib.sha256(b":".join((USERNAME, b"example.org", b"TheMatrIX"))).digest()
    assert message.integrity_holds(Integrity.SHA256, key)
    assert not message.integrity_holds(Integrity.SHA256, key[:-1])


# All but the two bytes that make the last attribute a FINGERPRINT.
@pytest.mark.parametrize("at", set(range(len(IPV4_RESPONSE))) - {72, 73})
def test_every_changed_byte_is_noticed(at: int) -> None:
    """STUN2: the fingerprint covers the whole message."""
    broken = bytearray(IPV4_RESPONSE)
    broken[at] ^= 0x04
    with pytest.raises(MalformedMessageError):
        parse_message(bytes(broken))
