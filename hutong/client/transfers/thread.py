"""Blocking work on files, one thing after the other, that is let finish when its owner is called off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Thread:
    """A thread of its own. A descriptor may be closed after `rest`, when nothing uses it any more."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "hutong-files")
        self._last: asyncio.Future[Any] | None = None

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Begin some work, or queue it behind what was begun: so the thread has no pause between two."""
        job = asyncio.get_running_loop().run_in_executor(self._executor, partial(work, *args, **kwargs))
        self._last = job
        return job

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns. Cancelled, it does not wait for it: `rest` does."""
        return await asyncio.shield(self.start(work, *args, **kwargs))

    async def rest(self) -> None:
        """Wait for work that was left alone; how it ends matters to nobody."""
        if self._last is not None:
            await asyncio.wait([self._last])
            if not self._last.cancelled():
                self._last.exception()

    def end(self) -> None:
        """Let the thread go, once it has nothing to do."""
        self._executor.shutdown(wait=False)
