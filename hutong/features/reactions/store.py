"""Who reacted with what.

The events in the log say it all, but to find out from them whether a reaction stands, one would have to read
from the message to the end of its conversation. This table answers at once, and changes with the event.
"""

from __future__ import annotations

import sqlalchemy as sa

from hutong.features.chat.api import Change
from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction
from hutong.schema import reactions_pb2 as pb

reaction = sa.Table(
    "reaction",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("emoji", sa.String(32), primary_key=True),
)


def of_user(tx: Transaction, log: str, seq: int, user: str) -> set[str]:
    """Return the emoji a user put on a message."""
    query = sa.select(reaction.c.emoji).where(
        reaction.c.log == log, reaction.c.seq == seq, reaction.c.user == user
    )
    return {row.emoji for row in tx.execute(query)}


def put(tx: Transaction, log: str, seq: int, user: str, emoji: str) -> None:
    """Add a reaction that is not there."""
    tx.execute(sa.insert(reaction), {"log": log, "seq": seq, "user": user, "emoji": emoji})


def remove(tx: Transaction, log: str, seq: int, user: str, emoji: str) -> None:
    """Remove a reaction."""
    tx.execute(
        sa.delete(reaction).where(
            reaction.c.log == log,
            reaction.c.seq == seq,
            reaction.c.user == user,
            reaction.c.emoji == emoji,
        )
    )


def standing(executor: Executor, log: str, first: int, last: int) -> list[Change]:
    """Return the reactions to messages from seq `first` to `last`."""
    query = sa.select(reaction).where(reaction.c.log == log, reaction.c.seq.between(first, last))
    return [
        Change(row.seq, row.user, pb.Reacted(seq=row.seq, emoji=row.emoji, on=True))
        for row in executor.execute(query)
    ]


def forget(tx: Transaction, log: str, seq: int) -> None:
    """Forget who reacted to a message that was erased."""
    tx.execute(sa.delete(reaction).where(reaction.c.log == log, reaction.c.seq == seq))
