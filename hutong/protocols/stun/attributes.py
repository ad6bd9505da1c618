"""The attributes this server understands, and the codecs of their values.

Source: RFC 8489 section 14, RFC 8656 section 18, and the IANA registry of STUN parameters.
"""

import enum
import struct

from hutong.protocols.stun.address import Family
from hutong.protocols.stun.errors import MalformedAttributeError


class AttributeType(enum.IntEnum):
    """Attribute types; those below 0x8000 are comprehension-required."""

    MAPPED_ADDRESS = 0x0001
    CHANGE_REQUEST = 0x0003
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    EVEN_PORT = 0x0018
    REQUESTED_TRANSPORT = 0x0019
    DONT_FRAGMENT = 0x001A
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    XOR_MAPPED_ADDRESS = 0x0020
    RESERVATION_TOKEN = 0x0022
    PADDING = 0x0026
    RESPONSE_PORT = 0x0027
    ADDITIONAL_ADDRESS_FAMILY = 0x8000
    ADDRESS_ERROR_CODE = 0x8001
    ICMP = 0x8004
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    RESPONSE_ORIGIN = 0x802B
    OTHER_ADDRESS = 0x802C


COMPREHENSION_OPTIONAL_FROM = 0x8000
# Only a Binding request may bring these, to a server with two addresses (RFC 5780 section 6.1).
DISCOVERY_TYPES = frozenset(
    {AttributeType.CHANGE_REQUEST, AttributeType.PADDING, AttributeType.RESPONSE_PORT}
)
UNDERSTOOD_TYPES = frozenset(int(kind) for kind in AttributeType) - DISCOVERY_TYPES

# RFC 8656 section 12 ends the range at 0x4FFF, for clients that receive other protocols on the
# same socket. RFC 5766 ended it at 0x7FFF, coturn's client still uses all of it, and here nothing
# else begins with those bits.
CHANNEL_NUMBER_MIN = 0x4000
CHANNEL_NUMBER_MAX = 0x7FFF

# RFC 8489 sections 14.3, 14.9 and 14.10: fewer than 509 bytes, and fewer than 128 characters
# of at most 6 bytes each.
USERNAME_BYTES_MAX = 508
REALM_BYTES_MAX = 763
NONCE_BYTES_MAX = 763


def encode_error_code(code: int, reason: str = "") -> bytes:
    """Encode ERROR-CODE (RFC 8489 section 14.8)."""
    return struct.pack("!HBB", 0, code // 100, code % 100) + reason.encode()


def decode_error_code(value: bytes) -> tuple[int, str]:
    """Decode ERROR-CODE into the code and its reason phrase (RFC 8489 section 14.8)."""
    if len(value) < 4:
        raise MalformedAttributeError("ERROR-CODE is shorter than 4 bytes")
    hundreds, rest = value[2] & 0x07, value[3]
    if not 3 <= hundreds <= 6 or rest > 99:
        raise MalformedAttributeError("ERROR-CODE is not between 300 and 699")
    return hundreds * 100 + rest, value[4:].decode(errors="replace")


def encode_unknown_attributes(kinds: list[int]) -> bytes:
    """Encode UNKNOWN-ATTRIBUTES (RFC 8489 section 14.13)."""
    return struct.pack(f"!{len(kinds)}H", *kinds)


def encode_lifetime(lifetime_s: int) -> bytes:
    """Encode LIFETIME (RFC 8656 section 18.2)."""
    return struct.pack("!I", lifetime_s)


def decode_lifetime(value: bytes) -> int:
    """Decode LIFETIME, in seconds (RFC 8656 section 18.2)."""
    _expect_size(value, 4, "LIFETIME")
    return int.from_bytes(value)


def encode_channel_number(number: int) -> bytes:
    """Encode CHANNEL-NUMBER (RFC 8656 section 18.1)."""
    return struct.pack("!HH", number, 0)


def decode_channel_number(value: bytes) -> int:
    """Decode CHANNEL-NUMBER; raises MalformedAttributeError outside 0x4000-0x7FFF."""
    _expect_size(value, 4, "CHANNEL-NUMBER")
    number = int.from_bytes(value[:2])
    if not CHANNEL_NUMBER_MIN <= number <= CHANNEL_NUMBER_MAX:
        raise MalformedAttributeError("CHANNEL-NUMBER is not between 0x4000 and 0x7FFF")
    return number


def decode_requested_transport(value: bytes) -> int:
    """Decode REQUESTED-TRANSPORT into an IP protocol number (RFC 8656 section 18.7)."""
    _expect_size(value, 4, "REQUESTED-TRANSPORT")
    return value[0]


def decode_requested_address_family(value: bytes) -> Family | None:
    """Decode REQUESTED-ADDRESS-FAMILY; None for a family nobody knows (RFC 8656 section 18.6)."""
    _expect_size(value, 4, "REQUESTED-ADDRESS-FAMILY")
    return Family(value[0]) if value[0] in {Family.IPV4, Family.IPV6} else None


def decode_even_port(value: bytes) -> bool:
    """Decode EVEN-PORT: whether the next port shall be reserved too (RFC 8656 section 18.5)."""
    _expect_size(value, 1, "EVEN-PORT")
    return bool(value[0] & 0x80)


def encode_address_error_code(family: Family, code: int) -> bytes:
    """Encode ADDRESS-ERROR-CODE (RFC 8656 section 18.12)."""
    return struct.pack("!BBBB", family, 0, code // 100, code % 100)


def encode_icmp(kind: int, code: int, detail: int) -> bytes:
    """Encode ICMP: what the network said about a datagram to a peer (RFC 8656 section 18.13).

    Section 18.13 counts the type in 7 bits and the code in 9; `detail` is the MTU of the next hop
    where ICMP tells one.
    """
    return struct.pack("!HHI", 0, (kind & 0x7F) << 9 | code & 0x1FF, detail)


def decode_change_request(value: bytes) -> tuple[bool, bool]:
    """Decode CHANGE-REQUEST: answer from the other address, from the other port (RFC 5780 7.2)."""
    _expect_size(value, 4, "CHANGE-REQUEST")
    return bool(value[3] & 0x04), bool(value[3] & 0x02)


def encode_change_request(*, address: bool, port: bool) -> bytes:
    """Encode CHANGE-REQUEST (RFC 5780 section 7.2)."""
    return bytes([0, 0, 0, address << 2 | port << 1])


def decode_response_port(value: bytes) -> int:
    """Decode RESPONSE-PORT (RFC 5780 section 7.5); raises MalformedAttributeError for port 0.

    The RFC's figure has two bytes and its text pads them to four: both are seen.
    """
    if len(value) not in {2, 4}:
        raise MalformedAttributeError("RESPONSE-PORT is neither 2 nor 4 bytes")
    port = int.from_bytes(value[:2])
    if not port:
        raise MalformedAttributeError("RESPONSE-PORT is 0")
    return port


def _expect_size(value: bytes, size_bytes: int, name: str) -> None:
    if len(value) != size_bytes:
        raise MalformedAttributeError(f"{name} is {len(value)} bytes, not {size_bytes}")
