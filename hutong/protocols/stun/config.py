"""What the server core is told when it is made."""

from dataclasses import dataclass, field

from hutong.protocols.stun.address import Address, Family


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the server; what lies beyond each is answered as its comment says."""

    # 508 Insufficient Capacity. Each allocation is one socket, or two with both families.
    allocations_max: int = 2048
    # 486 Allocation Quota Reached. A browser makes one for each network interface and transport.
    allocations_per_user_max: int = 32
    # 508. An ICE agent checks up to 100 pairs (RFC 8445 section 6.1.2.5).
    permissions_per_allocation_max: int = 128
    # 508.
    channels_per_allocation_max: int = 128
    # Longer lifetimes are cut to this (RFC 8656 section 7.2).
    lifetime_s_max: int = 3600
    # RFC 8656 section 5: a nonce expires at least once an hour. Then 438 Stale Nonce.
    nonce_lifetime_s: int = 3600
    # How long a live allocation may go on after its credential's expiry; then 401.
    expired_grace_s: int = 12 * 3600
    # Payload bytes of a user, and of everyone, both ways together. Beyond it data is dropped, and
    # whoever asks for an allocation meanwhile gets 486 (the user's) or 508 (everyone's).
    user_bytes_per_s_max: int = 100_000_000
    bytes_per_s_max: int = 250_000_000
    # Ports kept for whoever asked for a pair (RFC 8656 section 7.2); beyond them 508.
    reservations_max: int = 64
    # What the answers to unauthenticated UDP requests of one source may be larger than the
    # requests, at once and for each second after that; beyond it there is no answer.
    unauthenticated_excess_bytes: int = 8192
    unauthenticated_excess_bytes_per_s: float = 2048.0
    # Sources whose answers are counted; the one heard of longest ago is forgotten first.
    unauthenticated_sources_max: int = 10_000


@dataclass(frozen=True, slots=True)
class Discovery:
    """The two addresses of a server that tells clients how their NAT behaves (RFC 5780).

    The shell listens on both hosts, and on both ports of each.
    """

    primary: Address
    other: Address

    def __post_init__(self) -> None:
        """Refuse addresses that are not two."""
        if self.primary.host == self.other.host or self.primary.port == self.other.port:
            raise ValueError("NAT discovery needs two addresses with two ports")
        if self.primary.family != self.other.family:
            raise ValueError("NAT discovery needs two addresses of one family")

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All four places to listen at, the primary one first."""
        hosts, ports = (self.primary.host, self.other.host), (self.primary.port, self.other.port)
        return tuple(Address(host, port) for host in hosts for port in ports)

    def changed(self, origin: Address, *, host: bool, port: bool) -> Address:
        """Return the address that differs from `origin` in its host, its port, or both."""
        new_host = self.other.host if (origin.host == self.primary.host) is host else self.primary.host
        new_port = self.other.port if (origin.port == self.primary.port) is port else self.primary.port
        return Address(new_host, new_port)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The settings of one server.

    `secret` is shared with whoever issues credentials; `nonce_key` is random and known to this
    process alone. `relay_families` are those the shell has relayed addresses of. `own_listeners`
    are the addresses the server listens on. `dont_fragment` says whether the shell can send
    datagrams with the DF bit set.
    """

    secret: bytes = field(repr=False)
    nonce_key: bytes = field(repr=False)
    realm: str
    relay_families: frozenset[Family]
    own_listeners: frozenset[Address]
    allow_private_peers: bool = False
    dont_fragment: bool = False
    discovery: Discovery | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse settings that would leave the relay open."""
        if not self.secret:
            raise ValueError("the relay needs a secret: without one it would be open to anyone")
        if len(self.nonce_key) < 16:
            raise ValueError("the nonce key must be at least 16 random bytes")
        if not self.relay_families:
            raise ValueError("the relay needs an address that peers can reach")
        # Every unauthenticated answer carries it, and the answers must stay small.
        if not 1 <= len(self.realm.encode()) <= 127:
            raise ValueError("the realm must be 1 to 127 bytes long")
