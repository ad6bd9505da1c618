"""What members have not read: the reading half of pushes.

Chat's and identity's `api.py` have no words for these questions. Their tables are only read, by name, and
nowhere else in this feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from hutong.features.push.store import push_subscription
from hutong.platform.database import Executor
from hutong.platform.log import Stored, log_event

# An app's badge shows no more than a few digits.
BADGE_MAX = 10_000
# Of an unread conversation the newest are looked through for one that may be pushed.
CANDIDATES_MAX = 20

_member = sa.table("member", *map(sa.column, ("log", "user", "joined", "delivered", "read")))
_conversation = sa.table("conversation", *map(sa.column, ("log", "is_group", "title")))
_older = log_event.alias()
_device = sa.table("device", *map(sa.column, ("device", "revoked")))


class Place(NamedTuple):
    """A conversation as one member sees it."""

    group: bool
    title: str
    joined: int
    delivered: int
    read: int


def signed_in(executor: Executor, device: str) -> bool:
    """Tell whether a device may still see what is said."""
    revoked = executor.execute(sa.select(_device.c.revoked).where(_device.c.device == device)).scalar()
    return revoked is not None and not revoked


def listeners(executor: Executor, logs: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (device, user, log) of everybody in these conversations who subscribed."""
    query = (
        sa.select(push_subscription.c.device, push_subscription.c.user, _member.c.log)
        .select_from(push_subscription)
        .join(_member, _member.c.user == push_subscription.c.user)
        .where(_member.c.log.in_(list(logs)))
    )
    return [(row.device, row.user, row.log) for row in executor.execute(query)]


def page(executor: Executor, after: str, limit: int) -> list[tuple[str, str]]:
    """Return (device, user) of the next subscriptions."""
    table = push_subscription
    query = sa.select(table.c.device, table.c.user).where(table.c.device > after)
    return [(row.device, row.user) for row in executor.execute(query.order_by(table.c.device).limit(limit))]


def unread_logs(executor: Executor, user: str, since_ms: int) -> list[str]:
    """Return a user's conversations in which something new may stand: those with a head that is not read."""
    newest = sa.select(sa.func.max(_older.c.seq)).where(_older.c.log == _member.c.log).scalar_subquery()
    query = (
        sa.select(_member.c.log)
        .select_from(_member)
        .join(log_event, (log_event.c.log == _member.c.log) & (log_event.c.seq == newest))
        .where(_member.c.user == user, _member.c.read < log_event.c.seq, log_event.c.at_ms >= since_ms)
    )
    return list(executor.execute(query).scalars())


def place(executor: Executor, user: str, log: str) -> Place | None:
    """Return a conversation as a member sees it, or None for somebody else."""
    query = (
        sa.select(
            _conversation.c.is_group,
            _conversation.c.title,
            _member.c.joined,
            _member.c.delivered,
            _member.c.read,
        )
        .select_from(_conversation)
        .join(_member, _member.c.log == _conversation.c.log)
        .where(_member.c.user == user, _member.c.log == log)
    )
    row = executor.execute(query).first()
    return Place._make(row) if row else None


def newest(
    executor: Executor, user: str, log: str, after: int, since_ms: int, kinds: Iterable[int]
) -> list[Stored]:
    """Return the newest events of others that came after `after` and not before `since_ms`, newest first."""
    query = sa.select(log_event).where(
        log_event.c.log == log,
        log_event.c.seq > after,
        log_event.c.at_ms >= since_ms,
        *_of_others(user, kinds),
    )
    rows = executor.execute(query.order_by(log_event.c.seq.desc()).limit(CANDIDATES_MAX))
    return [Stored._make(row) for row in rows]


def badge(executor: Executor, user: str, silent: Iterable[str], kinds: Iterable[int]) -> int:
    """Return how much a user has not read in all conversations but the `silent` ones; at most `BADGE_MAX`."""
    some = (
        sa.select(sa.literal(1))
        .select_from(_member)
        .join(log_event, log_event.c.log == _member.c.log)
        .where(
            _member.c.user == user,
            _member.c.log.not_in(list(silent)),
            log_event.c.seq > _member.c.read,
            log_event.c.seq >= _member.c.joined,
            *_of_others(user, kinds),
        )
        .limit(BADGE_MAX)
        .subquery()
    )
    return int(executor.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _of_others(user: str, kinds: Iterable[int]) -> tuple[sa.ColumnElement[bool], ...]:
    return (log_event.c.kind.in_(list(kinds)), log_event.c.author != user, log_event.c.body != b"")
