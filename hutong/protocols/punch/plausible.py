"""Which of the addresses somebody names may be tried from here.

Whoever names addresses can make us send a little to them. A private address means another machine in every
network, so one is tried only where it can be the other device.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from hutong.protocols.stun.address import Address

PORT_MIN = 1024
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and overlay networks
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
# One network, as far as can be told from an address alone.
_SAME_PREFIX = {4: 24, 6: 64}


def is_unicast(address: Address) -> bool:
    """Tell whether one machine can have that address and a program that port."""
    host = ipaddress.ip_address(address.host)
    wraps = isinstance(host, ipaddress.IPv6Address) and (host.ipv4_mapped or host.sixtofour or host.teredo)
    nobody = host.is_multicast or host.is_unspecified or host in ipaddress.ip_network("0.0.0.0/8")
    reserved = isinstance(host, ipaddress.IPv4Address) and host.is_reserved
    return not (wraps or nobody or reserved) and PORT_MIN <= address.port <= 65535


def is_private(host: str) -> bool:
    """Tell whether an address means something only in its own network."""
    address = ipaddress.ip_address(host)
    return any(address in network for network in _PRIVATE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an end knows of where it is: its own addresses, and the one others see (None: unknown)."""

    hosts: frozenset[str]
    seen_as: str | None

    def plausible(self, address: Address, theirs_seen_as: str | None) -> bool:
        """Tell whether the other end can be at that address, seen from here."""
        if not is_unicast(address):
            return False
        host = ipaddress.ip_address(address.host)
        if host.is_loopback:
            # Both ends are on this machine only if others see it under such an address too.
            return self.seen_as is not None and ipaddress.ip_address(self.seen_as).is_loopback
        if not is_private(address.host) or self.seen_as is None or is_private(self.seen_as):
            return True
        return self.seen_as == theirs_seen_as or _beside(address.host, self.hosts)


def _beside(host: str, ours: Iterable[str]) -> bool:
    there = ipaddress.ip_address(host)
    prefix = _SAME_PREFIX[there.version]
    network = ipaddress.ip_network((host, prefix), strict=False)
    return any(ipaddress.ip_address(each) in network for each in ours)
