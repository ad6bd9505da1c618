"""What other features may ask of identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from hutong.platform.database import Executor
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

ProfileListener = Callable[[Transaction, identity_pb2.Profile], object]


class Identity(Protocol):
    """Who people are."""

    def profiles(self, executor: Executor, users: Iterable[str]) -> dict[str, identity_pb2.Profile]:
        """Return the profiles of the users that exist, by user id."""

    def by_handle(self, executor: Executor, handle: str) -> identity_pb2.Profile | None:
        """Return the profile with this handle, or None."""

    def on_profile_changed(self, listener: ProfileListener) -> None:
        """Call `listener` in the transaction that changes a profile."""

    def on_picture(self, check: Callable[[Transaction, str, str], object]) -> None:
        """Let `check(tx, user, blob)` refuse, or grant everybody, a blob that becomes a profile picture."""

    def first_admin_token(self) -> str:
        """Return the invitation that makes an administrator, or '' once there is one."""
