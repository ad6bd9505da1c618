"""Deadlines of many calls at once, of which nearly none is ever missed (CONN15).

A timer for each request took 12 % of the event loop under load. Here those that end within the same moment
share one, and a request costs an entry in a dictionary.
"""

from __future__ import annotations

import heapq
from typing import Protocol

from hutong.platform.clock import Clock, Timer

# Deadlines are rounded up to this.
TICK_S = 0.05
# A timer may fire a little early, and the sum of two floats may lie beside a third.
_SLACK_S = 0.001


class Waiting(Protocol):
    """What waits no longer than its deadline. Compared by identity."""

    def expire(self) -> None:
        """Be told, once, that the deadline has passed."""


# Those that end in the same tick: whoever is done before takes itself out, in the order of arrival.
Tick = dict[Waiting, None]


class Deadlines:
    """Expires what is still there when its time has come, at most `TICK_S` later.

    Bounded by those that wait, whose number is their owners' to bound (CONN16), and by the ticks until the
    last deadline.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ticks: dict[int, Tick] = {}
        self._order: list[int] = []  # a heap of the keys of `_ticks`
        self._timer: Timer | None = None

    def add(self, due: float, waiting: Waiting) -> Tick:
        """Let `waiting` expire at `due`, by the monotonic clock; return what it is in until then."""
        number = int(due / TICK_S) + 1
        tick = self._ticks.get(number)
        if tick is None:
            tick = self._ticks[number] = {}
            heapq.heappush(self._order, number)
            if self._order[0] == number:
                self._wait()
        tick[waiting] = None
        return tick

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        left_s = self._order[0] * TICK_S - self._clock.monotonic()
        self._timer = self._clock.call_later(max(left_s, _SLACK_S), self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        now = self._clock.monotonic() + _SLACK_S
        order = self._order
        while order and order[0] * TICK_S <= now:
            tick = self._ticks.pop(heapq.heappop(order))
            for waiting in tuple(tick):
                del tick[waiting]
                waiting.expire()
        if order and self._timer is None:
            self._wait()
