"""First answers of requests with a key, kept so that a retry gets the same answer (CONN13).

The answer is written in the transaction that has the effect: either both are there or neither is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import metadata, select_in
from hutong.platform.errors import AlreadyExists

# A client that retries later than this may repeat the effect; the outbox of a device gives up before.
KEEP_MS = 14 * 24 * 3600 * 1000

answer = sa.Table(
    "answer",
    metadata,
    sa.Column("key", sa.LargeBinary(16), primary_key=True),
    sa.Column("author", sa.String(16), primary_key=True),
    sa.Column("method", sa.Integer, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("reply", sa.LargeBinary, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)


def key_reused() -> AlreadyExists:
    """Return the error for a key that was used for another request (CONN13)."""
    return AlreadyExists("This request was made before, for something else.", reason="key_reused")


class Question(NamedTuple):
    """What makes two requests the same one."""

    author: str
    key: bytes
    method: int
    digest: bytes


class Answers:
    """The answers one transaction needs to know and adds."""

    def __init__(self, connection: sa.Connection, now_ms: int) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._known: dict[tuple[str, bytes], tuple[int, bytes, bytes]] = {}

    def find(self, keys: Iterable[bytes]) -> None:
        """Read, with one statement for many, which of `keys` were answered before."""
        statement = "SELECT key, author, method, digest, reply FROM answer WHERE key"
        for key, author, method, digest, reply in select_in(self._connection, statement, list(keys)):
            self._known[author, bytes(key)] = (method, digest, reply)

    def get(self, question: Question) -> bytes | None:
        """Return the first reply, or None. Raises `AlreadyExists` when the key was used otherwise."""
        known = self._known.get((question.author, question.key))
        if known is None:
            return None
        method, digest, reply = known
        if (method, digest) != (question.method, question.digest):
            raise key_reused()
        return reply

    def used(self, author: str, key: bytes) -> bool:
        """Tell whether a key that was given to `find` was answered before."""
        return (author, key) in self._known

    def add(self, question: Question, reply: bytes) -> None:
        """Keep the first reply."""
        row = {**question._asdict(), "reply": reply, "at_ms": self._now_ms}
        self._connection.execute(sa.insert(answer), row)
        self._known[question.author, question.key] = (question.method, question.digest, reply)


def purge_statement(now_ms: int) -> sa.Delete:
    """Return the statement that forgets answers older than `KEEP_MS`."""
    return sa.delete(answer).where(answer.c.at_ms < now_ms - KEEP_MS)
