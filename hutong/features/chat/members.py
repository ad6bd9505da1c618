"""Who is in a conversation and who has seen what, some at a time: large groups do not come with `List`."""

from __future__ import annotations

from hutong.features.chat import store
from hutong.features.chat.api import LARGE_ABOVE
from hutong.features.chat.overview import Overview
from hutong.platform import events
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.log import read_head, read_newest
from hutong.platform.rpc import Caller
from hutong.schema import chat_pb2 as pb

AT_ONCE_MAX = 200
_AT_ONCE = 100


class Members:
    """The part of the `Chat` service that lists people."""

    def __init__(self, platform: Platform, overview: Overview) -> None:
        self._platform = platform
        self._overview = overview

    async def members(self, caller: Caller, request: pb.MembersRequest) -> pb.MembersReply:
        """Return members in the order of their ids, after a given one."""
        if request.limit > AT_ONCE_MAX:
            raise InvalidArgument(f"At most {AT_ONCE_MAX} members at once.", reason="limit_too_large")
        user, log, limit = caller.user, request.log, request.limit or _AT_ONCE

        def page(read: Executor) -> pb.MembersReply:
            _check_member(read, log, user)
            total = store.member_count(read, log)
            rows = store.members_page(read, log, request.after, limit)
            members = self._overview.members_of(read, user, rows, large=total > LARGE_ABOVE)
            return pb.MembersReply(members=members, total=total)

        return await self._platform.read(page)

    async def readers(self, caller: Caller, request: pb.ReadersRequest) -> pb.ReadersReply:
        """Return who has seen a message of the caller's."""
        user, log, seq = caller.user, request.log, request.seq

        def seen(read: Executor) -> pb.ReadersReply:
            _check_member(read, log, user)
            # Numbers beyond the head may be too large for a database.
            if not self._platform.logs.first_readable(read, user, log) <= seq <= read_head(read, log):
                raise NotFound("There is no such message.", reason="no_such_event")
            (event,) = read_newest(read, log, reader=user, before=seq + 1, after=seq - 1, limit=1).events
            if event.kind not in events.unread_kinds():
                raise NotFound("There is no such message.", reason="no_such_event")
            if event.author != user:
                raise PermissionDenied("Only the author sees who has read it.", reason="not_yours")
            users, total = store.readers(read, log, seq, user, AT_ONCE_MAX)
            return pb.ReadersReply(users=users, total=total)

        return await self._platform.read(seen)


def _check_member(read: Executor, log: str, user: str) -> None:
    if not store.is_member(read, log, user):
        raise NotFound("There is no such conversation.", reason="no_such_log")
