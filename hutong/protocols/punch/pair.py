"""One of our sockets and one address of the other end: what was tried between them, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from hutong.protocols.punch.candidate import Kind
from hutong.protocols.stun.address import Address

# Holes open when both have sent, so the first second is used well; what has not opened by then hardly will.
EAGER_EVERY_S = 0.05
EAGER_S = 1.0
CALM_EVERY_S = 0.25


@dataclass(slots=True)
class Pair:
    """`name` is what our probes carry. Without `patient` it is probed only when something was heard on it."""

    socket: int
    address: Address
    kind: Kind
    name: bytes
    since: float
    next_at: float
    patient: bool = True
    asked_at: float = 0.0
    answered_at: float | None = None
    round_trip_s: float = 0.0
    refused: bool = False

    def asked(self, now: float) -> None:
        """A probe goes out now."""
        self.asked_at = now
        every_s = EAGER_EVERY_S if now - self.since < EAGER_S else CALM_EVERY_S
        self.next_at = now + every_s if self.patient else float("inf")

    def answered(self, now: float) -> None:
        """The other end has our probe: it works both ways."""
        if self.answered_at is None:
            self.answered_at = now
            self.round_trip_s = now - self.asked_at

    def heard(self, now: float) -> None:
        """Something authentic came in by it: it is worth a probe at once, and more."""
        if not self.patient:
            self.patient = True
            self.since = now
            self.next_at = now
