"""The `Log` service: following logs on a connection, and reading stretches of them."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from hutong.platform.database import Executor, Reads
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.log import PAGE_BYTES_MAX, PAGE_EVENTS_MAX, read_newest, read_page
from hutong.platform.rpc import Caller
from hutong.platform.sessions import Sessions
from hutong.schema import log_pb2

CURSORS_MAX = 500
_FOLLOW_LIMIT = 100
_READ_LIMIT = 50
# What an event costs on the wire beside its body; keeps many small pages within one reply.
_PAGE_OVERHEAD_BYTES = 64

# Given a snapshot or a transaction, the user, and the log's name after the colon: the first seq the user may
# read, or 0.
MayRead = Callable[[Executor, str, str], int]


class LogAccess:
    """Who may read which log: a feature answers for the logs whose prefix it registered."""

    def __init__(self) -> None:
        self._rules: dict[str, MayRead] = {}

    def register(self, prefix: str, may_read: MayRead) -> None:
        """Let `may_read` decide for logs called `prefix:...`."""
        assert prefix not in self._rules
        self._rules[prefix] = may_read

    def first_readable(self, executor: Executor, user: str, log: str) -> int:
        """Return the first seq of the log this user may read; 0 for a forbidden or an unknown log."""
        prefix, _, name = log.partition(":")
        rule = self._rules.get(prefix)
        return rule(executor, user, name) if rule and name else 0


class LogService:
    """Answers `hutong.log.Log`."""

    def __init__(self, read: Reads, sessions: Sessions, access: LogAccess) -> None:
        self._read = read
        self._sessions = sessions
        self._access = access

    async def follow(self, caller: Caller, request: log_pb2.FollowRequest) -> log_pb2.FollowReply:
        """Subscribe first, then read, so that nothing falls in between (LOG7)."""
        limit = _bounded(request.limit, _FOLLOW_LIMIT)
        cursors = list(request.cursors)
        if len(cursors) > CURSORS_MAX:
            raise ResourceExhausted(f"At most {CURSORS_MAX} logs at once.", reason="too_many_cursors")
        logs = [cursor.log for cursor in cursors]
        if len(set(logs)) != len(logs):
            raise InvalidArgument("Each log once, please.", reason="duplicate_log")
        before = [log for log in logs if log in caller.connection.follows]
        user = caller.user
        first = await self._read(lambda snapshot: self._readable(snapshot, user, logs))
        allowed = [log for log in logs if first[log]]
        self._sessions.follow(caller.connection, allowed)
        reply, first = await self._read(lambda snapshot: self._pages(snapshot, user, cursors, limit))
        # Access may have ended between the two readings; what was followed then is let go again.
        self._sessions.unfollow(caller.connection, [log for log in {*allowed, *before} if not first[log]])
        return reply

    def _readable(self, snapshot: sa.Connection, user: str, logs: list[str]) -> dict[str, int]:
        return {log: self._access.first_readable(snapshot, user, log) for log in logs}

    def _pages(
        self, snapshot: sa.Connection, user: str, cursors: list[log_pb2.Cursor], limit: int
    ) -> tuple[log_pb2.FollowReply, dict[str, int]]:
        first = self._readable(snapshot, user, [cursor.log for cursor in cursors])
        left = PAGE_BYTES_MAX
        reply = log_pb2.FollowReply()
        for cursor in cursors:
            if not first[cursor.log]:
                reply.pages.append(log_pb2.Page(log=cursor.log, denied=True))
                continue
            after = max(cursor.after, first[cursor.log] - 1)
            page = read_page(
                snapshot, cursor.log, reader=user, after=after, limit=limit, bytes_max=max(left, 0)
            )
            # Where one was cut short, the others wait for the next answer: they would be read for nothing.
            cut = len(page.events) < min(limit, page.head - after)
            left = 0 if cut else left - page.ByteSize() - _PAGE_OVERHEAD_BYTES
            reply.pages.append(page)
        return reply, first

    def unfollow(self, caller: Caller, request: log_pb2.UnfollowRequest) -> log_pb2.UnfollowReply:
        """Push the logs' events no longer."""
        self._sessions.unfollow(caller.connection, request.logs)
        return log_pb2.UnfollowReply()

    async def read(self, caller: Caller, request: log_pb2.ReadRequest) -> log_pb2.ReadReply:
        """Return a stretch of a log, newest first cut, ascending."""
        limit = _bounded(request.limit, _READ_LIMIT)
        user = caller.user

        def stretch(snapshot: sa.Connection) -> log_pb2.Page:
            first = self._access.first_readable(snapshot, user, request.log)
            if not first:
                raise NotFound("There is no such conversation.", reason="no_such_log")
            after = max(request.after, first - 1)
            return read_newest(
                snapshot, request.log, reader=user, before=request.before, after=after, limit=limit
            )

        return log_pb2.ReadReply(page=await self._read(stretch))


def _bounded(limit: int, default: int) -> int:
    if limit > PAGE_EVENTS_MAX:
        raise InvalidArgument(f"At most {PAGE_EVENTS_MAX} events at once.", reason="limit_too_large")
    return limit or default
