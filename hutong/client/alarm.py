"""One timer for many deadlines."""

from __future__ import annotations

import math
from collections.abc import Callable

from hutong.platform.clock import Clock, Timer


class Alarm:
    """Calls `ring` at the latest when asked to. Early rings are cheap, so they are not moved back."""

    __slots__ = ("_at", "_clock", "_ring", "_timer")

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._timer: Timer | None = None
        self._at = math.inf

    def by(self, at: float) -> None:
        """Ring at `at` (monotonic seconds) or before; infinity asks for nothing."""
        if at >= self._at or at == math.inf:
            return
        self.stop()
        self._at = at
        self._timer = self._clock.call_later(max(0.0, at - self._clock.monotonic()), self._rings)

    def stop(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._at = math.inf

    def _rings(self) -> None:
        self._timer = None
        self._at = math.inf
        self._ring()
