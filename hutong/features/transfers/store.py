"""One row a transfer, kept after its end so that a late word finds out."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata

transfer = sa.Table(
    "transfer",
    metadata,
    sa.Column("transfer", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), nullable=False),
    sa.Column("sender", sa.String(16), nullable=False, index=True),
    sa.Column("sender_device", sa.String(16), nullable=False),
    sa.Column("receiver", sa.String(16), nullable=False),
    sa.Column("receiver_device", sa.String(16), nullable=False),
    sa.Column("result", sa.Integer, nullable=False),
    sa.Column("offered_at_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("ix_transfer_open", "result", "receiver_device", "offered_at_ms"),
)


class Row(NamedTuple):
    """A transfer; `receiver_device` is empty until it is accepted, `result` is 0 until it has ended."""

    transfer: str
    log: str
    sender: str
    sender_device: str
    receiver: str
    receiver_device: str = ""
    result: int = 0
    offered_at_ms: int = 0


def find(executor: Executor, name: str) -> Row | None:
    """Return a transfer."""
    row = executor.execute(sa.select(transfer).where(transfer.c.transfer == name)).first()
    return Row._make(row) if row else None


def insert(executor: Executor, row: Row) -> None:
    """Keep a new transfer."""
    executor.execute(sa.insert(transfer), row._asdict())


def update(executor: Executor, row: Row) -> None:
    """Store who receives, or how it ended."""
    changes = {"receiver_device": row.receiver_device, "result": row.result}
    executor.execute(sa.update(transfer).where(transfer.c.transfer == row.transfer).values(changes))


def open_of(executor: Executor, sender: str) -> int:
    """Return how many offers of a sender have not ended."""
    mine = (transfer.c.sender == sender) & (transfer.c.result == 0)
    return int(executor.execute(sa.select(sa.func.count()).select_from(transfer).where(mine)).scalar_one())


def unanswered(executor: Executor, until_ms: int, limit: int) -> list[Row]:
    """Return offers of then and before that nobody has accepted and that have not ended, oldest first."""
    old = _OPEN & (transfer.c.offered_at_ms <= until_ms)
    rows = executor.execute(sa.select(transfer).where(old).order_by(transfer.c.offered_at_ms).limit(limit))
    return [Row._make(row) for row in rows]


def oldest_unanswered_ms(executor: Executor) -> int | None:
    """Return when the oldest of them was made."""
    found = executor.execute(sa.select(sa.func.min(transfer.c.offered_at_ms)).where(_OPEN)).scalar_one()
    return None if found is None else int(found)


_OPEN = (transfer.c.result == 0) & (transfer.c.receiver_device == "")
