"""Messages that wait for their time."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.schema import scheduled_pb2 as pb

scheduled = sa.Table(
    "scheduled",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("user", sa.String(16), nullable=False, index=True),
    sa.Column("log", sa.String(80), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.String(40), nullable=False),
)
sa.Index("ix_scheduled_due", scheduled.c.problem, scheduled.c.at_ms)


class Row(NamedTuple):
    """One message, in the order of the table's columns."""

    id: str
    user: str
    log: str
    content: bytes
    at_ms: int
    problem: str = ""

    @property
    def message(self) -> chat_pb2.Content:
        """What will be said."""
        return chat_pb2.Content.FromString(self.content)

    def to_proto(self) -> pb.Scheduled:
        """Return the form that travels to its author."""
        return pb.Scheduled(
            id=self.id, log=self.log, content=self.message, at_ms=self.at_ms, problem=self.problem
        )


def get(executor: Executor, name: str) -> Row | None:
    """Return one message, whoever's it is."""
    row = executor.execute(sa.select(scheduled).where(scheduled.c.id == name)).first()
    return Row._make(row) if row else None


def of_user(executor: Executor, user: str) -> list[Row]:
    """Return a user's messages, the next one first."""
    query = sa.select(scheduled).where(scheduled.c.user == user).order_by(scheduled.c.at_ms, scheduled.c.id)
    return [Row._make(row) for row in executor.execute(query)]


def waiting(executor: Executor, user: str) -> tuple[int, int]:
    """Return how many messages of a user wait, and how many bytes they say."""
    size = sa.func.coalesce(sa.func.sum(sa.func.length(scheduled.c.content)), 0)
    query = sa.select(sa.func.count().label("number"), size.label("size_bytes"))
    row = executor.execute(query.where(scheduled.c.user == user)).one()
    return int(row.number), int(row.size_bytes)


def put(tx: Transaction, row: Row) -> None:
    """Store a message, new or changed."""
    remove(tx, row.id)
    tx.execute(sa.insert(scheduled), row._asdict())


def remove(tx: Transaction, name: str) -> None:
    """Forget a message."""
    tx.execute(sa.delete(scheduled).where(scheduled.c.id == name))


def due(executor: Executor, now_ms: int, limit: int) -> list[Row]:
    """Return messages whose time has come, the longest overdue first."""
    query = sa.select(scheduled).where(scheduled.c.problem == "", scheduled.c.at_ms <= now_ms)
    rows = executor.execute(query.order_by(scheduled.c.at_ms, scheduled.c.id).limit(limit))
    return [Row._make(row) for row in rows]


def next_at_ms(executor: Executor, after_ms: int) -> int | None:
    """Return when the next message after some time is due; None when none waits."""
    query = sa.select(sa.func.min(scheduled.c.at_ms))
    return executor.execute(query.where(scheduled.c.problem == "", scheduled.c.at_ms > after_ms)).scalar()
