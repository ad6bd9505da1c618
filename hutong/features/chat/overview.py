"""Conversations as lists show them: members, marks, unread counts, the newest events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hutong.features.chat import mentions, store
from hutong.features.chat.api import LARGE_ABOVE
from hutong.features.identity.api import Identity
from hutong.platform import events
from hutong.platform.database import Executor
from hutong.platform.errors import InvalidArgument, NotFound
from hutong.platform.feature import Platform
from hutong.platform.log import read_newest
from hutong.platform.rpc import Caller
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2

RECENT_MAX = 50
# Screens show "99+"; counting further is work for nothing.
UNREAD_MAX = 1_000
# What fits into a carrier message (CONN4), with a reserve for what stands around it.
REPLY_BYTES_MAX = 900 * 1024
_FRAME_BYTES = 8  # tag and length of a nested message, generously
# Conversations whose members' profiles are read with one statement: of 50 people each, 2,500 at the most.
_AT_ONCE = 50


class Overview:
    """The reading part of the `Chat` service."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._identity = platform.use(Identity)

    async def list(self, caller: Caller, request: pb.ListRequest) -> pb.ListReply:
        """Return the caller's conversations with their newest events, as far as they fit."""
        recent = _bounded(request.recent)
        user = caller.user

        def conversations(read: Executor) -> pb.ListReply:
            rows = store.conversations_of(read, user)
            return pb.ListReply(conversations=self._describe(read, user, rows, recent))

        return await self._platform.read(conversations)

    async def get(self, caller: Caller, request: pb.GetRequest) -> pb.GetReply:
        """Return one of the caller's conversations."""
        recent = _bounded(request.recent)
        user = caller.user
        return pb.GetReply(
            conversation=await self._platform.read(
                lambda read: self.describe(read, user, request.log, recent)
            )
        )

    def describe(self, executor: Executor, user: str, log: str, recent: int) -> pb.Conversation:
        """Return one conversation of a member. Raises `NotFound`."""
        rows = store.conversations_of(executor, user, log)
        if not rows:
            raise NotFound("There is no such conversation.", reason="no_such_log")
        return self._describe(executor, user, rows, recent)[0]

    def _describe(
        self, executor: Executor, user: str, rows: Sequence[Any], recent: int
    ) -> Sequence[pb.Conversation]:
        """Return the conversations, newest first: all of them, and for as many as fit the members and events.

        One whose members are left out, because there are many groups, is asked for with `Get`.
        """
        kinds = events.unread_kinds()
        heads = self._heads(executor, user, rows)
        rows = sorted(rows, key=lambda row: heads[row.log].at_ms, reverse=True)
        counts = self._counts(executor, user, rows)
        described = [
            pb.Conversation(
                log=row.log,
                group=row.is_group,
                title=row.title,
                picture=row.picture,
                head=heads[row.log].seq,
                joined=row.joined,
                unread=store.unread(
                    executor, row.log, user, max(row.read, row.joined - 1), kinds, UNREAD_MAX
                ),
                settings=store.settings_of(row).to_proto() if row.is_group else None,
                disappear_s=row.disappear_s,
                member_count=counts[row.log],
            )
            for row in rows
        ]
        for row, conversation in zip(rows, described, strict=True):
            conversation.saved = not row.is_group and conversation.member_count == 1
            if conversation.unread:
                read = max(row.read, row.joined - 1)
                mentioned = mentions.unread(executor, row.log, user, read)
                conversation.mentioned, conversation.first_mention = mentioned
        left = REPLY_BYTES_MAX - sum(each.ByteSize() + _FRAME_BYTES for each in described)
        left = self._add_members(executor, user, described, left)
        if recent:
            _add_recent(executor, user, described, recent, left)
        return described

    def _heads(self, executor: Executor, user: str, rows: Sequence[Any]) -> dict[str, Any]:
        if len(rows) == 1:
            return {rows[0].log: store.head(executor, rows[0].log)}
        return store.heads(executor, user)

    def _counts(self, executor: Executor, user: str, rows: Sequence[Any]) -> dict[str, int]:
        if len(rows) == 1:
            return {rows[0].log: store.member_count(executor, rows[0].log)}
        return store.member_counts(executor, user)

    def _add_members(
        self, executor: Executor, user: str, conversations: Sequence[pb.Conversation], left: int
    ) -> int:
        """Fill in the members of the first conversations; return how many bytes are left then."""
        for start in range(0, len(conversations), _AT_ONCE):
            some = conversations[start : start + _AT_ONCE]
            rows = [_shown_members(executor, user, each) for each in some]
            profiles = self._identity.profiles(executor, {row.user for each in rows for row in each})
            for conversation, shown in zip(some, rows, strict=True):
                large = conversation.member_count > LARGE_ABOVE
                members = _members(profiles, user, shown, large=large)
                left -= sum(member.ByteSize() + _FRAME_BYTES for member in members)
                if left < 0:
                    return 0
                conversation.members.extend(members)
        return left

    def members_of(
        self, executor: Executor, user: str, rows: Sequence[Any], *, large: bool
    ) -> Sequence[pb.Member]:
        """Return members as they travel to `user`: in large groups without the marks of others."""
        profiles = self._identity.profiles(executor, [row.user for row in rows])
        return _members(profiles, user, rows, large=large)


def _shown_members(executor: Executor, user: str, conversation: pb.Conversation) -> Sequence[Any]:
    if conversation.member_count > LARGE_ABOVE:
        return store.leading_members(executor, conversation.log, user)
    return store.members(executor, conversation.log)


def _members(
    profiles: Mapping[str, identity_pb2.Profile], user: str, rows: Sequence[Any], *, large: bool
) -> Sequence[pb.Member]:
    return [
        pb.Member(
            profile=profiles[row.user],
            role=row.role,
            delivered=0 if large and row.user != user else row.delivered,
            read=0 if large and row.user != user else row.read,
            nickname=row.nickname,
            muted_until_ms=row.muted_until_ms,
        )
        for row in rows
    ]


def _add_recent(
    executor: Executor, user: str, conversations: Sequence[pb.Conversation], recent: int, left: int
) -> None:
    for conversation in conversations:
        page = read_newest(
            executor,
            conversation.log,
            reader=user,
            before=0,
            after=conversation.joined - 1,
            limit=recent,
            bytes_max=left,
        )
        conversation.recent.extend(page.events)
        left -= page.ByteSize()
        if left <= 0:
            return


def _bounded(recent: int) -> int:
    if recent > RECENT_MAX:
        raise InvalidArgument(f"At most {RECENT_MAX} events a conversation.", reason="limit_too_large")
    return recent
