"""How many in which time."""

from __future__ import annotations


class Pace:
    """`burst` at once and `a_s` a second in the long run. Time comes from the caller, in seconds."""

    def __init__(self, burst: int, a_s: float) -> None:
        self._burst = float(burst)
        self._a_s = a_s
        self._left = float(burst)
        self._at: float | None = None

    def allows(self, now: float) -> bool:
        """Count one, if there is room for it."""
        if self._at is not None:
            self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._a_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
