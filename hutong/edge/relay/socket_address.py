"""Socket addresses as the kernel writes them, and as the core knows them."""

import contextlib
import socket
import struct

from hutong.protocols.stun import Address

_IPV4 = struct.Struct("=H2s4s8x")
_IPV6 = struct.Struct("=H2sI16sI")
# How long the kernel's address is in each family.
SIZE_BYTES = {socket.AF_INET: _IPV4.size, socket.AF_INET6: _IPV6.size}


def pack(family: socket.AddressFamily, address: Address) -> bytes:
    """Return the sockaddr of a numeric address, for a socket of that family.

    Raises OSError when the host is not of the family, or names a network zone that is not there.
    """
    port = address.port.to_bytes(2)
    if family == socket.AF_INET:
        return _IPV4.pack(socket.AF_INET, port, socket.inet_pton(socket.AF_INET, address.host))
    host, _, zone = address.host.partition("%")
    return _IPV6.pack(socket.AF_INET6, port, 0, socket.inet_pton(socket.AF_INET6, host), _zone_index(zone))


def unpack(packed: bytes) -> Address:
    """Return the address a sockaddr of either family holds."""
    if len(packed) == _IPV4.size:
        _, port, host = _IPV4.unpack(packed)
        return Address(socket.inet_ntop(socket.AF_INET, host), int.from_bytes(port))
    _, port, _, host, zone = _IPV6.unpack(packed)
    text = socket.inet_ntop(socket.AF_INET6, host)
    return Address(f"{text}%{_zone_name(zone)}" if zone else text, int.from_bytes(port))


def _zone_index(zone: str) -> int:
    if not zone:
        return 0
    return int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)


def _zone_name(index: int) -> str:
    with contextlib.suppress(OSError):
        return socket.if_indextoname(index)
    return str(index)
