"""PCP: a mapping and its outside address in one question to port 5351 of the router.

Source: RFC 6887 sections 7 (formats), 11 (MAP), 14.1 (ANNOUNCE), appendix A (beside NAT-PMP).
"""

from __future__ import annotations

import hmac
import ipaddress
import struct
from dataclasses import dataclass

from hutong.protocols.portmap.errors import MalformedError, RefusedError
from hutong.protocols.portmap.grant import Grant, Kind

PORT = 5351
VERSION = 2
NONCE_BYTES = 12
# Section 7: no PCP message is longer.
MESSAGE_BYTES_MAX = 1100

_ANNOUNCE, _MAP = 0, 1
_ANSWER = 0x80
_HEAD = struct.Struct("!BBxBI16x")
_REQUEST = struct.Struct("!BBxxI16s")
_BODY = struct.Struct("!12sB3xHH16s")
_ANY_IPV4 = ipaddress.IPv6Address("::ffff:0.0.0.0").packed
_UNSUPPORTED_VERSION, _UNSUPPORTED_OPCODE = 1, 4
_MEANINGS = {
    1: "it does not know this version",
    2: "not allowed",
    3: "it could not read the request",
    4: "it does not know this request",
    5: "it does not know an option",
    6: "an option is malformed",
    7: "it has no outside address itself",
    8: "it has nothing left to give",
    9: "it does not map this protocol",
    10: "too many mappings of this device",
    11: "it cannot give this address and port",
    12: "there is another NAT in between",
    13: "too many peers",
}


@dataclass(frozen=True, slots=True)
class MapQuestion:
    """One mapping for all its life: the nonce makes it ours, the router gives it to nobody else.

    `client_host` is the address this machine sends from; a router that sees another one refuses.
    """

    nonce: bytes
    client_host: str
    kind: Kind
    local_port: int

    def encode(self, wanted_port: int, wanted_host: str | None, lifetime_s: int) -> bytes:
        """Ask for the mapping, or with a lifetime of 0 for its end."""
        head = _REQUEST.pack(VERSION, _MAP, lifetime_s, _packed(self.client_host))
        wanted = _ANY_IPV4 if wanted_host is None else _packed(wanted_host)
        return head + _BODY.pack(self.nonce, self.kind.value, self.local_port, wanted_port, wanted)

    def parse(self, data: bytes) -> Grant:
        """Read the answer. Raises `MalformedError` when it is none to this question, `RefusedError`."""
        result, lifetime_s = _parse_head(data, _MAP)
        if result == _UNSUPPORTED_VERSION:
            raise _refused(result)
        if len(data) < _HEAD.size + _BODY.size:
            raise MalformedError("an answer without a mapping")
        nonce, protocol, local_port, port, host = _BODY.unpack_from(data, _HEAD.size)
        ours = hmac.compare_digest(nonce, self.nonce)
        if not ours or protocol != self.kind.value or local_port != self.local_port:
            raise MalformedError("an answer about another mapping")
        if result:
            raise _refused(result)
        if lifetime_s and not port:
            raise MalformedError("a mapping without a port")
        return Grant(_unpacked(host), port, lifetime_s)


def encode_announce(client_host: str) -> bytes:
    """Ask whether PCP is spoken; it changes nothing."""
    return _REQUEST.pack(VERSION, _ANNOUNCE, 0, _packed(client_host))


def parse_announce_answer(data: bytes) -> None:
    """Return when PCP is spoken. Raises `MalformedError`, `RefusedError`."""
    result, _ = _parse_head(data, _ANNOUNCE)
    # Whoever does not know this question has said so in PCP.
    if result not in {0, _UNSUPPORTED_OPCODE}:
        raise _refused(result)


def _parse_head(data: bytes, opcode: int) -> tuple[int, int]:
    """Return result code and lifetime in seconds."""
    # A router with NAT-PMP alone says so in its own format (RFC 6886 section 3.5).
    if len(data) >= 4 and data[0] == 0 and int.from_bytes(data[2:4]) == _UNSUPPORTED_VERSION:
        return _UNSUPPORTED_VERSION, 0
    if not _HEAD.size <= len(data) <= MESSAGE_BYTES_MAX or len(data) % 4:
        raise MalformedError("no answer of PCP")
    version, answered, result, lifetime_s = _HEAD.unpack_from(data)
    if result == _UNSUPPORTED_VERSION and answered & _ANSWER:
        return result, 0
    if version != VERSION or answered != _ANSWER | opcode:
        raise MalformedError("an answer to something else")
    return result, lifetime_s


def _refused(result: int) -> RefusedError:
    return RefusedError("PCP", result, _MEANINGS.get(result, "an unknown error"))


def _packed(host: str) -> bytes:
    """Return 16 bytes; an IPv4 address goes mapped (section 5)."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv4Address):
        return ipaddress.IPv6Address(f"::ffff:{address}").packed
    return address.packed


def _unpacked(packed: bytes) -> str:
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)
