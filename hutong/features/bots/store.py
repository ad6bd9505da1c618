"""Addresses that programs post to. Bots are accounts; identity keeps them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
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
)


def get(executor: Executor, name: str) -> Any | None:
    """Return a hook's row."""
    return executor.execute(sa.select(hook).where(hook.c.id == name)).first()


def of_log(executor: Executor, log: str) -> list[Any]:
    """Return a group's hooks, the oldest first."""
    query = sa.select(hook).where(hook.c.log == log).order_by(hook.c.created_at_ms, hook.c.id)
    return list(executor.execute(query))


def speaks_for_hook(executor: Executor, user: str) -> bool:
    """Tell whether an account is a hook's."""
    return executor.execute(sa.select(hook.c.id).where(hook.c.user == user)).first() is not None


def put(tx: Transaction, row: dict[str, Any]) -> None:
    """Insert a hook."""
    tx.execute(sa.insert(hook), row)


def remove_of(tx: Transaction, user: str) -> None:
    """Remove the hook an account speaks for."""
    tx.execute(sa.delete(hook).where(hook.c.user == user))
