"""The one table of contacts: a row for each direction."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.schema import contacts_pb2

relation = sa.Table(
    "contact",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("other", sa.String(16), primary_key=True, index=True),
    sa.Column("relation", sa.Integer, nullable=False),
    sa.Column("blocked", sa.Boolean, nullable=False),
    sa.Column("greeting", sa.String(140), nullable=False),
    sa.Column("since_ms", sa.BigInteger, nullable=False),
)


class Row(NamedTuple):
    """How `user` stands to `other`."""

    user: str
    other: str
    relation: contacts_pb2.Relation = contacts_pb2.RELATION_NONE
    blocked: bool = False
    greeting: str = ""
    since_ms: int = 0

    @property
    def empty(self) -> bool:
        """Nothing worth a row."""
        return self.relation == contacts_pb2.RELATION_NONE and not self.blocked


def get(executor: Executor, user: str, other: str) -> Row:
    """Return a row, an empty one where there is none."""
    query = sa.select(relation).where(relation.c.user == user, relation.c.other == other)
    found = executor.execute(query).first()
    return Row._make(found) if found else Row(user, other)


def put(executor: Executor, row: Row) -> None:
    """Store a row; an empty one is removed."""
    same = (relation.c.user == row.user) & (relation.c.other == row.other)
    executor.execute(sa.delete(relation).where(same))
    if not row.empty:
        executor.execute(sa.insert(relation), row._asdict())


def of_user(executor: Executor, user: str) -> list[Row]:
    """Return a user's rows, contacts, requests and blocked people alike."""
    return [
        Row._make(found) for found in executor.execute(sa.select(relation).where(relation.c.user == user))
    ]


def known_by(executor: Executor, user: str) -> list[str]:
    """Return the ids of those who have the user in their list, in whatever relation."""
    query = sa.select(relation.c.user).where(relation.c.other == user)
    return [found.user for found in executor.execute(query)]


def count(executor: Executor, user: str) -> int:
    """Return how many rows a user has."""
    query = sa.select(sa.func.count()).select_from(relation).where(relation.c.user == user)
    return int(executor.execute(query).scalar_one())
