"""When messages disappear: a row for each that has a time."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction

expiry = sa.Table(
    "expiry",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("due_ms", sa.BigInteger, nullable=False, index=True),
)


class Due(NamedTuple):
    """A message whose time has come."""

    log: str
    seq: int


def put(tx: Transaction, log: str, seq: int, due_ms: int) -> None:
    """Remember when a message disappears."""
    tx.execute(sa.insert(expiry), {"log": log, "seq": seq, "due_ms": due_ms})


def due(executor: Executor, now_ms: int, limit: int) -> list[Due]:
    """Return the messages whose time has come, the longest overdue first."""
    query = sa.select(expiry.c.log, expiry.c.seq).where(expiry.c.due_ms <= now_ms)
    rows = executor.execute(query.order_by(expiry.c.due_ms, expiry.c.log, expiry.c.seq).limit(limit))
    return [Due(row.log, row.seq) for row in rows]


def next_due_ms(executor: Executor) -> int | None:
    """Return when the next one is due; None when nothing waits."""
    return executor.execute(sa.select(sa.func.min(expiry.c.due_ms))).scalar()


def remove(tx: Transaction, log: str, seq: int) -> None:
    """Forget one."""
    tx.execute(sa.delete(expiry).where(expiry.c.log == log, expiry.c.seq == seq))
