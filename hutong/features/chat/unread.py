"""What members have not read, in all of their conversations: for those who tell people who are away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from hutong.features.chat import api
from hutong.features.chat.store import conversation, member
from hutong.platform import events
from hutong.platform.database import Executor
from hutong.platform.feature import Platform
from hutong.platform.log import Stored, log_event

_newest = log_event.alias()


class Unread:
    """Provides `api.Unread`."""

    def __init__(self, platform: Platform) -> None:
        platform.provide(api.Unread, self)

    def people(self, executor: Executor, logs: Sequence[str]) -> dict[str, list[str]]:
        """Return who is in these conversations, by log."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        query = sa.select(member.c.log, member.c.user).where(member.c.log.in_(list(logs)))
        for row in executor.execute(query):
            found[row.log].append(row.user)
        return found

    def place(self, executor: Executor, log: str, user: str) -> api.Place | None:
        """Return a conversation as a member sees it, or None for somebody else."""
        mine = member.c
        query = (
            sa.select(conversation.c.is_group, conversation.c.title, mine.joined, mine.delivered, mine.read)
            .select_from(conversation)
            .join(member, mine.log == conversation.c.log)
            .where(mine.user == user, mine.log == log)
        )
        row = executor.execute(query).first()
        return api.Place._make(row) if row else None

    def logs(self, executor: Executor, user: str, since_ms: int) -> list[str]:
        """Return a user's conversations whose newest event is not read, and not older than `since_ms`."""
        head = sa.select(sa.func.max(_newest.c.seq)).where(_newest.c.log == member.c.log).scalar_subquery()
        query = (
            sa.select(member.c.log)
            .select_from(member)
            .join(log_event, (log_event.c.log == member.c.log) & (log_event.c.seq == head))
            .where(member.c.user == user, member.c.read < log_event.c.seq, log_event.c.at_ms >= since_ms)
        )
        return list(executor.execute(query).scalars())

    def newest(
        self, executor: Executor, log: str, user: str, after: int, since_ms: int, limit: int
    ) -> list[Stored]:
        """Return what others said that came after `after` and not before `since_ms`, newest first."""
        query = sa.select(log_event).where(
            log_event.c.log == log,
            log_event.c.seq > after,
            log_event.c.at_ms >= since_ms,
            *_of_others(user),
        )
        rows = executor.execute(query.order_by(log_event.c.seq.desc()).limit(limit))
        return [Stored._make(row) for row in rows]

    def count(self, executor: Executor, user: str, but: Iterable[str], maximum: int) -> int:
        """Return how much a user has not read in all conversations but some; at most `maximum`."""
        some = (
            sa.select(sa.literal(1))
            .select_from(member)
            .join(log_event, log_event.c.log == member.c.log)
            .where(
                member.c.user == user,
                member.c.log.not_in(list(but)),
                log_event.c.seq > member.c.read,
                log_event.c.seq >= member.c.joined,
                *_of_others(user),
            )
            .limit(maximum)
            .subquery()
        )
        return int(executor.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _of_others(user: str) -> tuple[sa.ColumnElement[bool], ...]:
    kinds = list(events.unread_kinds())
    return (log_event.c.kind.in_(kinds), log_event.c.author != user, log_event.c.body != b"")
