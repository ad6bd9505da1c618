"""An index on threads of its own: one that writes, one that finds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hutong.features.search.index import Batch, Found, Index, Wanted

T = TypeVar("T")


class AsyncIndex:
    """The methods of `Index`, for the event loop. Writing is one's who asks for one thing after the other."""

    def __init__(self, open_: Callable[[], Index]) -> None:
        self._open = open_
        self._index: Index | None = None
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._finding = ThreadPoolExecutor(1, thread_name_prefix="search")

    async def open(self) -> None:
        """Open it; before anything else."""
        self._index = await self._run(self._writing, self._open)

    async def reached(self, logs: Collection[str]) -> dict[str, int]:
        """Return up to which event logs were taken in."""
        return await self._run(self._writing, lambda: self._opened.reached(logs))

    async def apply(self, batch: Batch) -> None:
        """Take in what a look at the logs brought."""
        await self._run(self._writing, lambda: self._opened.apply(batch))

    async def forget(self, log: str) -> None:
        """Drop all of a log."""
        await self._run(self._writing, lambda: self._opened.forget(log))

    async def find(self, wanted: Wanted, limit: int) -> list[Found]:
        """Return the newest that match."""
        return await self._run(self._finding, lambda: self._opened.find(wanted, limit))

    async def clear(self) -> None:
        """Begin anew. On the thread that finds: who asks for this writes nothing meanwhile."""
        await self._run(self._finding, self._opened.clear)

    async def close(self) -> None:
        """Finish what is running, and let go of it."""
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        self._writing.shutdown()
        self._finding.shutdown()
        if self._index is not None:
            self._index.close()

    @property
    def _opened(self) -> Index:
        assert self._index is not None, "not opened"
        return self._index

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, call)
