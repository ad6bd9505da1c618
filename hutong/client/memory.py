"""What a client remembers of its server from one link to the next; `keepsake` keeps it in a folder."""

from __future__ import annotations

from collections import OrderedDict, deque

from hutong.protocols.heartbeat import Learnt

# Networks a device comes through again and again are few.
NETWORKS_MAX = 64
# The server gives two for each connection and one for each used.
TICKETS_MAX = 4


class Memory:
    """One server: who it is, which route to ask for, tickets, and what its clients' networks taught."""

    def __init__(self) -> None:
        self._root = b""
        self._manifest = b""
        self._route = b""
        self._networks: OrderedDict[bytes, Learnt] = OrderedDict()
        self._tickets: dict[str, deque[bytes]] = {}

    @property
    def root(self) -> bytes:
        """The server's root key, 32 bytes; empty before the first contact (SEAL17)."""
        return self._root

    @property
    def manifest(self) -> bytes:
        """The newest signed manifest seen, serialized; empty before the first contact (SEAL18)."""
        return self._manifest

    @property
    def route(self) -> bytes:
        """The route token for the next OPEN; empty for none (SEAL20)."""
        return self._route

    def keep_identity(self, root: bytes, manifest: bytes) -> None:
        """Remember who the server is. The caller has checked that it is not somebody else."""
        self._root, self._manifest = root, manifest

    def keep_route(self, route: bytes) -> None:
        """Remember the token for the next OPEN."""
        if route != self._route:
            self._route = route
            self._changed()

    def learnt(self, network: bytes) -> Learnt:
        """Return what is known of a network."""
        return self._networks.get(network, Learnt())

    def learn(self, network: bytes, learnt: Learnt) -> None:
        """Remember what a network taught; the one seen longest ago is forgotten beyond the bound."""
        if self._networks.get(network) == learnt:
            return
        self._networks[network] = learnt
        self._networks.move_to_end(network)
        if len(self._networks) > NETWORKS_MAX:
            self._networks.popitem(last=False)
        self._changed()

    def take_ticket(self, authority: str, now_ms: int) -> bytes:
        """Return a ticket for an address and forget it, whatever comes of it; empty when there is none.

        Tickets end with the server's word; `now_ms` (Unix time) lets a keeper drop what is too old.
        """
        del now_ms
        tickets = self._tickets.get(authority)
        return tickets.pop() if tickets else b""

    def keep_ticket(self, authority: str, ticket: bytes) -> None:
        """Remember a ticket; the oldest goes beyond the bound."""
        self._tickets.setdefault(authority, deque(maxlen=TICKETS_MAX)).append(ticket)

    def forget_tickets(self) -> None:
        """The device is signed out: its tickets name it."""
        self._tickets.clear()

    def _changed(self) -> None:
        """Keep what has to outlive the process; nothing does here."""
