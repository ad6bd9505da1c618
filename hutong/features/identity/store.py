"""Tables and statements of identity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from hutong.platform.database import Executor, in_parts, metadata
from hutong.platform.errors import AlreadyExists
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

account = sa.Table(
    "account",
    metadata,
    sa.Column("user", sa.String(16), primary_key=True),
    sa.Column("handle", sa.String(32), nullable=False, unique=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("about", sa.String(280), nullable=False),
    sa.Column("picture", sa.String(64), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("admin", sa.Boolean, nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("bot_of", sa.String(16), nullable=False, server_default=sa.text("''"), index=True),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
)

# Handles of accounts that ended: nobody else may take them and be mistaken for somebody. Only digests, as
# the handle is a person's name.
retired_handle = sa.Table(
    "retired_handle",
    metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
)

device = sa.Table(
    "device",
    metadata,
    sa.Column("device", sa.String(16), primary_key=True),
    sa.Column("user", sa.String(16), sa.ForeignKey("account.user"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("public_key", sa.LargeBinary(32), nullable=False),
    sa.Column("created_at_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
)

device_link = sa.Table(
    "device_link",
    metadata,
    sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("public_key", sa.LargeBinary(32), nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("user", sa.String(16)),
    sa.Column("approver", sa.String(16)),  # the device that let the new one in
)

_PROFILE = (
    account.c.user,
    account.c.handle,
    account.c.name,
    account.c.picture,
    account.c.about,
    account.c.bot_of,
    account.c.deleted,
)


def inbox(user: str) -> str:
    """Return the name of a user's inbox log."""
    return f"inbox:{user}"


def profile(row: Any) -> identity_pb2.Profile:
    """Return the profile in a row of `account`."""
    return identity_pb2.Profile(
        user=row.user,
        handle=row.handle,
        name=row.name,
        picture=row.picture,
        about=row.about,
        bot=bool(row.bot_of),
        deleted=row.deleted,
    )


def profiles(executor: Executor, users: Iterable[str]) -> dict[str, identity_pb2.Profile]:
    """Return the profiles of those that exist."""
    found: dict[str, identity_pb2.Profile] = {}
    for some in in_parts(users):
        query = sa.select(*_PROFILE).where(account.c.user.in_(some))
        found |= {row.user: profile(row) for row in executor.execute(query)}
    return found


def by_handle(executor: Executor, handle: str) -> identity_pb2.Profile | None:
    """Return the profile with this handle."""
    row = executor.execute(sa.select(*_PROFILE).where(account.c.handle == handle)).first()
    return profile(row) if row else None


def account_where(executor: Executor, condition: sa.ColumnElement[bool]) -> Any | None:
    """Return the whole row of one account."""
    return executor.execute(sa.select(account).where(condition)).first()


def taken(executor: Executor, handle: str) -> bool:
    """Tell whether an account has this handle, or had it."""
    retired = sa.select(retired_handle).where(retired_handle.c.digest == _digest(handle))
    return by_handle(executor, handle) is not None or executor.execute(retired).first() is not None


def create(
    tx: Transaction,
    user: str,
    handle: str,
    name: str,
    password_hash: str,
    *,
    admin: bool = False,
    language: str = "",
    bot_of: str = "",
) -> identity_pb2.Profile:
    """Make an account; `bot_of` is whose program it is for. Raises `AlreadyExists`."""
    if taken(tx, handle):
        raise AlreadyExists("This handle is taken.", reason="handle_taken")
    row = {
        "user": user,
        "handle": handle,
        "name": name,
        "about": "",
        "picture": "",
        "password_hash": password_hash,
        "admin": admin,
        "language": language,
        "created_at_ms": tx.now_ms,
        "bot_of": bot_of,
    }
    tx.execute(sa.insert(account), row)
    return profiles(tx, [user])[user]


def retire(executor: Executor, handle: str) -> None:
    """Keep a handle from being taken ever again."""
    executor.execute(sa.insert(retired_handle), {"digest": _digest(handle)})


def _digest(handle: str) -> bytes:
    return hashlib.sha256(b"hutong handle\x00" + handle.encode()).digest()


def bots_of(executor: Executor, user: str) -> list[Any]:
    """Return the accounts of a user's bots, the oldest first."""
    query = sa.select(account).where(account.c.bot_of == user, ~account.c.deleted)
    return list(executor.execute(query.order_by(account.c.created_at_ms, account.c.user)))


def has_admin(executor: Executor) -> bool:
    """Tell whether an administrator exists."""
    query = sa.select(account.c.user).where(account.c.admin).limit(1)
    return executor.execute(query).first() is not None


def devices_of(executor: Executor, user: str) -> list[Any]:
    """Return the rows of a user's devices that are not revoked, newest first."""
    query = sa.select(device).where(device.c.user == user, ~device.c.revoked)
    return list(executor.execute(query.order_by(device.c.created_at_ms.desc())))


def is_signed_in(executor: Executor, name: str) -> bool:
    """Tell whether a device exists and is not revoked."""
    query = sa.select(device.c.device).where(device.c.device == name, ~device.c.revoked)
    return executor.execute(query).first() is not None


# Made once: every connection begins with it.
_SEEN = (
    sa.update(device)
    .where(device.c.device == sa.bindparam("which"), ~device.c.revoked)
    .values(seen_at_ms=sa.bindparam("now_ms"))
)


def note_seen(executor: Executor, name: str, now_ms: int) -> bool:
    """Note when a device was seen; tell whether it is still signed in."""
    return executor.execute(_SEEN, {"which": name, "now_ms": now_ms}).rowcount == 1


def device_with_account(executor: Executor, name: str) -> Any | None:
    """Return a device that may sign in, with its account's profile and rights."""
    query = (
        sa.select(device.c.device, device.c.public_key, account.c.admin, *_PROFILE)
        .join(account, account.c.user == device.c.user)
        .where(device.c.device == name, ~device.c.revoked)
    )
    return executor.execute(query).first()
