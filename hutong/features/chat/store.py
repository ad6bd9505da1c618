"""Tables and statements of chat. The messages themselves are in the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.log import log_event

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("is_group", sa.Boolean, nullable=False),
    sa.Column("title", sa.String(64), nullable=False),
    sa.Column("picture", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
)

member = sa.Table(
    "member",
    metadata,
    sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True, index=True),
    sa.Column("owner", sa.Boolean, nullable=False),
    sa.Column("joined", sa.Integer, nullable=False),
    sa.Column("delivered", sa.Integer, nullable=False),
    sa.Column("read", sa.Integer, nullable=False),
)

# The pair in alphabetical order, so that both people find the same conversation.
direct = sa.Table(
    "direct",
    metadata,
    sa.Column("first", sa.String(16), primary_key=True),
    sa.Column("second", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), nullable=False),
)


def direct_log(executor: Executor, user: str, other: str) -> str | None:
    """Return the log of two people's conversation, or None."""
    first, second = sorted((user, other))
    query = sa.select(direct.c.log).where(direct.c.first == first, direct.c.second == second)
    return executor.execute(query).scalar()


def put_direct(executor: Executor, user: str, other: str, log: str) -> None:
    """Remember the conversation of two people."""
    first, second = sorted((user, other))
    executor.execute(sa.insert(direct), {"first": first, "second": second, "log": log})


def put_conversation(executor: Executor, log: str, *, is_group: bool, title: str, now_ms: int) -> None:
    """Insert a conversation without members."""
    row = {"log": log, "is_group": is_group, "title": title, "picture": "", "created_at_ms": now_ms}
    executor.execute(sa.insert(conversation), row)


def put_members(executor: Executor, log: str, users: Iterable[str], *, joined: int, owner: str = "") -> None:
    """Insert members who see events from `joined` on."""
    rows = [
        {
            "log": log,
            "user": user,
            "owner": user == owner,
            "joined": joined,
            "delivered": joined - 1,
            "read": joined - 1,
        }
        for user in users
    ]
    executor.execute(sa.insert(member), rows)


def members(executor: Executor, log: str) -> list[Any]:
    """Return the rows of a conversation's members, oldest first."""
    return list(
        executor.execute(
            sa.select(member).where(member.c.log == log).order_by(member.c.joined, member.c.user)
        )
    )


def joined(executor: Executor, log: str, user: str) -> int:
    """Return the first seq a member may read, 0 for somebody else."""
    query = sa.select(member.c.joined).where(member.c.log == log, member.c.user == user)
    return executor.execute(query).scalar() or 0


def is_group(executor: Executor, log: str) -> bool | None:
    """Tell whether a conversation is a group; None when there is no such conversation."""
    return executor.execute(sa.select(conversation.c.is_group).where(conversation.c.log == log)).scalar()


def conversations_of(executor: Executor, user: str, log: str = "") -> Sequence[Any]:
    """Return a user's conversations, or only one, each with the user's own membership."""
    query = (
        sa.select(conversation, member.c.joined, member.c.read)
        .join(member, member.c.log == conversation.c.log)
        .where(member.c.user == user)
    )
    if log:
        query = query.where(conversation.c.log == log)
    return executor.execute(query).fetchall()


def head(executor: Executor, log: str) -> Any:
    """Return seq and at_ms of a conversation's newest event."""
    query = sa.select(log_event.c.seq, log_event.c.at_ms).where(log_event.c.log == log)
    return executor.execute(query.order_by(log_event.c.seq.desc()).limit(1)).one()


def count_of(executor: Executor, user: str) -> int:
    """Return in how many conversations a user is."""
    query = sa.select(sa.func.count()).select_from(member).where(member.c.user == user)
    return int(executor.execute(query).scalar_one())


def unread(executor: Executor, log: str, user: str, read: int, kinds: Iterable[int], maximum: int) -> int:
    """Return how many events of others with these kinds came after `read`, at most `maximum`."""
    events = (
        sa.select(sa.literal(1))
        .where(
            log_event.c.log == log,
            log_event.c.seq > read,
            log_event.c.kind.in_(list(kinds)),
            log_event.c.author != user,
            log_event.c.body != b"",
        )
        .limit(maximum)
        .subquery()
    )
    return int(executor.execute(sa.select(sa.func.count()).select_from(events)).scalar_one())


def move_marks(executor: Executor, log: str, user: str, delivered: int, read: int) -> tuple[int, int] | None:
    """Raise a member's marks, never lower them; return them when they moved."""
    same = (member.c.log == log) & (member.c.user == user)
    row = executor.execute(sa.select(member.c.delivered, member.c.read).where(same)).first()
    if row is None:
        return None
    after = (max(row.delivered, delivered, read), max(row.read, read))
    if after == (row.delivered, row.read):
        return None
    executor.execute(sa.update(member).where(same).values(delivered=after[0], read=after[1]))
    return after
