"""What the server core is told when it is made."""

from dataclasses import dataclass, field

from hutong.protocols.stun.address import Address, Family


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the server; what lies beyond each is answered as its comment says."""

    # 508 Insufficient Capacity. Each allocation is one socket.
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
    # Error answers to unauthenticated UDP requests from one source: beyond it there is none.
    unauthenticated_burst: int = 60
    unauthenticated_per_s: float = 10.0
    # Sources whose answers are counted; the one heard of longest ago is forgotten first.
    unauthenticated_sources_max: int = 10_000


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The settings of one server.

    `secret` is shared with whoever issues credentials; `nonce_key` is random and known to this
    process alone. `own_listeners` are the addresses the server listens on. `dont_fragment` says
    whether the shell can send datagrams with the DF bit set.
    """

    secret: bytes = field(repr=False)
    nonce_key: bytes = field(repr=False)
    realm: str
    relay_family: Family
    own_listeners: frozenset[Address]
    allow_private_peers: bool = False
    dont_fragment: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse settings that would leave the relay open."""
        if not self.secret:
            raise ValueError("the relay needs a secret: without one it would be open to anyone")
        if len(self.nonce_key) < 16:
            raise ValueError("the nonce key must be at least 16 random bytes")
        # Every unauthenticated answer carries it, and the answers must stay small.
        if not 1 <= len(self.realm.encode()) <= 127:
            raise ValueError("the realm must be 1 to 127 bytes long")
