"""Who is mentioned where: what `Conversation.mentioned` is counted from.

The texts in the log say it all, but a list of conversations cannot read every unread text. Rows change in the
transaction of the message, its edits, and its end; what was read is told from the reader's mark.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.features.chat.api import Room
from hutong.platform.database import Executor, metadata
from hutong.platform.errors import InvalidArgument
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

EVERYONE = ""

mention = sa.Table(
    "mention",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True),  # '' is everyone
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("author", sa.String(16), nullable=False),
)
sa.Index("ix_mention_log_seq", mention.c.log, mention.c.seq)


class Mentioned(NamedTuple):
    """How many unread messages mention a user, and the oldest of them (0 for none)."""

    number: int
    first: int


def check(room: Room, content: pb.Content) -> None:
    """Refuse to mention who is not there. Raises `InvalidArgument`."""
    for each in content.mentions:
        if each.user not in room.members and not (each.user == EVERYONE and room.group):
            raise InvalidArgument("Somebody who is mentioned is not here.", reason="bad_mention")


def put(tx: Transaction, log: str, seq: int, author: str, content: pb.Content) -> None:
    """Remember whom a message mentions."""
    users = {each.user for each in content.mentions}
    rows = [{"log": log, "user": user, "seq": seq, "author": author} for user in users]
    if rows:
        tx.execute(sa.insert(mention), rows)


def remove(tx: Transaction, log: str, seq: int) -> None:
    """Forget whom a message mentioned."""
    tx.execute(sa.delete(mention).where(mention.c.log == log, mention.c.seq == seq))


_seqs = (
    sa.select(mention.c.seq)
    .where(
        mention.c.log == sa.bindparam("log"),
        mention.c.user.in_([sa.bindparam("user"), EVERYONE]),
        mention.c.seq > sa.bindparam("read"),
        mention.c.author != sa.bindparam("user"),
    )
    .distinct()
    .subquery()
)
# Made once: a list of conversations asks for each of them.
_UNREAD = sa.select(sa.func.count().label("number"), sa.func.min(_seqs.c.seq).label("first")).select_from(
    _seqs
)


def unread(executor: Executor, log: str, user: str, read: int) -> Mentioned:
    """Count the messages of others after `read` that mention the user, or everyone."""
    row = executor.execute(_UNREAD, {"log": log, "user": user, "read": read}).one()
    return Mentioned(int(row.number), int(row.first or 0))
