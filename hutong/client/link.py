"""What a connection asks of a link: whole packets to the core and back, sealed, on a carrier that works.

How a link comes to be (which address, which carrier, which keys) is nobody's business above it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol


class Link(Protocol):
    """Moves packets to the core. Nothing is told to the owner after `close`."""

    @property
    def binding(self) -> bytes:
        """What a device signs to sign in on this link (SEAL15)."""

    def send(self, packet: bytes, priority: int) -> None:
        """Queue one packet; better classes overtake what waits (SEAL13)."""

    def moved_bytes(self) -> int:
        """Return how much the machine has taken so far: while this grows, somebody is reading."""

    def close(self, *, at_once: bool) -> None:
        """End the link, after what is queued or (the other side may be gone) at once."""

    async def wait_closed(self) -> None:
        """Return when the carrier has ended, after `close`."""


class LinkOwner(Protocol):
    """Is told what a link brings."""

    def flight(self, binding: bytes) -> Iterable[tuple[int, bytes]]:
        """Return the packets of the first flight with their classes: what may be played twice (SEAL14).

        Asked for each OPEN, so possibly for several links that race.
        """

    def linked(self, link: Link) -> None:
        """Take the link, once: the core has shown who it is, and the first flight is on its way."""

    def received(self, packet: bytes) -> None:
        """Take one packet."""

    def lost(self) -> None:
        """Be told, once, that the link ended by itself."""


# Returns when the owner has its link. Raises `CarrierError`.
OpenLink = Callable[[LinkOwner], Awaitable[None]]
