"""How much of a channel's data may be under way, so that a break costs little and nothing waits (XFER18).

What lies in the sockets' buffers when a line drops has to be sent again. The kernel alone lets several
megabytes wait there; twice the path's own bandwidth-delay product is enough to keep it full.
"""

from __future__ import annotations

from collections import deque

_FLOOR_BYTES = 256 * 1024
_GAIN = 1.25
# While the queue is let run dry, once an epoch, so that the shortest time is the path's and not our own
# queue's.
_DRAINING_GAIN = 0.5
_EPOCH_S = 10.0
# A mark for so many bytes; so many marks.
_MARK_EVERY_BYTES = 64 * 1024
_MARKS_MAX = 1024


class Pace:
    """One channel's. Bytes are counted in all, from its beginning; time comes from the caller, in seconds."""

    def __init__(self) -> None:
        self._sent_bytes = 0
        self._arrived_bytes = 0
        self._marks: deque[tuple[int, float, int]] = deque()  # sent in all, when, arrived by then
        # The best of this epoch and of the one before it.
        self._rates = [0.0, 0.0]
        self._trips_s = [float("inf"), float("inf")]
        self._epoch_ends = 0.0
        self._draining_until = 0.0

    @property
    def arrived_bytes(self) -> int:
        """What the receiver has said it got."""
        return self._arrived_bytes

    def room_bytes(self, now: float) -> float:
        """Return how much more may be sent now."""
        return self._limit_bytes(now) - (self._sent_bytes - self._arrived_bytes)

    def sent(self, size_bytes: int, now: float) -> None:
        """Count what is handed to the line."""
        self._sent_bytes += size_bytes
        last = self._marks[-1][0] if self._marks else self._arrived_bytes
        if self._sent_bytes - last >= _MARK_EVERY_BYTES and len(self._marks) < _MARKS_MAX:
            self._marks.append((self._sent_bytes, now, self._arrived_bytes))

    def arrived(self, size_bytes: int, now: float) -> None:
        """Hear how much has arrived in all."""
        self._arrived_bytes = max(self._arrived_bytes, min(size_bytes, self._sent_bytes))
        mark = None
        while self._marks and self._marks[0][0] <= self._arrived_bytes:
            mark = self._marks.popleft()
        if mark is None:
            return
        _, sent_at, arrived_then = mark
        trip_s = max(now - sent_at, 1e-6)
        self._turn(now)
        self._trips_s[0] = min(self._trips_s[0], trip_s)
        self._rates[0] = max(self._rates[0], (self._arrived_bytes - arrived_then) / trip_s)

    def _turn(self, now: float) -> None:
        if now < self._epoch_ends:
            return
        if self._epoch_ends:
            self._draining_until = now + 2 * min(self._trips_s)
        self._epoch_ends = now + _EPOCH_S
        self._rates = [0.0, self._rates[0]]
        self._trips_s = [float("inf"), self._trips_s[0]]

    def _limit_bytes(self, now: float) -> float:
        rate = max(self._rates)
        if not rate:
            return _FLOOR_BYTES
        gain = _DRAINING_GAIN if now < self._draining_until else _GAIN
        return max(_FLOOR_BYTES, gain * rate * min(self._trips_s))
