"""NAT-PMP: two questions of a few bytes to port 5351 of the router.

Source: RFC 6886 sections 3.2 (external address), 3.3 (mappings), 3.5 (result codes).
"""

from __future__ import annotations

import ipaddress
import struct

from hutong.protocols.portmap.errors import MalformedError, RefusedError
from hutong.protocols.portmap.grant import Grant, Kind

PORT = 5351
VERSION = 0

_EXTERNAL_ADDRESS = 0
_ANSWER = 0x80
_OPCODES = {Kind.UDP: 1, Kind.TCP: 2}
_MEANINGS = {
    1: "it does not know this version",
    2: "not allowed",
    3: "it has no outside address itself",
    4: "it has no port left",
    5: "it does not know this request",
}
_ADDRESS_BYTES = 12
_MAPPED = struct.Struct("!8xHHI")
_UNSUPPORTED_VERSION = 1


def encode_address_request() -> bytes:
    """Ask for the router's outside address."""
    return struct.pack("!BB", VERSION, _EXTERNAL_ADDRESS)


def parse_address_answer(data: bytes) -> str:
    """Return the router's outside address. Raises `MalformedError`, `RefusedError`."""
    _check(data, _EXTERNAL_ADDRESS, _ADDRESS_BYTES)
    return str(ipaddress.IPv4Address(data[8:12]))


def encode_map_request(kind: Kind, local_port: int, wanted_port: int, lifetime_s: int) -> bytes:
    """Ask for a mapping, or with a lifetime of 0 for its end (section 3.4: the wanted port is then 0)."""
    wanted = wanted_port if lifetime_s else 0
    return struct.pack("!BBHHHI", VERSION, _OPCODES[kind], 0, local_port, wanted, lifetime_s)


def parse_map_answer(data: bytes, kind: Kind, local_port: int, host: str) -> Grant:
    """Read the answer to `encode_map_request`; the router's outside `host` was asked for before.

    Raises `MalformedError` when it answers something else, `RefusedError`. A deletion's grant has a
    lifetime of 0.
    """
    _check(data, _OPCODES[kind], _MAPPED.size)
    answered_port, port, lifetime_s = _MAPPED.unpack(data)
    if answered_port != local_port:
        raise MalformedError("an answer about another port")
    if lifetime_s and not port:
        raise MalformedError("a mapping without a port")
    return Grant(host, port, lifetime_s)


def _check(data: bytes, opcode: int, size_bytes: int) -> None:
    """Raise unless it is a success of that opcode and size."""
    if len(data) < 4 or data[0] != VERSION:
        raise MalformedError("no answer of NAT-PMP")
    result = int.from_bytes(data[2:4])
    # A router that speaks another version may not know our opcode either (section 3.5).
    if result == _UNSUPPORTED_VERSION or (result and data[1] == _ANSWER | opcode):
        raise RefusedError("NAT-PMP", result, _MEANINGS.get(result, "an unknown error"))
    if data[1] != _ANSWER | opcode or len(data) != size_bytes:
        raise MalformedError("an answer to something else")
