"""Which events of a log are the later wordings of which message. The words themselves are in the log."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.features.chat.api import Change
from hutong.platform.database import Executor, metadata
from hutong.platform.log import log_event
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

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


def standing(executor: Executor, log: str, first: int, last: int) -> list[Change]:
    """Return the newest wordings of messages from seq `first` to `last`."""
    newest = (
        sa.select(wording.c.seq, sa.func.max(wording.c.edit).label("edit"))
        .where(wording.c.log == log, wording.c.seq.between(first, last))
        .group_by(wording.c.seq)
        .subquery()
    )
    query = sa.select(newest.c.seq, log_event.c.author, log_event.c.at_ms, log_event.c.body).join(
        log_event, (log_event.c.log == log) & (log_event.c.seq == newest.c.edit)
    )
    return [
        Change(row.seq, row.author, pb.MessageEdited.FromString(row.body), row.at_ms)
        for row in executor.execute(query)
    ]


def remove(tx: Transaction, log: str, seq: int) -> None:
    """Forget the wordings of a message."""
    tx.execute(sa.delete(wording).where(wording.c.log == log, wording.c.seq == seq))
