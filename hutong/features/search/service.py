"""The `Search` service."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import partial

from hutong.features.chat.api import Traces
from hutong.features.search import hits, model
from hutong.features.search.async_index import AsyncIndex
from hutong.features.search.index import Found, Index, IndexDamagedError, Wanted
from hutong.features.search.indexer import Indexer
from hutong.features.search.people import PeopleSearch
from hutong.features.search.postgres_index import PostgresIndex
from hutong.features.search.sqlite_index import SqliteIndex
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.settings import Settings
from hutong.schema import search_pb2 as pb

SEARCHES = Rate("search", burst=40, every_s=0.5)
# Of so many conversations the index is asked at once.
_LOGS_AT_ONCE = 1_000
# Where much was found that the caller may not read, or that was erased since, the page stays short.
_ROUNDS_MAX = 4
# A reply has to fit into a carrier message (CONN4).
_REPLY_BYTES_MAX = 768 * 1024


def build(platform: Platform) -> tuple[object, ...]:
    """Return what answers `hutong.search.Search`."""
    index = AsyncIndex(partial(open_index, platform.settings))
    return SearchService(platform, index), PeopleSearch(platform)


def open_index(settings: Settings) -> Index:
    """Open the index that goes with the database."""
    if settings.database.startswith("sqlite"):
        return SqliteIndex(settings.data / "search.db")
    return PostgresIndex(settings.database)


class SearchService:
    """Answers from the index, and shows what the log says."""

    def __init__(self, platform: Platform, index: AsyncIndex) -> None:
        self._platform = platform
        self._traces = platform.use(Traces)
        self._index = index
        self.indexer = Indexer(platform.read, index)
        platform.sessions.on_committed(self.indexer.hear)

    async def on_start(self) -> None:
        """Open the index, and begin to follow the logs."""
        await self._index.open()
        self.indexer.start()

    async def on_stop(self) -> None:
        """Follow no longer."""
        await self.indexer.stop()
        await self._index.close()

    async def messages(self, caller: Caller, request: pb.MessagesRequest) -> pb.MessagesReply:
        """Return the newest messages that match, of those the caller may read."""
        wanted, limit = model.wanted(request), model.at_most(request.limit)
        user = caller.user
        self._platform.limits.spend(SEARCHES, user)
        behind = self.indexer.behind
        logs = await self._platform.read(partial(self._logs, user=user, only=request.log))
        if not logs or (request.text.strip() and not wanted.phrases):
            return pb.MessagesReply(behind=behind)  # only signs, which no message has as words
        try:
            reply = await self._page(user, wanted, logs, limit)
        except IndexDamagedError:
            self.indexer.rebuild()
            return pb.MessagesReply(behind=True)
        reply.behind = behind
        return reply

    def _logs(self, executor: Executor, user: str, only: str) -> list[str]:
        if not only:
            return self._traces.logs(executor, user)
        if not self._platform.logs.first_readable(executor, user, only):
            raise NotFound("There is no such conversation.", reason="no_such_log")
        return [only]

    async def _page(self, user: str, wanted: Wanted, logs: Sequence[str], limit: int) -> pb.MessagesReply:
        reply = pb.MessagesReply()
        size_bytes = 0
        for _ in range(_ROUNDS_MAX):
            found = await self._find(wanted, logs, limit)
            shown = await self._platform.read(
                partial(
                    hits.readable,
                    access=self._platform.logs,
                    user=user,
                    found=found,
                    phrases=wanted.phrases,
                )
            )
            for each, hit in zip(found, shown, strict=True):
                size_bytes += hit.ByteSize() if hit is not None else 0
                if size_bytes > _REPLY_BYTES_MAX and reply.hits:
                    return reply
                reply.cursor = model.cursor(each.place)
                if hit is not None:
                    reply.hits.append(hit)
                if len(reply.hits) == limit:
                    return reply
            if len(found) < limit:
                reply.cursor = b""
                return reply
            wanted = wanted._replace(before=found[-1].place)
        return reply

    async def _find(self, wanted: Wanted, logs: Sequence[str], limit: int) -> list[Found]:
        parts = [
            await self._index.find(wanted._replace(logs=logs[start : start + _LOGS_AT_ONCE]), limit)
            for start in range(0, len(logs), _LOGS_AT_ONCE)
        ]
        return heapq.nlargest(limit, [each for part in parts for each in part])
