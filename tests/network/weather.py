"""How a path is, and one direction of a connection on it: delay, rate, stalls; by a seed."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# What one direction of a connection may hold: more than any rate times any delay used in tests.
QUEUE_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Weather:
    """How a path is at the moment. Times in seconds, one way."""

    delay_s: float = 0.0
    # Up to so much more, drawn for each connection (connections overtake each other) and for each datagram.
    jitter_s: float = 0.0
    rate_bytes_s: float = 0.0  # 0 for no limit; of one direction of one connection
    # Lost packets: on TCP everything behind one waits for the retransmission, on UDP it is gone.
    loss: float = 0.0
    retransmission_s: float = 0.2


class Pipe:
    """One direction: bytes leave in order, each piece when its time has come."""

    def __init__(
        self,
        weather: Callable[[], Weather],
        chance: random.Random,
        leave: Callable[[bytes], None],
        hold: Callable[[bool], None],
    ) -> None:
        self._weather = weather
        self._chance = chance
        self._leave = leave
        self._hold = hold
        self._queue: deque[tuple[float, bytes]] = deque()
        self._queued_bytes = 0
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._extra = chance.random()
        self._held = False
        self.passed_bytes = 0

    def put(self, data: bytes) -> None:
        """Take a piece; empty stands for the end of the stream."""
        weather, loop = self._weather(), asyncio.get_running_loop()
        now = loop.time()
        if weather.rate_bytes_s:
            self._free_at = max(now, self._free_at) + len(data) / weather.rate_bytes_s
        due = max(now, self._free_at) + weather.delay_s + weather.jitter_s * self._extra
        if weather.loss and self._chance.random() < weather.loss:
            due += weather.retransmission_s
        if self._queue:
            due = max(due, self._queue[-1][0])
        if not self._queue and due <= now:
            self._pass_on(data)
            return
        self._queue.append((due, data))
        self._queued_bytes += len(data)
        if self._queued_bytes > QUEUE_BYTES_MAX and not self._held:
            self._held = True
            self._hold(True)
        if self._timer is None:
            self._timer = loop.call_at(due, self._drain)

    @property
    def is_empty(self) -> bool:
        return not self._queue

    def stop(self) -> None:
        """Drop what is on its way."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drain(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._queue and self._queue[0][0] <= loop.time() + 0.0005:
            _, data = self._queue.popleft()
            self._queued_bytes -= len(data)
            self._pass_on(data)
        if self._held and self._queued_bytes < QUEUE_BYTES_MAX // 2:
            self._held = False
            self._hold(False)
        if self._queue:
            self._timer = loop.call_at(self._queue[0][0], self._drain)

    def _pass_on(self, data: bytes) -> None:
        self.passed_bytes += len(data)
        self._leave(data)
