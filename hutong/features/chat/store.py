"""Tables and statements of chat. The messages themselves are in the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hutong.features.chat.api import Settings
from hutong.platform.database import Executor, metadata
from hutong.platform.log import log_event
from hutong.schema import chat_pb2

conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("is_group", sa.Boolean, nullable=False),
    sa.Column("title", sa.String(64), nullable=False),
    sa.Column("picture", sa.String(64), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("inviting", sa.Integer, nullable=False, server_default="0"),
    sa.Column("approval", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("history", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("admins_write", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("announcement", sa.String(2000), nullable=False, server_default=sa.text("''")),
    sa.Column("disappear_s", sa.Integer, nullable=False, server_default="0"),
)

member = sa.Table(
    "member",
    metadata,
    sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True, index=True),
    sa.Column("joined", sa.Integer, nullable=False),  # the first event they may read
    sa.Column("delivered", sa.Integer, nullable=False),
    sa.Column("read", sa.Integer, nullable=False),
    sa.Column("role", sa.Integer, nullable=False, server_default="0"),
    sa.Column("nickname", sa.String(32), nullable=False, server_default=sa.text("''")),
    sa.Column("muted_until_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("since", sa.Integer, nullable=False, server_default="0"),  # the event that made them a member
)

# Whom an admin removed; only an admin lets them in again.
removed = sa.Table(
    "removed",
    metadata,
    sa.Column("log", sa.String(80), sa.ForeignKey("conversation.log"), primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
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


def put_members(
    executor: Executor, log: str, users: Iterable[str], *, joined: int, since: int = 0, owner: str = ""
) -> None:
    """Insert members who see events from `joined` on; they came with event `since`, or else with `joined`."""
    came = since or joined
    rows = [
        {
            "log": log,
            "user": user,
            "joined": joined,
            "delivered": came - 1,
            "read": came - 1,
            "role": chat_pb2.ROLE_OWNER if user == owner else chat_pb2.ROLE_MEMBER,
            "since": came,
        }
        for user in users
    ]
    executor.execute(sa.insert(member), rows)


def delete_members(executor: Executor, log: str, users: Iterable[str]) -> None:
    """Delete memberships."""
    executor.execute(sa.delete(member).where(member.c.log == log, member.c.user.in_(list(users))))


# Made once, like all that a list of conversations asks for each of them: to make a statement takes several
# times as long as to run it.
_MEMBERS = (
    sa.select(member).where(member.c.log == sa.bindparam("log")).order_by(member.c.since, member.c.user)
)


def members(executor: Executor, log: str) -> list[Any]:
    """Return the rows of a conversation's members, oldest first."""
    return list(executor.execute(_MEMBERS, {"log": log}))


def leading_members(executor: Executor, log: str, user: str = "") -> list[Any]:
    """Return the rows of a group's owner, its admins, and one other member, oldest first."""
    some = (member.c.role != chat_pb2.ROLE_MEMBER) | (member.c.user == user)
    query = sa.select(member).where(member.c.log == log, some)
    return list(executor.execute(query.order_by(member.c.since, member.c.user)))


def members_page(executor: Executor, log: str, after: str, limit: int) -> list[Any]:
    """Return the rows of the next `limit` members in the order of their ids."""
    query = sa.select(member).where(member.c.log == log, member.c.user > after)
    return list(executor.execute(query.order_by(member.c.user).limit(limit)))


def member_count(executor: Executor, log: str) -> int:
    """Return how many people are in a conversation."""
    query = sa.select(sa.func.count()).select_from(member).where(member.c.log == log)
    return int(executor.execute(query).scalar_one())


def member_counts(executor: Executor, user: str) -> dict[str, int]:
    """Return how many people are in each of a user's conversations, by log."""
    own = sa.select(member.c.log).where(member.c.user == user).scalar_subquery()
    query = sa.select(member.c.log, sa.func.count().label("people")).where(member.c.log.in_(own))
    return {row.log: row.people for row in executor.execute(query.group_by(member.c.log))}


_own = member.alias()
_COMPANIONS = (
    sa.select(member.c.user, member.c.nickname)
    .join(_own, _own.c.log == member.c.log)
    .join(conversation, conversation.c.log == member.c.log)
    .where(
        _own.c.user == sa.bindparam("own"),
        member.c.user != sa.bindparam("own"),
        conversation.c.is_group,
    )
    .distinct()
    .limit(sa.bindparam("limit"))
)


def companions(executor: Executor, user: str, limit: int) -> list[tuple[str, str]]:
    """Return who else is in a user's groups, once for each nickname."""
    rows = executor.execute(_COMPANIONS, {"own": user, "limit": limit})
    return [(row.user, row.nickname) for row in rows]


def change_member(executor: Executor, log: str, user: str, **values: Any) -> None:
    """Set columns of one membership."""
    same = (member.c.log == log) & (member.c.user == user)
    executor.execute(sa.update(member).where(same).values(**values))


def get_member(executor: Executor, log: str, user: str) -> Any:
    """Return the row of one membership."""
    return executor.execute(sa.select(member).where(member.c.log == log, member.c.user == user)).one()


