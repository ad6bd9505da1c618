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
