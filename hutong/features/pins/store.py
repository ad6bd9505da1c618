"""What is pinned where."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction

pin = sa.Table(
    "pin",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("pinned", sa.Integer, nullable=False),  # seq of the event that did it
)


def pins_of(executor: Executor, log: str) -> list[int]:
    """Return the pinned messages of a conversation, the newest pin first."""
    query = sa.select(pin.c.seq).where(pin.c.log == log).order_by(pin.c.pinned.desc())
    return [row.seq for row in executor.execute(query)]


def put(tx: Transaction, log: str, seq: int, pinned: int) -> None:
    """Pin a message that is not pinned."""
    tx.execute(sa.insert(pin), {"log": log, "seq": seq, "pinned": pinned})


def remove(tx: Transaction, log: str, seq: int) -> None:
    """Unpin a message; one that is not pinned is fine."""
    tx.execute(sa.delete(pin).where(pin.c.log == log, pin.c.seq == seq))
