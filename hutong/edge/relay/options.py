"""What a relay is told when it is made."""

import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

from hutong.edge.relay.relays import family_number
from hutong.protocols.stun import Address, Discovery, Limits, ServerConfig
from hutong.protocols.stun.address import packed_host


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """Where a relay listens, and what it lets its clients do.

    `host` is the numeric address to listen on, `port` the port for both UDP and TCP (0: any).
    `secret` is shared with whoever issues credentials (`time_limited_credentials`); `realm` is
    what clients are told. `relay_addresses` are the numeric addresses peers reach the relay at, one
    of a family at most, which behind a one-to-one NAT are not this machine's; they are also the
    families a client may ask for. `port_range` (first and last) bounds the relay sockets' ports.
    `allow_private_peers` lets clients reach loopback and private networks: for tests, and for
    servers that serve a private network only.
    `tls` is for clients over TLS, at `tls_port` (0: any).
    `discovery` is a second address of this machine with another port; with it the server tells
    clients how their NAT behaves (RFC 5780).

    Raises ValueError for values that cannot work or would leave the relay open.
    """

    host: str
    port: int
    secret: bytes = field(repr=False)
    realm: str
    relay_addresses: Sequence[str]
    allow_private_peers: bool = False
    port_range: tuple[int, int] | None = None
    tls: ssl.SSLContext | None = None
    tls_port: int = 0
    discovery: Address | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse what cannot work now, and not at the start."""
        if self.port_range is not None and not 1 <= self.port_range[0] <= self.port_range[1] <= 65_535:
            raise ValueError("the relay's port range must lie between 1 and 65535")
        if not all(any(packed_host(address)) for address in self.relay_addresses):
            raise ValueError("a relay address must be one that peers can reach")
        if len(set(map(family_number, self.relay_addresses))) != len(self.relay_addresses):
            raise ValueError("the relay has one address of each family at most")
        packed_host(self.host)
        self.server_config(self.port)

    @property
    def primary_host(self) -> str:
        """The address clients reach the listener at, as far as it is known here."""
        wildcard = not any(packed_host(self.host))
        return self.relay_addresses[0] if wildcard and self.relay_addresses else self.host

    def discovery_at(self, port: int) -> Discovery | None:
        """Return the two addresses of NAT discovery, when the listener has that port."""
        if self.discovery is None:
            return None
        return Discovery(Address(self.primary_host, port), self.discovery)

    def server_config(self, port: int) -> ServerConfig:
        """Return the core's settings, when the listener has that port, with a nonce key of its own."""
        discovery = self.discovery_at(port)
        own = {Address(host, port) for host in (self.host, *self.relay_addresses)}
        if discovery is not None:
            own |= set(discovery.addresses)
        return ServerConfig(
            secret=self.secret,
            nonce_key=secrets.token_bytes(32),
            realm=self.realm,
            relay_families=frozenset(map(family_number, self.relay_addresses)),
            own_listeners=frozenset(own),
            allow_private_peers=self.allow_private_peers,
            dont_fragment=True,
            discovery=discovery,
            limits=self.limits,
        )
