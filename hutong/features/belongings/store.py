"""Copies that are made or lie ready, and accounts whose messages are being taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.log import log_event
from hutong.platform.writer import Transaction
from hutong.schema import belongings_pb2 as pb

export = sa.Table(
    "export",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("files", sa.Boolean, nullable=False),
    sa.Column("blob", sa.String(64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
)

taking_back = sa.Table("taking_back", metadata, sa.Column("user", sa.String(16), primary_key=True))


class Export(NamedTuple):
    """One copy, in the order of the table's columns."""

    user: str
    state: int
    files: bool
    blob: str
    size_bytes: int
    at_ms: int

    def to_proto(self, percent: int) -> pb.Export:
        """Return what its owner is told."""
        return pb.Export(
            state=pb.Export.State.Name(self.state),
            blob=self.blob,
            size_bytes=self.size_bytes,
            at_ms=self.at_ms,
            percent=percent,
        )


def get(executor: Executor, user: str) -> Export | None:
    """Return a user's copy."""
    row = executor.execute(sa.select(export).where(export.c.user == user)).first()
    return Export._make(row) if row else None


def put(tx: Transaction, row: Export) -> None:
    """Replace a user's copy."""
    remove(tx, row.user)
    tx.execute(sa.insert(export), row._asdict())


def remove(tx: Transaction, user: str) -> None:
    """Forget a user's copy."""
    tx.execute(sa.delete(export).where(export.c.user == user))


def working(executor: Executor) -> list[Export]:
    """Return the copies that are being made, the oldest first."""
    query = sa.select(export).where(export.c.state == pb.Export.STATE_WORKING)
    return [Export._make(row) for row in executor.execute(query.order_by(export.c.at_ms))]


def made_before(executor: Executor, at_ms: int) -> list[Export]:
    """Return the copies that were finished or failed before."""
    old = (export.c.at_ms < at_ms) & (export.c.state != pb.Export.STATE_WORKING)
    return [Export._make(row) for row in executor.execute(sa.select(export).where(old))]


def put_taking_back(tx: Transaction, user: str) -> None:
    """Remember that a user's messages are to be taken back."""
    tx.execute(sa.insert(taking_back), {"user": user})


def remove_taking_back(tx: Transaction, user: str) -> None:
    """It is done."""
    tx.execute(sa.delete(taking_back).where(taking_back.c.user == user))


def all_taking_back(executor: Executor) -> list[str]:
    """Return whose messages are to be taken back."""
    return list(executor.execute(sa.select(taking_back.c.user)).scalars())


class Shown(NamedTuple):
    """The message that shows a blob."""

    seq: int
    at_ms: int
    body: bytes


def shown_in(
    executor: Executor, log: str, user: str, kind: int, blobs: Iterable[str], look_at_max: int
) -> dict[str, Shown]:
    """Return the newest of a user's messages that name these blobs, among the newest `look_at_max`."""
    wanted = {blob.encode(): blob for blob in blobs}
    found: dict[str, Shown] = {}
    query = (
        sa.select(log_event.c.seq, log_event.c.at_ms, log_event.c.body)
        .where(log_event.c.log == log, log_event.c.author == user, log_event.c.kind == kind)
        .order_by(log_event.c.seq.desc())
    )
    for row in executor.execute(query.limit(look_at_max)):
        for name in [each for each in wanted if each in row.body]:
            found[wanted.pop(name)] = Shown._make(row)
        if not wanted:
            break
    return found
