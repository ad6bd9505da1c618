"""How long the indexer rests between its looks. Pure: the caller brings the times.

Who sends and reads comes first. What the process computes while the indexer rests is the others' work: when
that is much, the indexer gets a small part of the time, in few looks, as one costs nearly as much for one
event as for twenty.
"""

from __future__ import annotations

GATHER_S = 0.01
BUSY_LOAD = 0.1  # of a processor
BUSY_SHARE = 0.1
BUSY_GATHER_S = 0.05
# Of rest, over which the load is measured.
_LOAD_S = 0.25
# Taking in a backlog while nobody is there.
_BACKLOG_SHARE = 0.8
PAUSE_S_MAX = 1.0


class Pace:
    """Told when looks begin and end, with the processor time the process has taken until then (seconds)."""

    def __init__(self) -> None:
        self._look_s = 0.0
        self._began = 0.0
        self._ended = 0.0
        self._ended_cpu_s = 0.0
        self._rested_s = self._others_s = 0.0
        self.busy = False

    def pause_s(self, now: float, *, backlog: bool) -> float:
        """Return how long to wait for the next look; 0 when it may begin."""
        if self.busy:
            pause_s = max(self._look_s * (1 / BUSY_SHARE - 1), BUSY_GATHER_S)
        elif backlog:
            pause_s = self._look_s * (1 / _BACKLOG_SHARE - 1)
        else:
            pause_s = GATHER_S
        return max(self._ended + min(pause_s, PAUSE_S_MAX) - now, 0.0)

    def begins(self, now: float, cpu_s: float) -> None:
        """A look begins."""
        self._began = now
        self._rested_s += now - self._ended
        self._others_s += cpu_s - self._ended_cpu_s
        if self._rested_s >= _LOAD_S:
            self.busy = self._others_s > BUSY_LOAD * self._rested_s
            self._rested_s = self._others_s = 0.0

    def ended(self, now: float, cpu_s: float) -> None:
        """It ended."""
        self._look_s = now - self._began
        self._ended, self._ended_cpu_s = now, cpu_s
