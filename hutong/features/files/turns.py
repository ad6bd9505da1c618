"""Work on one thing happens one piece after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Turns:
    """Per key: in the order of arrival, each to its end even when whoever asked has given up.

    Both matter to uploads: chunks that were sent together are written in their order, and no write that
    outlived its deadline may change a file whose hash is being checked.
    Bounded by the requests that connections may have under way.
    """

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Task[Any]] = {}

    async def take(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` after everything that took this key's turn before; return or raise what it does."""
        task = asyncio.get_running_loop().create_task(_after(self._last.get(key), work))
        self._last[key] = task
        task.add_done_callback(lambda _: self._forget(key, task))
        return await asyncio.shield(task)

    def _forget(self, key: str, task: asyncio.Task[Any]) -> None:
        if self._last.get(key) is task:
            del self._last[key]

    async def finish(self) -> None:
        """Wait until nobody has a turn any more."""
        while self._last:
            await asyncio.wait(list(self._last.values()))


async def _after(before: asyncio.Task[Any] | None, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    if before is not None:
        await asyncio.wait([before])
    return await work()
