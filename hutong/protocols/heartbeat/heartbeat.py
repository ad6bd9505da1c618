"""The heartbeat of one carrier (CONN11). Pure: the caller brings the time in monotonic seconds."""

from __future__ import annotations

from enum import Enum

from hutong.protocols.heartbeat.learnt import Activity, Learnt, interval_s

PONG_WITHIN_S = 8.0
_NUMBER_MAX = 0xFFFF


class Beat(Enum):
    """What is due."""

    NOTHING = 0
    PING = 1
    DEAD = 2


class Heartbeat:
    """When to ping, and when the carrier is dead.

    Any bytes count as a sign of life beside the pong itself: on a slow line a pong queues behind the data
    that was asked for, and cutting such a line would begin the same data again, for ever.
    """

    __slots__ = ("_activity", "_asked_at", "_heard_at", "_learnt", "_limit_s", "_sent_at", "_tried", "number")

    def __init__(self, limit_s: float, learnt: Learnt, activity: Activity, now: float) -> None:
        self._limit_s = limit_s
        self._learnt = learnt
        self._activity = activity
        self._sent_at = now
        self._heard_at = now
        self._asked_at: float | None = None
        self._tried = False
        self.number = 0

    @property
    def deadline(self) -> float:
        """When `take` wants to be called next."""
        if self._asked_at is not None:
            return max(self._asked_at, self._heard_at) + PONG_WITHIN_S
        return self._sent_at + interval_s(self._learnt, self._activity, self._limit_s)

    @property
    def waiting(self) -> bool:
        """Whether a pong is outstanding."""
        return self._asked_at is not None

    @property
    def tried(self) -> bool:
        """Whether the outstanding ping tries the learnt interval: for so long nothing had gone either way."""
        return self._tried

    def quiet_s(self, now: float) -> float:
        """Return for how long nothing has gone either way."""
        return now - max(self._sent_at, self._heard_at)

    def turn(self, activity: Activity, learnt: Learnt) -> None:
        """Go on with another activity or with what was learnt since."""
        self._activity = activity
        self._learnt = learnt

    def sent(self, now: float) -> None:
        """Something was sent."""
        self._sent_at = now

    def heard(self, now: float, pong: int) -> bool:
        """Something arrived; `pong` is the number it answers, or 0. Return whether a try succeeded."""
        self._heard_at = now
        if self._asked_at is None or pong != self.number:
            return False
        self._asked_at = None
        tried, self._tried = self._tried, False
        return tried

    def take(self, now: float) -> Beat:
        """Return what is due now."""
        if now < self.deadline:
            return Beat.NOTHING
        return Beat.DEAD if self._asked_at is not None else self.probe(now)

    def probe(self, now: float) -> Beat:
        """Ask at once whether anybody is there, unless that was asked already."""
        if self._asked_at is not None:
            return Beat.NOTHING
        # A pong of the ping before came a moment after it: that much less is silence, too.
        quiet_s = self.quiet_s(now) + PONG_WITHIN_S
        self._tried = self._activity is not Activity.FOREGROUND and quiet_s >= self._learnt.interval_s
        self._asked_at = self._sent_at = now
        self.number = self.number % _NUMBER_MAX + 1
        return Beat.PING
