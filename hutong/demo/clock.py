"""A clock for people that stands in the past and is moved by hand; what is measured takes its real time."""

from __future__ import annotations

from collections.abc import Callable

from hutong.platform.clock import SystemClock, Timer


class PastClock:
    """Makes three weeks of history in seconds: each message is appended at the time it is told."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._system = SystemClock()

    def now_ms(self) -> int:
        """Return the time it was set to."""
        return self._now_ms

    def set(self, now_ms: int) -> None:
        """Move. Read by the writer's thread at its next commit."""
        self._now_ms = now_ms

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return self._system.monotonic()

    def call_later(self, delay_s: float, call: Callable[[], object]) -> Timer:
        """Call `call` in `delay_s` real seconds."""
        return self._system.call_later(delay_s, call)
