"""Blocking work on files, one thing after the other, that is let finish when its owner is called off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Thread:
    """`run` in a thread. A descriptor may be closed after `rest`, when nothing uses it any more."""

    def __init__(self) -> None:
        self._job: asyncio.Future[Any] | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns. Cancelled, it does not wait for it: `rest` does."""
        job = asyncio.get_running_loop().create_task(asyncio.to_thread(work, *args, **kwargs))
        self._job = job
        return await asyncio.shield(job)

    async def rest(self) -> None:
        """Wait for work that was left alone; how it ends matters to nobody."""
        if self._job is not None:
            await asyncio.wait([self._job])
            if not self._job.cancelled():
                self._job.exception()
