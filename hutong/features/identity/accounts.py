"""Accounts that are not signed up for: those of programs; and the end of an account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa

from hutong.features.identity import store
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

FAREWELL_S = 0.05
DELETED_NAME = "Deleted account"
NO_PASSWORD = "-"  # noqa: S105  a hash that no password has

Deleted = Callable[[Transaction, str], object]


class Accounts:
    """The statements behind `api.Identity` that make and end accounts."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._listeners: list[Deleted] = []

    def on_deleted(self, listener: Deleted) -> None:
        """Call `listener(tx, user)` in the transaction that ends an account, when its profile is empty."""
        self._listeners.append(listener)

    def create_bot(
        self, tx: Transaction, owner: str, handle: str, name: str, password_hash: str
    ) -> identity_pb2.Profile:
        """Make an account for a program. Raises `AlreadyExists`."""
        user = self._platform.random.new_id()
        return store.create(tx, user, handle, name, password_hash, bot_of=owner)

    def set_password(self, tx: Transaction, user: str, password_hash: str) -> None:
        """Replace the password, and sign all devices out."""
        self._update(tx, user, password_hash=password_hash)
        self._sign_out(tx, user)

    def delete(self, tx: Transaction, user: str, *, asking: str = "") -> None:
        """End an account: its bots first, then its profile, what the features keep of it, its devices.

        The device that is `asking` hears that it worked.
        """
        for bot in store.bots_of(tx, user):
            self.delete(tx, bot.user)
        store.retire(tx, store.profiles(tx, [user])[user].handle)
        # Before the features tell others of the end: they show the profile as it is from now on.
        self._update(
            tx,
            user,
            handle=f"gone-{user}",  # nobody can have taken this one: people's have no hyphen
            name=DELETED_NAME,
            about="",
            picture="",
            password_hash=NO_PASSWORD,
            admin=False,
            deleted=True,
        )
        for listener in self._listeners:
            listener(tx, user)
        self._sign_out(tx, user, asking)

    def _update(self, tx: Transaction, user: str, **values: Any) -> None:
        tx.execute(sa.update(store.account).where(store.account.c.user == user).values(values))

    def _sign_out(self, tx: Transaction, user: str, asking: str = "") -> None:
        for row in store.devices_of(tx, user):
            revoke = partial(self._platform.sessions.revoke, user, row.device)
            later = partial(self._platform.clock.call_later, FAREWELL_S, revoke)
            tx.after_commit(later if row.device == asking else revoke)
        mine = store.device.c.user == user
        tx.execute(sa.update(store.device).where(mine).values(revoked=True))
        # Nor does a device come in that was approved, but has not asked yet.
        tx.execute(sa.delete(store.device_link).where(store.device_link.c.user == user))
