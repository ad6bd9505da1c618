"""What one person has left in conversations: for a copy of it, and for its end."""

from __future__ import annotations

import sqlalchemy as sa

from hutong.features.chat import api, store
from hutong.features.chat.erasing import Erasing
from hutong.platform.database import Executor
from hutong.platform.events import kind_of
from hutong.platform.feature import Platform
from hutong.platform.log import log_event
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

MESSAGE_SENT = kind_of(pb.MessageSent)
_NAMED_MAX = 5


class Traces:
    """Provides `api.Traces`."""

    def __init__(self, platform: Platform, erasing: Erasing) -> None:
        self._erasing = erasing
        platform.provide(api.Traces, self)

    def logs(self, executor: Executor, user: str) -> list[str]:
        """Return the conversations a user is in."""
        return [row.log for row in store.conversations_of(executor, user)]

    def companions(self, executor: Executor, user: str, limit: int) -> list[tuple[str, str]]:
        """Return who else is in a user's groups, once for each nickname, '' among them."""
        return store.companions(executor, user, limit)

    def title(self, executor: Executor, log: str, user: str) -> tuple[str, list[str]]:
        """Return a conversation's title, or '' and some of the other people in it."""
        row = store.get_conversation(executor, log)
        others = [each.user for each in store.members(executor, log) if each.user != user]
        return (row.title if row else ""), others[:_NAMED_MAX]

    def wrote_in(self, executor: Executor, user: str) -> list[str]:
        """Return the conversations in which a user said something that still stands."""
        query = sa.select(log_event.c.log).where(*_own(user), log_event.c.log.like("chat:%")).distinct()
        return list(executor.execute(query).scalars())

    def recall_own(self, tx: Transaction, log: str, user: str, limit: int) -> bool:
        """Take back some of what a user said in a conversation; return whether more is left.

        For an account that ends: whether the user is still a member, and how long ago it was, does not count.
        """
        tx.write_events()
        query = sa.select(log_event.c.seq).where(log_event.c.log == log, *_own(user))
        seqs = list(tx.execute(query.order_by(log_event.c.seq).limit(limit)).scalars())
        for seq in seqs:
            self._erasing.erase(tx, tx.event(log, seq))
            tx.append(log, pb.MessageRecalled(seq=seq), author=user)
        return len(seqs) == limit


def _own(user: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (log_event.c.author == user, log_event.c.kind == MESSAGE_SENT, log_event.c.body != b"")
