"""When to ping and when to give a connection up (CONN11). Pure: the caller brings the time in seconds."""

from __future__ import annotations

from enum import Enum

PONG_WITHIN_S = 8.0


class Beat(Enum):
    """What is due."""

    NOTHING = 0
    PING = 1
    DEAD = 2


class Heartbeat:
    """The heartbeat of one connection.

    Any bytes count as a sign of life beside the pong itself: on a slow line a pong queues behind the data
    that was asked for, and cutting such a line would begin the same data again, for ever.
    """

    __slots__ = ("_heard_at", "_interval_s", "_sent_at", "_waiting", "number")

    def __init__(self, interval_s: float, now: float) -> None:
        self._interval_s = interval_s
        self._sent_at = now
        self._heard_at = now
        self._waiting = False
        self.number = 0

    @property
    def deadline(self) -> float:
        """When `take` wants to be called next."""
        if self._waiting:
            return max(self._sent_at, self._heard_at) + PONG_WITHIN_S
        return self._sent_at + self._interval_s

    def sent(self, now: float) -> None:
        """Something was sent."""
        if not self._waiting:
            self._sent_at = now

    def heard(self, now: float, pong: int) -> None:
        """Something arrived; `pong` is the number it answers, or 0."""
        self._heard_at = now
        if self._waiting and pong == self.number:
            self._waiting = False
            self._sent_at = now

    def take(self, now: float) -> Beat:
        """Return what is due now."""
        if now < self.deadline:
            return Beat.NOTHING
        if self._waiting:
            return Beat.DEAD
        self._waiting = True
        self.number = self.number % 0xFFFF + 1
        self._sent_at = now
        return Beat.PING
