"""Which devices are to be told of which conversations, and when. Bounded; no I/O."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

ENTRIES_MAX = 100_000
BACKOFF_MS = 5_000
BACKOFF_MS_MAX = 600_000
# A push service that says "later" may not mean a week.
RETRY_AFTER_MS_MAX = 3_600_000
# What is said within this much time to one device is one push (a conversation).
SPACING_MS = 1_000


@dataclass(slots=True)
class _Device:
    logs: dict[str, int] = field(default_factory=dict)  # when each is due
    busy: bool = False
    not_before_ms: int = 0
    failures: int = 0


class Queue:
    """One push at a time for each device; a conversation waits once, however much is said in it."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._order: list[tuple[int, str]] = []
        self._entries = 0

    def __len__(self) -> int:
        return self._entries

    def add(self, device: str, log: str, due_ms: int) -> bool:
        """Let a device be told of a conversation; tell whether there was room for that."""
        waiting = self._devices.get(device)
        if waiting is not None and log in waiting.logs:
            return True
        if self._entries >= ENTRIES_MAX:
            return False
        if waiting is None:
            waiting = self._devices[device] = _Device()
        waiting.logs[log] = due_ms
        self._entries += 1
        self._expect(device, waiting)
        return True

    def take(self, now_ms: int) -> tuple[str, str] | None:
        """Return the next device and conversation whose time has come; `done` or `failed` has to follow."""
        while self._order and self._order[0][0] <= now_ms:
            _, device = heapq.heappop(self._order)
            waiting = self._devices.get(device)
            if waiting is None or waiting.busy or waiting.not_before_ms > now_ms:
                continue
            log = min(waiting.logs, key=waiting.logs.__getitem__, default=None)
            if log is None or waiting.logs[log] > now_ms:
                continue
            del waiting.logs[log]
            self._entries -= 1
            waiting.busy = True
            return device, log
        return None

    def next_ms(self) -> int | None:
        """Return when something may be due; None when nothing waits."""
        return self._order[0][0] if self._order else None

    def done(self, device: str, now_ms: int, *, sent: bool) -> None:
        """Be told that a push was taken, or that there was none to make."""
        waiting = self._devices[device]
        waiting.busy, waiting.failures = False, 0
        waiting.not_before_ms = now_ms + SPACING_MS if sent else 0
        self._go_on(device, waiting)

    def failed(self, device: str, log: str, now_ms: int, retry_after_ms: int) -> None:
        """Be told that a push was not taken; it is made again later."""
        waiting = self._devices[device]
        waiting.busy = False
        pause_ms = min(BACKOFF_MS << min(waiting.failures, 20), BACKOFF_MS_MAX)
        waiting.failures += 1
        waiting.not_before_ms = now_ms + max(pause_ms, min(retry_after_ms, RETRY_AFTER_MS_MAX))
        if log not in waiting.logs:
            waiting.logs[log] = now_ms
            self._entries += 1
        self._go_on(device, waiting)

    def forget(self, device: str) -> None:
        """Drop what waits for a device whose push is under way."""
        self._entries -= len(self._devices.pop(device).logs)

    def _go_on(self, device: str, waiting: _Device) -> None:
        if waiting.logs:
            self._expect(device, waiting)
        else:
            del self._devices[device]

    def _expect(self, device: str, waiting: _Device) -> None:
        if not waiting.busy:
            due_ms = max(min(waiting.logs.values()), waiting.not_before_ms)
            heapq.heappush(self._order, (due_ms, device))
