"""Work that falls due at a time kept in the database: done then, or when the server runs again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from hutong.platform import journal
from hutong.platform.clock import Clock, Timer

# The clock may be set meanwhile: nobody waits for longer without a look.
_LOOK_AFTER_S = 60.0
_RETRY_AFTER_MS = 5_000

log = journal.get(__name__)


class DueWork:
    """Calls `run` when something may be due. All of it on the event loop.

    `run` does a bounded batch and returns when the next is due (Unix ms; a time that has passed: at once), or
    None when nothing waits. When it raises, it is called again a little later.
    """

    def __init__(self, name: str, clock: Clock, run: Callable[[], Awaitable[int | None]]) -> None:
        self._name = name
        self._clock = clock
        self._run = run
        self._wake = asyncio.Event()
        self._timer: Timer | None = None
        self._timer_ms = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look for the first time: what fell due while the server was away is done now."""
        self._task = asyncio.get_running_loop().create_task(self._loop())
        self._wake.set()

    async def stop(self) -> None:
        """Look no longer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def expect(self, due_ms: int) -> None:
        """Be told that something falls due then."""
        if self._timer is not None:
            if self._timer_ms <= due_ms:
                return
            self._timer.cancel()
            self._timer = None
        wait_s = (due_ms - self._clock.now_ms()) / 1000
        if wait_s <= 0:
            self._wake.set()
            return
        self._timer_ms = due_ms
        self._timer = self._clock.call_later(min(wait_s, _LOOK_AFTER_S), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._wake.set()

    async def _loop(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                due_ms = await self._run()
            except Exception:
                log.exception("due_work_failed", work=self._name)
                due_ms = self._clock.now_ms() + _RETRY_AFTER_MS
            if due_ms is not None:
                self.expect(due_ms)
