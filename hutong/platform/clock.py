"""Time and randomness come in through here, so that tests can hold them still."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import random
import time
from collections.abc import Callable
from typing import Protocol

# Crockford's base 32: no letters that look like digits. 12 of them are 60 bits.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 12


class Timer(Protocol):
    """A call that will be made later, unless cancelled."""

    def cancel(self) -> None:
        """Do not make the call."""


class Clock(Protocol):
    """Two clocks: one for people, one for measuring."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds. May jump."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment. Never goes back."""

    def call_later(self, delay_s: float, call: Callable[[], object]) -> Timer:
        """Call `call` on the event loop in `delay_s` seconds."""


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()

    def call_later(self, delay_s: float, call: Callable[[], object]) -> Timer:
        """Call `call` in `delay_s` seconds."""
        return asyncio.get_running_loop().call_later(delay_s, call)


class _ManualTimer:
    def __init__(self, call: Callable[[], object]) -> None:
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        self.call = None


class ManualClock:
    """A clock that moves only when told, for tests."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self._start_ms = now_ms
        self._elapsed_s = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _ManualTimer]] = []

    def now_ms(self) -> int:
        """Return the set time in milliseconds."""
        return self._start_ms + int(self._elapsed_s * 1000)

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self._elapsed_s

    def call_later(self, delay_s: float, call: Callable[[], object]) -> Timer:
        """Call `call` when `advance` has passed `delay_s`."""
        timer = _ManualTimer(call)
        heapq.heappush(self._timers, (self._elapsed_s + delay_s, next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move forward, making the calls that fall due in their order."""
        end = self._elapsed_s + seconds
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self._elapsed_s = max(self._elapsed_s, due)
            if timer.call is not None:
                timer.call()
        self._elapsed_s = end


class Randomness:
    """Unpredictable bytes from the operating system."""

    def token(self, size_bytes: int) -> bytes:
        """Return `size_bytes` random bytes."""
        return os.urandom(size_bytes)

    def new_id(self) -> str:
        """Return a fresh 60-bit identifier of twelve letters and digits."""
        number = int.from_bytes(self.token(8), "big")
        return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(_ID_LENGTH))


class SeededRandomness(Randomness):
    """The same bytes for the same seed, for tests."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  tests want it predictable

    def token(self, size_bytes: int) -> bytes:
        """Return the next `size_bytes` of the seed's sequence."""
        return self._random.randbytes(size_bytes)
