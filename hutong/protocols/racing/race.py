"""One race: several addresses, a few of them at the same time. The caller brings monotonic seconds."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

NEXT_AFTER_S = 2.5
IN_FLIGHT_MAX = 3
ATTEMPT_S_MAX = 10.0
# Taken from what the caller (or a manifest) lists.
ADDRESSES_MAX = 16


class Race(Generic[K]):
    """Says which address to try next, and which attempt to give up.

    A failure lets the next one start at once; the first *verified* one wins, and the caller ends the rest.
    """

    def __init__(self, addresses: Iterable[K], now: float) -> None:
        self._waiting = deque(list(dict.fromkeys(addresses))[:ADDRESSES_MAX])
        self._running: dict[K, float] = {}
        self._next_at = now

    @property
    def over(self) -> bool:
        """Whether every address failed."""
        return not self._waiting and not self._running

    @property
    def deadline(self) -> float:
        """When `start` or `late` has something new; infinity for never."""
        first_end = min(self._running.values(), default=math.inf)
        startable = self._waiting and len(self._running) < IN_FLIGHT_MAX
        return min(first_end, self._next_at) if startable else first_end

    def start(self, now: float) -> K | None:
        """Return the address to try now, if one is due. Ask again until there is none."""
        if not self._waiting or len(self._running) >= IN_FLIGHT_MAX or now < self._next_at:
            return None
        address = self._waiting.popleft()
        self._running[address] = now + ATTEMPT_S_MAX
        self._next_at = now + NEXT_AFTER_S
        return address

    def late(self, now: float) -> list[K]:
        """Return the attempts that took too long; each still has to be reported as failed."""
        return [address for address, end in self._running.items() if end <= now]

    def failed(self, address: K, now: float) -> None:
        """An attempt failed: the next need not wait."""
        if self._running.pop(address, None) is not None:
            self._next_at = min(self._next_at, now)
