"""Tables and statements of invitations.

Tokens are kept as they are, because whoever made a link may want to see it again; they are never logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.schema import invites_pb2

invite = sa.Table(
    "invite",
    metadata,
    sa.Column("token", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), nullable=False, index=True),
    sa.Column("by", sa.String(16), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("uses_max", sa.Integer, nullable=False),
    sa.Column("uses", sa.Integer, nullable=False),
)

join_request = sa.Table(
    "join_request",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True, index=True),
    sa.Column("greeting", sa.String(140), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)


class Invite(NamedTuple):
    """One link, in the order of the table's columns. `uses_max` 0 is any number."""

    token: str
    log: str
    by: str
    created_at_ms: int
    expires_at_ms: int
    uses_max: int = 0
    uses: int = 0

    def to_proto(self) -> invites_pb2.Invite:
        """Return the form that travels."""
        return invites_pb2.Invite(**self._asdict())


class Asking(NamedTuple):
    """Somebody at the door, in the order of the table's columns."""

    log: str
    user: str
    greeting: str
    at_ms: int


# ---- links ----


def get(executor: Executor, token: str) -> Invite | None:
    """Return a link, whether it is still good or not."""
    row = executor.execute(sa.select(invite).where(invite.c.token == token)).first()
    return Invite._make(row) if row else None


def put(executor: Executor, row: Invite) -> None:
    """Store a new link."""
    executor.execute(sa.insert(invite), row._asdict())


def of_group(executor: Executor, log: str) -> list[Invite]:
    """Return the links of a group, the newest first."""
    query = sa.select(invite).where(invite.c.log == log)
    rows = executor.execute(query.order_by(invite.c.created_at_ms.desc(), invite.c.token))
    return [Invite._make(row) for row in rows]


def use(executor: Executor, token: str) -> None:
    """Count one use."""
    executor.execute(sa.update(invite).where(invite.c.token == token).values(uses=invite.c.uses + 1))


def delete(executor: Executor, token: str) -> None:
    """Forget a link."""
    executor.execute(sa.delete(invite).where(invite.c.token == token))


def delete_of(executor: Executor, log: str, makers: Iterable[str]) -> None:
    """Forget the links into a group that these people made."""
    executor.execute(sa.delete(invite).where(invite.c.log == log, invite.c.by.in_(list(makers))))


def delete_expired(executor: Executor, now_ms: int) -> None:
    """Forget the links of all groups that are over."""
    executor.execute(sa.delete(invite).where(invite.c.expires_at_ms <= now_ms))


# ---- who waits ----


def put_asking(executor: Executor, row: Asking) -> None:
    """Store a request."""
    executor.execute(sa.insert(join_request), row._asdict())


def asking_in(executor: Executor, log: str) -> list[Asking]:
    """Return who waits at a group, the oldest first."""
    query = sa.select(join_request).where(join_request.c.log == log)
    rows = executor.execute(query.order_by(join_request.c.at_ms, join_request.c.user))
    return [Asking._make(row) for row in rows]


def who_asks(executor: Executor, log: str, users: Iterable[str]) -> list[str]:
    """Return those of the users who wait at a group."""
    some = (join_request.c.log == log) & join_request.c.user.in_(list(users))
    rows = executor.execute(sa.select(join_request.c.user).where(some).order_by(join_request.c.user))
    return [row.user for row in rows]


def asked_by(executor: Executor, user: str) -> list[str]:
    """Return the groups at which a user waits."""
    query = sa.select(join_request.c.log).where(join_request.c.user == user)
    return [row.log for row in executor.execute(query.order_by(join_request.c.log))]


def delete_asking(executor: Executor, log: str, user: str) -> None:
    """Forget a request."""
    same = (join_request.c.log == log) & (join_request.c.user == user)
    executor.execute(sa.delete(join_request).where(same))