def is_member(executor: Executor, log: str, user: str) -> bool:
    """Tell whether a user is in a conversation."""
    query = sa.select(member.c.user).where(member.c.log == log, member.c.user == user)
    return executor.execute(query).first() is not None


def readers(executor: Executor, log: str, seq: int, but: str, limit: int) -> tuple[list[str], int]:
    """Return some of those who were there for event `seq` and have read it, without one, and their number."""
    seen = (member.c.log == log) & (member.c.since <= seq) & (member.c.read >= seq) & (member.c.user != but)
    total = executor.execute(sa.select(sa.func.count()).select_from(member).where(seen)).scalar_one()
    query = sa.select(member.c.user).where(seen).order_by(member.c.user).limit(limit)
    return [row.user for row in executor.execute(query)], int(total)


_JOINED = sa.select(member.c.joined).where(
    member.c.log == sa.bindparam("log"), member.c.user == sa.bindparam("user")
)


def joined(executor: Executor, log: str, user: str) -> int:
    """Return the first seq a member may read, 0 for somebody else."""
    return executor.execute(_JOINED, {"log": log, "user": user}).scalar() or 0


def get_conversation(executor: Executor, log: str) -> Any | None:
    """Return the row of a conversation, or None."""
    return executor.execute(sa.select(conversation).where(conversation.c.log == log)).first()


def settings_of(row: Any) -> Settings:
    """Return the settings in a row of `conversation`."""
    return Settings(*(getattr(row, name) for name in Settings._fields))


def change_conversation(executor: Executor, log: str, **values: Any) -> None:
    """Set columns of a conversation."""
    executor.execute(sa.update(conversation).where(conversation.c.log == log).values(**values))


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


_older = log_event.alias()
_HEADS = (
    sa.select(log_event.c.log, log_event.c.seq, log_event.c.at_ms)
    .join(member, member.c.log == log_event.c.log)
    .where(
        member.c.user == sa.bindparam("user"),
        log_event.c.seq
        == sa.select(sa.func.max(_older.c.seq)).where(_older.c.log == member.c.log).scalar_subquery(),
    )
)


def heads(executor: Executor, user: str) -> dict[str, Any]:
    """Return seq and at_ms of the newest event of each of a user's conversations, by log."""
    return {row.log: row for row in executor.execute(_HEADS, {"user": user})}


def head(executor: Executor, log: str) -> Any:
    """Return seq and at_ms of a conversation's newest event."""
    query = sa.select(log_event.c.seq, log_event.c.at_ms).where(log_event.c.log == log)
    return executor.execute(query.order_by(log_event.c.seq.desc()).limit(1)).one()


def fullest(executor: Executor, users: Iterable[str]) -> int:
    """Return in how many conversations the one of the users is who is in most; at most 500 users."""
    count = sa.func.count()
    query = sa.select(count).where(member.c.user.in_(list(users))).group_by(member.c.user)
    return executor.execute(query.order_by(count.desc()).limit(1)).scalar() or 0


_UNREAD = sa.select(sa.func.count()).select_from(
    sa.select(sa.literal(1))
    .where(
        log_event.c.log == sa.bindparam("log"),
        log_event.c.seq > sa.bindparam("read"),
        log_event.c.kind.in_(sa.bindparam("kinds", expanding=True)),
        log_event.c.author != sa.bindparam("user"),
        log_event.c.body != b"",
    )
    .limit(sa.bindparam("maximum"))
    .subquery()
)


def unread(executor: Executor, log: str, user: str, read: int, kinds: Iterable[int], maximum: int) -> int:
    """Return how many events of others with these kinds came after `read`, at most `maximum`."""
    asked = {"log": log, "read": read, "kinds": list(kinds), "user": user, "maximum": maximum}
    return int(executor.execute(_UNREAD, asked).scalar_one())


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


# ---- who was removed ----


def put_removed(executor: Executor, log: str, users: Iterable[str], now_ms: int, maximum: int) -> None:
    """Remember who was removed; beyond `maximum` of a group the oldest are forgotten."""
    forget_removed(executor, log, users)
    executor.execute(sa.insert(removed), [{"log": log, "user": user, "at_ms": now_ms} for user in users])
    in_log = removed.c.log == log
    newest = sa.select(removed.c.user).where(in_log).order_by(removed.c.at_ms.desc(), removed.c.user)
    kept = newest.limit(maximum).scalar_subquery()
    executor.execute(sa.delete(removed).where(in_log, removed.c.user.not_in(kept)))


def forget_removed(executor: Executor, log: str, users: Iterable[str]) -> None:
    """Let these come in again."""
    executor.execute(sa.delete(removed).where(removed.c.log == log, removed.c.user.in_(list(users))))


def were_removed(executor: Executor, log: str, users: Iterable[str]) -> set[str]:
    """Return those of the users who were removed from a group."""
    query = sa.select(removed.c.user).where(removed.c.log == log, removed.c.user.in_(list(users)))
    return {row.user for row in executor.execute(query)}
