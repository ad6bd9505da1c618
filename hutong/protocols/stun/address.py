"""Transport addresses, five-tuples, and their XOR form on the wire.

Source: RFC 8489 section 14.2 (XOR-MAPPED-ADDRESS), RFC 8656 section 2 (five-tuple).
"""

import enum
import ipaddress
import struct
from typing import NamedTuple

from hutong.protocols.stun.errors import MalformedAttributeError

MAGIC_COOKIE = 0x2112A442
_COOKIE_BYTES = struct.pack("!I", MAGIC_COOKIE)
_COOKIE_HIGH = MAGIC_COOKIE >> 16
_MAPPED_PREFIX = bytes(10) + b"\xff\xff"


class Transport(enum.IntEnum):
    """How a client reaches the server; the values are IP protocol numbers."""

    TCP = 6
    UDP = 17


class Family(enum.IntEnum):
    """The address families of RFC 8489 section 14.1."""

    IPV4 = 1
    IPV6 = 2


class Address(NamedTuple):
    """A transport address: a numeric IP address in its canonical text form, and a port."""

    host: str
    port: int

    @property
    def family(self) -> Family:
        """The address family; an IPv4-mapped IPv6 address counts as IPv6."""
        return Family.IPV6 if ":" in self.host else Family.IPV4


class FiveTuple(NamedTuple):
    """What identifies an allocation: the transport, the client's and the server's address."""

    transport: Transport
    client: Address
    server: Address


def packed_host(host: str) -> bytes:
    """Return the 4 or 16 bytes of a numeric host; a zone (`%eth0`) is left out.

    An IPv4-mapped IPv6 address (what a dual-stack socket reports) gives its 4 IPv4 bytes.
    Raises ValueError when `host` is not a numeric IP address: that is the caller's mistake.
    """
    if ":" not in host:
        return ipaddress.IPv4Address(host).packed
    packed = ipaddress.IPv6Address(host.partition("%")[0]).packed
    return packed[12:] if packed.startswith(_MAPPED_PREFIX) else packed


def encode_xor_address(address: Address, transaction_id: bytes) -> bytes:
    """Encode the value of XOR-MAPPED-ADDRESS and its relatives (RFC 8489 section 14.2)."""
    host = packed_host(address.host)
    family = Family.IPV4 if len(host) == 4 else Family.IPV6
    return struct.pack("!BBH", 0, family, address.port ^ _COOKIE_HIGH) + _xor(host, transaction_id)


def decode_xor_address(value: bytes, transaction_id: bytes) -> Address:
    """Decode the value of XOR-MAPPED-ADDRESS and its relatives (RFC 8489 section 14.2).

    Raises MalformedAttributeError for an unknown family or a length that is not the family's.
    """
    if len(value) < 4:
        raise MalformedAttributeError("an address is shorter than 4 bytes")
    _, family, port = struct.unpack_from("!BBH", value)
    packed = _xor(value[4:], transaction_id) if len(value) <= 20 else b""
    if family == Family.IPV4 and len(packed) == 4:
        host = "{}.{}.{}.{}".format(*packed)
    elif family == Family.IPV6 and len(packed) == 16:
        host = str(ipaddress.IPv6Address(packed))
    else:
        raise MalformedAttributeError("an address has an unknown family or the wrong length")
    return Address(host, port ^ _COOKIE_HIGH)


def encode_address(address: Address) -> bytes:
    """Encode the value of RESPONSE-ORIGIN and OTHER-ADDRESS (RFC 8489 section 14.1)."""
    host = packed_host(address.host)
    family = Family.IPV4 if len(host) == 4 else Family.IPV6
    return struct.pack("!BBH", 0, family, address.port) + host


def decode_address(value: bytes) -> Address:
    """Decode the value of RESPONSE-ORIGIN and OTHER-ADDRESS (RFC 8489 section 14.1).

    Raises MalformedAttributeError for an unknown family or a length that is not the family's.
    """
    if (len(value), value[1:2]) not in {(8, b"\1"), (20, b"\2")}:
        raise MalformedAttributeError("an address has an unknown family or the wrong length")
    return Address(str(ipaddress.ip_address(value[4:])), int.from_bytes(value[2:4]))


def _xor(host: bytes, transaction_id: bytes) -> bytes:
    """XOR a host with the cookie and the transaction id, as far as the host goes."""
    size = len(host)
    mask = (_COOKIE_BYTES + transaction_id)[:size]
    return (int.from_bytes(host) ^ int.from_bytes(mask)).to_bytes(size)
