"""What people set. Bodies are the schema's messages: nothing looks into them with a statement."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from hutong.platform.database import Executor, metadata
from hutong.platform.writer import Transaction
from hutong.schema import preferences_pb2 as pb

account_preference = sa.Table(
    "account_preference",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

conversation_preference = sa.Table(
    "conversation_preference",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("log", sa.String(80), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)


def account(executor: Executor, user: str) -> pb.Account:
    """Return what a user set for the account, or the defaults."""
    table = account_preference
    body = executor.execute(sa.select(table.c.body).where(table.c.user == user)).scalar()
    return pb.Account.FromString(body or b"")


def put_account(tx: Transaction, user: str, value: pb.Account) -> None:
    """Replace it."""
    tx.execute(sa.delete(account_preference).where(account_preference.c.user == user))
    tx.execute(sa.insert(account_preference), {"user": user, "body": value.SerializeToString()})


def conversation(executor: Executor, user: str, log: str) -> pb.Conversation:
    """Return what a user set for a conversation, or the defaults."""
    body = _body(executor, conversation_preference, user, log)
    return pb.Conversation.FromString(body) if body else pb.Conversation(log=log)


def conversations(executor: Executor, user: str) -> Iterator[pb.Conversation]:
    """Yield what differs from the defaults."""
    return map(pb.Conversation.FromString, _bodies(executor, conversation_preference, user))


def put_conversation(tx: Transaction, user: str, value: pb.Conversation) -> None:
    """Replace it; the defaults are not kept."""
    default = value == pb.Conversation(log=value.log)
    _put(tx, conversation_preference, user, value.log, b"" if default else value.SerializeToString())


def get_draft(executor: Executor, user: str, log: str) -> pb.Draft:
    """Return a draft, or an empty one."""
    body = _body(executor, draft, user, log)
    return pb.Draft.FromString(body) if body else pb.Draft(log=log)


def drafts(executor: Executor, user: str) -> Iterator[pb.Draft]:
    """Yield a user's drafts, those that were emptied included: they tell a device that was away."""
    return map(pb.Draft.FromString, _bodies(executor, draft, user))


def put_draft(tx: Transaction, user: str, value: pb.Draft) -> None:
    """Replace it."""
    _put(tx, draft, user, value.log, value.SerializeToString())


def remove_user(tx: Transaction, user: str) -> None:
    """Forget everything a user set, and what they began to write."""
    for table in (account_preference, conversation_preference, draft):
        tx.execute(sa.delete(table).where(table.c.user == user))


def _body(executor: Executor, table: sa.Table, user: str, log: str) -> bytes | None:
    return executor.execute(sa.select(table.c.body).where(table.c.user == user, table.c.log == log)).scalar()


def _bodies(executor: Executor, table: sa.Table, user: str) -> list[bytes]:
    return list(executor.execute(sa.select(table.c.body).where(table.c.user == user)).scalars())


def _put(tx: Transaction, table: sa.Table, user: str, log: str, body: bytes) -> None:
    tx.execute(sa.delete(table).where(table.c.user == user, table.c.log == log))
    if body:
        tx.execute(sa.insert(table), {"user": user, "log": log, "body": body})
