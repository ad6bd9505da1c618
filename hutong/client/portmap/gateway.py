"""Which router this machine's traffic leaves by. IPv4: with IPv6 there is no port to be mapped."""

from __future__ import annotations

import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

ROUTES = Path("/proc/net/route")
_UP_AND_GATEWAY = 0x3
# More routes than that no device has.
_ROUTES_BYTES_MAX = 64 * 1024
# RFC 5737: nothing is sent there, the system only tells which address it would send from.
_ANYWHERE = ("192.0.2.1", 9)


@dataclass(frozen=True, slots=True)
class Gateway:
    """The router, and the address this machine has for it."""

    host: str
    local_host: str


def default_gateway(routes: Path = ROUTES) -> Gateway | None:
    """Return the router, or None where there is none to ask: no network, or an address of our own.

    Linux tells it in `/proc/net/route`. Where there is no such table (macOS, Windows) it is taken to be
    the first address of the private /24 we are in, which is what home routers are set to; whoever
    knows better gives `PortMapping.open` a `Gateway`.
    """
    try:
        with routes.open() as table:
            host = _from_table(table.read(_ROUTES_BYTES_MAX))
    except OSError:
        host = _from_habit()
    if host is None:
        return None
    ours = local_host((host, 9))
    if ours is None or not _is_inside(ours) or not _is_inside(host) or host == ours:
        return None
    return Gateway(host, ours)


def _from_table(text: str) -> str | None:
    """Return the gateway of the default route with the lowest metric."""
    found: list[tuple[int, str]] = []
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or fields[1] != "00000000" or fields[7] != "00000000":
            continue
        try:
            gateway, flags, metric = int(fields[2], 16), int(fields[3], 16), int(fields[6])
            # The kernel prints the four bytes as a number of the machine's own order.
            host = socket.inet_ntoa(struct.pack("=I", gateway))
        except (ValueError, struct.error):
            continue
        if flags & _UP_AND_GATEWAY == _UP_AND_GATEWAY and gateway:
            found.append((metric, host))
    return min(found)[1] if found else None


def _from_habit() -> str | None:
    ours = local_host(_ANYWHERE)
    if ours is None or not _is_inside(ours):
        return None
    return str(ipaddress.IPv4Network(f"{ours}/24", strict=False)[1])


def local_host(to: tuple[str, int]) -> str | None:
    """Return the address this machine sends from, or None when there is no way; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(to)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _is_inside(host: str) -> bool:
    """Whether an address is one that a router hands out, so that there is something to ask it for."""
    address = ipaddress.ip_address(host)
    return not address.is_global and not address.is_unspecified
