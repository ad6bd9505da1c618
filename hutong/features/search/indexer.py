"""Takes what is said into the index, behind the writer and without delaying it.

At the start all conversations are compared with what the index has reached; from then on the writer's
commits say in which there is something new. How far each log was taken in is kept in the index, in the
transaction that takes it in: a crash loses nothing, and what is taken in again replaces itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from functools import partial
from itertools import chain, islice

from hutong.features.search.async_index import AsyncIndex
from hutong.features.search.index import IndexDamagedError
from hutong.features.search.log_reading import KINDS, logs_after, look
from hutong.features.search.pace import Pace
from hutong.platform import journal
from hutong.platform.database import Reads
from hutong.platform.log import Stored

# One look: some milliseconds of work.
_LOGS_AT_ONCE = 100
_EVENTS_AT_ONCE = 300
_BYTES_AT_ONCE = 1024 * 1024
# Beyond so many conversations with something new, all are compared again.
_FRESH_LOGS_MAX = 20_000
_PAGE_LOGS = 500
_RETRY_S = 5.0
_KINDS = frozenset(KINDS)

log = journal.get(__name__)


class Indexer:
    """Runs in the background, on the event loop and the index's thread."""

    def __init__(self, read: Reads, index: AsyncIndex) -> None:
        self._read = read
        self._index = index
        self._fresh: dict[str, int] = {}  # the newest event of each log that has something new
        self._overrun = False
        self._pace = Pace()
        self._working = True
        self._wake = asyncio.Event()
        self._damaged = False
        self._task: asyncio.Task[None] | None = None

    @property
    def behind(self) -> bool:
        """Whether there is something that is not in the index yet."""
        return self._working or bool(self._fresh)

    def start(self) -> None:
        """Begin with what happened since it ended."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End after the step that is under way."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def hear(self, events: Sequence[Stored]) -> None:
        """Be told what was committed. Called for every commit: it must cost nothing."""
        fresh = self._fresh
        for event in events:
            if event.kind in _KINDS:
                fresh[event.log] = event.seq
        if fresh:
            self._wake.set()
            if len(fresh) > _FRESH_LOGS_MAX:
                fresh.clear()
                self._overrun = self._working = True

    def rebuild(self) -> None:
        """Build the index again: somebody found it damaged."""
        self._damaged = self._working = True
        self._wake.set()

    # ---- steps ----

    async def _run(self) -> None:
        while True:
            try:
                await self._repair()
                await self._compare()
                while not self._overrun and not self._damaged:
                    self._working = False
                    await self._wake.wait()
                    self._wake.clear()
                    self._working = True
                    await self._take({})
            except IndexDamagedError as error:
                log.warning("search_index_damaged", error=str(error))
                self._damaged = True
            except Exception:
                log.exception("search_indexing_failed")
                await asyncio.sleep(_RETRY_S)
            self._working = True

    async def _repair(self) -> None:
        if self._damaged:
            await self._index.clear()
            self._damaged = False

    async def _compare(self) -> None:
        """Go through all conversations, and take in what is missing."""
        self._overrun = False
        after, more = "", True
        while more:
            heads, after = await self._read(partial(logs_after, after=after, limit=_PAGE_LOGS))
            more = bool(after)
            reached = await self._index.reached([name for name, _ in heads])
            for name, head in heads:
                if reached[name] > head:  # the database is an older one, put back from a copy
                    await self._index.forget(name)
            await self._take({name: head for name, head in heads if reached[name] != head})

    async def _take(self, backlog: dict[str, int]) -> None:
        """Take in what is new, then what is missing in `backlog`, which this empties."""
        while (self._fresh or backlog) and not self._damaged:
            await asyncio.sleep(self._pace.pause_s(self._now(), backlog=bool(backlog)))
            heads: dict[str, int] = {}
            for name, head in islice(chain(self._fresh.items(), backlog.items()), _LOGS_AT_ONCE):
                heads[name] = max(head, heads.get(name, 0))
            for name in heads:
                self._fresh.pop(name, None)
                backlog.pop(name, None)
            try:
                await self._look(heads, backlog)
            except BaseException:
                self._overrun = True  # they are out of both lists
                raise

    async def _look(self, heads: dict[str, int], backlog: dict[str, int]) -> None:
        self._pace.begins(self._now(), time.process_time())
        try:
            reached = await self._index.reached(heads)
            found = await self._read(
                partial(
                    look, reached=reached, heads=heads, events_max=_EVENTS_AT_ONCE, bytes_max=_BYTES_AT_ONCE
                )
            )
            await self._index.apply(found.batch)
        finally:
            self._pace.ended(self._now(), time.process_time())
        backlog.update({name: heads[name] for name in found.unfinished})

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
