"""Who chose what, and which polls were closed.

The events in the log say it all; these tables answer at once whether something would change.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from hutong.features.chat.api import Change
from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction
from hutong.schema import polls_pb2 as pb

vote = sa.Table(
    "vote",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("option", sa.Integer, primary_key=True),
)

closed_poll = sa.Table(
    "closed_poll",
    metadata,
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
)


def choice_of(tx: Transaction, log: str, seq: int, user: str) -> list[int]:
    """Return what a user chose, in the order of the options."""
    query = sa.select(vote.c.option).where(vote.c.log == log, vote.c.seq == seq, vote.c.user == user)
    return [row.option for row in tx.execute(query.order_by(vote.c.option))]


def choose(tx: Transaction, log: str, seq: int, user: str, options: Iterable[int]) -> None:
    """Replace what a user chose."""
    tx.execute(sa.delete(vote).where(vote.c.log == log, vote.c.seq == seq, vote.c.user == user))
    rows = [{"log": log, "seq": seq, "user": user, "option": option} for option in options]
    if rows:
        tx.execute(sa.insert(vote), rows)


def is_closed(tx: Transaction, log: str, seq: int) -> bool:
    """Tell whether a poll's author closed it."""
    query = sa.select(closed_poll.c.seq).where(closed_poll.c.log == log, closed_poll.c.seq == seq)
    return tx.execute(query).first() is not None


def close(tx: Transaction, log: str, seq: int) -> None:
    """Remember that a poll was closed."""
    tx.execute(sa.insert(closed_poll), {"log": log, "seq": seq})


def standing(executor: Executor, log: str, first: int, last: int) -> list[Change]:
    """Return the votes on polls from seq `first` to `last`, and which of these are closed."""
    voted = sa.select(vote).where(vote.c.log == log, vote.c.seq.between(first, last))
    choices: dict[tuple[int, str], list[int]] = {}
    for row in executor.execute(voted.order_by(vote.c.seq, vote.c.user, vote.c.option)):
        choices.setdefault((row.seq, row.user), []).append(row.option)
    closed = sa.select(closed_poll.c.seq).where(
        closed_poll.c.log == log, closed_poll.c.seq.between(first, last)
    )
    return [
        *(Change(seq, user, pb.Voted(seq=seq, options=chosen)) for (seq, user), chosen in choices.items()),
        *(Change(row.seq, "", pb.PollClosed(seq=row.seq)) for row in executor.execute(closed)),
    ]


def forget(tx: Transaction, log: str, seq: int) -> None:
    """Forget a poll whose message was erased, and who chose what."""
    for table in (vote, closed_poll):
        tx.execute(sa.delete(table).where(table.c.log == log, table.c.seq == seq))
