"""Which events of a log are the later wordings of which message. The words themselves are in the log."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction

wording = sa.Table(
    "wording",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("edit", sa.Integer, primary_key=True),  # seq of the `MessageEdited`
)


def put(tx: Transaction, log: str, seq: int, edit: int) -> None:
    """Remember one more wording."""
    tx.execute(sa.insert(wording), {"log": log, "seq": seq, "edit": edit})


def edits_of(executor: Executor, log: str, seq: int) -> list[int]:
    """Return the events that edited a message, the oldest first."""
    query = sa.select(wording.c.edit).where(wording.c.log == log, wording.c.seq == seq)
    return [row.edit for row in executor.execute(query.order_by(wording.c.edit))]


def remove(tx: Transaction, log: str, seq: int) -> None:
    """Forget the wordings of a message."""
    tx.execute(sa.delete(wording).where(wording.c.log == log, wording.c.seq == seq))
