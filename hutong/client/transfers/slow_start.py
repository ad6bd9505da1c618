"""When to end slow start before it loses packets: HyStart++ (RFC 9406).

Without it the window doubles until the other side's socket overflows, which costs hundreds of packets at
once. A queue is seen earlier: by the round trips that get longer.
"""

from __future__ import annotations

from math import inf

# RFC 9406, 4.3.
_RISE_MIN_S, _RISE_MAX_S, _RISE_DIVISOR = 0.004, 0.016, 8
_SAMPLES = 8
_SLOWER = 4
_SLOWER_ROUNDS = 5


class SlowStart:
    """One slow start. `slower` is what growth is divided by: more than 1 once a queue seems to build."""

    def __init__(self) -> None:
        self.slower = 1
        self._last_s = self._least_s = self._baseline_s = inf
        self._samples = 0
        self._rounds = 0

    def sample(self, round_trip_s: float) -> None:
        """Take a round trip; the least of several counts, for a busy machine makes single ones longer."""
        self._least_s = min(self._least_s, round_trip_s)
        self._samples += 1
        if self._samples < _SAMPLES:
            return
        if self.slower > 1:
            if self._least_s < self._baseline_s:
                self.slower = 1
        elif self._least_s >= self._last_s + min(max(self._last_s / _RISE_DIVISOR, _RISE_MIN_S), _RISE_MAX_S):
            self.slower, self._rounds, self._baseline_s = _SLOWER, 0, self._least_s

    def round_over(self) -> bool:
        """What was the last packet when the round began is acknowledged; tell whether slow start ends."""
        self._last_s, self._least_s, self._samples = self._least_s, inf, 0
        if self.slower > 1:
            self._rounds += 1
        return self._rounds >= _SLOWER_ROUNDS
