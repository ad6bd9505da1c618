"""When people were here last."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction

last_seen = sa.Table(
    "last_seen",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)


def seen_at_ms(executor: Executor, users: Iterable[str]) -> dict[str, int]:
    """Return the times of those who were here."""
    query = sa.select(last_seen).where(last_seen.c.user.in_(list(users)))
    return {row.user: row.at_ms for row in executor.execute(query)}


def put(tx: Transaction, users: Iterable[str], at_ms: int) -> None:
    """Remember that they were here."""
    rows = [{"user": user, "at_ms": at_ms} for user in users]
    tx.execute(sa.delete(last_seen).where(last_seen.c.user.in_([row["user"] for row in rows])))
    if rows:
        tx.execute(sa.insert(last_seen), rows)


def forget(tx: Transaction, user: str) -> None:
    """Remember no longer when somebody was here."""
    tx.execute(sa.delete(last_seen).where(last_seen.c.user == user))
