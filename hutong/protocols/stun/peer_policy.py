"""Which peers a relay may talk to, so that it never opens the operator's network to anyone.

Source: RFC 8656 section 21.1.4 and 21.2 (access to addresses behind the relay), the IANA
special-purpose address registries.
"""

import ipaddress
from dataclasses import dataclass

from hutong.protocols.stun.address import Address

_NEVER_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this network"; Linux delivers 0.0.0.0 to the host itself
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with the limited broadcast address
    )
)
_PRIVATE_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, with the metadata service of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking between private networks
    )
)
# Of IPv6 only global unicast is let through. That leaves out multicast, the unspecified address,
# and the forms that wrap an IPv4 address and would smuggle a private one past these lists:
# ::ffff:0:0/96 (mapped) and 64:ff9b::/96 (NAT64).
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_GLOBAL_IPV6 = (
    ipaddress.IPv6Network("2001::/23"),  # protocol assignments, with Teredo
    ipaddress.IPv6Network("2002::/16"),  # 6to4: wraps an IPv4 address
)
_PRIVATE_IPV6 = (
    ipaddress.IPv6Network("::1/128"),
    ipaddress.IPv6Network("fc00::/7"),
    ipaddress.IPv6Network("fe80::/10"),
)


@dataclass(frozen=True, slots=True)
class PeerPolicy:
    """Decides about peers.

    `own_listeners` are the addresses this server listens on. A relay that reached them could be
    made the client of another allocation, and a ring of those passes one packet round for ever.
    """

    allow_private_peers: bool
    own_listeners: frozenset[Address]

    def permits_host(self, host: str) -> bool:
        """Tell whether a permission for that numeric host may be given."""
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv4Address):
            if any(address in network for network in _NEVER_IPV4):
                return False
            private = any(address in network for network in _PRIVATE_IPV4)
            return self.allow_private_peers or not private
        if any(address in network for network in _PRIVATE_IPV6):
            return self.allow_private_peers
        return address in _GLOBAL_IPV6 and not any(address in network for network in _NOT_GLOBAL_IPV6)

    def is_own_listener(self, peer: Address) -> bool:
        """Tell whether packets to or from that peer would be this server's own."""
        if not any(peer.port == own.port for own in self.own_listeners):
            return False
        if peer in self.own_listeners:
            return True
        # A listener on the wildcard address is reached by every address of the machine. Of those
        # the loopback and private ones are not known here, so its port on any of them counts.
        return ipaddress.ip_address(peer.host).is_private
