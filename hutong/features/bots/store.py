"""Addresses that programs post to. Bots are accounts; identity keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from hutong.platform.database import Executor, in_parts, metadata
from hutong.platform.writer import Transaction

hook = sa.Table(
    "hook",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), nullable=False, index=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("by", sa.String(16), nullable=False),
    sa.Column("user", sa.String(16), nullable=False, index=True),  # who says what is posted
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_at_ms", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)


def get(executor: Executor, name: str) -> Any | None:
    """Return a hook's row."""
    return executor.execute(sa.select(hook).where(hook.c.id == name)).first()


def of_log(executor: Executor, log: str) -> list[Any]:
    """Return a group's hooks, the oldest first."""
    query = sa.select(hook).where(hook.c.log == log).order_by(hook.c.created_at_ms, hook.c.id)
    return list(executor.execute(query))


def speaking(executor: Executor, users: Iterable[str]) -> set[str]:
    """Return those of the accounts that are a hook's."""
    found: set[str] = set()
    for some in in_parts(users):
        found.update(executor.execute(sa.select(hook.c.user).where(hook.c.user.in_(some))).scalars())
    return found


def voices(executor: Executor, log: str, makers: Iterable[str]) -> list[str]:
    """Return the accounts that speak for the hooks which some people made for a group, and that work."""
    query = sa.select(hook.c.user).where(
        hook.c.log == log, hook.c.by.in_(list(makers)), hook.c.ended_at_ms == 0
    )
    return list(executor.execute(query.order_by(hook.c.user)).scalars())


def put(tx: Transaction, row: dict[str, Any]) -> None:
    """Insert a hook."""
    tx.execute(sa.insert(hook), row)


def end(tx: Transaction, log: str, users: Sequence[str]) -> None:
    """Remember that the hooks which some accounts speak for work no longer."""
    mine = sa.and_(hook.c.log == log, hook.c.user.in_(users), hook.c.ended_at_ms == 0)
    tx.execute(sa.update(hook).where(mine).values(ended_at_ms=tx.now_ms))


def remove(tx: Transaction, name: str) -> None:
    """Remove a hook."""
    tx.execute(sa.delete(hook).where(hook.c.id == name))
