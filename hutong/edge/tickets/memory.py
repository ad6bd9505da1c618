"""Tickets in this process: they end with it."""

from __future__ import annotations

from collections import OrderedDict

from hutong.edge.tickets.store import TICKETS_MAX, TICKETS_OF_A_DEVICE_MAX, KeptTicket, name_of


class MemoryTickets:
    """The adapter for tests, and for an edge that shall keep nothing on its disk."""

    def __init__(self, *, tickets_max: int = TICKETS_MAX) -> None:
        self._tickets: OrderedDict[bytes, KeptTicket] = OrderedDict()
        self._of_devices: dict[bytes, list[bytes]] = {}
        self._tickets_max = tickets_max

    async def keep(self, identity: bytes, ticket: KeptTicket) -> None:
        """Keep a ticket; the device's oldest, or the oldest of all, make room."""
        name = name_of(identity)
        self._tickets[name] = ticket
        names = self._of_devices.setdefault(ticket.tag, [])
        names.append(name)
        if len(names) > TICKETS_OF_A_DEVICE_MAX:
            self._forget(names[0])
        if len(self._tickets) > self._tickets_max:
            self._forget(next(iter(self._tickets)))

    async def look(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Return a ticket and leave it."""
        ticket = self._tickets.get(name_of(identity))
        return ticket if ticket is not None and ticket.expires_ms > now_ms else None

    async def consume(self, identity: bytes, now_ms: int) -> KeptTicket | None:
        """Return a ticket once."""
        ticket = self._forget(name_of(identity))
        return ticket if ticket is not None and ticket.expires_ms > now_ms else None

    async def purge(self, now_ms: int) -> None:
        """Erase what has expired."""
        for name in [name for name, ticket in self._tickets.items() if ticket.expires_ms <= now_ms]:
            self._forget(name)

    async def close(self) -> None:
        """Forget all."""
        self._tickets.clear()
        self._of_devices.clear()

    def _forget(self, name: bytes) -> KeptTicket | None:
        ticket = self._tickets.pop(name, None)
        if ticket is not None:
            names = self._of_devices[ticket.tag]
            names.remove(name)
            if not names:
                del self._of_devices[ticket.tag]
        return ticket
