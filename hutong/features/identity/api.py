"""What other features may ask of identity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hutong.platform.database import Executor
from hutong.platform.writer import Transaction
from hutong.schema import identity_pb2

ProfileListener = Callable[[Transaction, identity_pb2.Profile], object]
Deleted = Callable[[Transaction, str], object]


@dataclass(frozen=True, slots=True)
class Bot:
    """The account of a program."""

    profile: identity_pb2.Profile
    created_at_ms: int


class Identity(Protocol):
    """Who people are."""

    def profiles(self, executor: Executor, users: Iterable[str]) -> dict[str, identity_pb2.Profile]:
        """Return the profiles of the users that exist, by user id."""

    def by_handle(self, executor: Executor, handle: str) -> identity_pb2.Profile | None:
        """Return the profile with this handle, or None."""

    def is_signed_in(self, executor: Executor, device: str) -> bool:
        """Tell whether a device may still see what its user sees."""

    def on_profile_changed(self, listener: ProfileListener) -> None:
        """Call `listener` in the transaction that changes a profile."""

    def on_picture(self, check: Callable[[Transaction, str, str], object]) -> None:
        """Let `check(tx, user, blob)` refuse, or grant everybody, a blob that becomes a profile picture."""

    def first_admin_token(self) -> str:
        """Return the invitation that makes an administrator, or '' once there is one."""

    # ---- accounts of programs, and the end of accounts ----

    def handle(self, text: str) -> str:
        """Return a handle as it is kept. Raises `InvalidArgument`."""

    def hash_password(self, password: str) -> Awaitable[str]:
        """Return what is kept of a password; off the event loop. Raises `ResourceExhausted`."""

    def has_password(self, user: str, password: str) -> Awaitable[bool]:
        """Tell whether this is the user's password. Raises `ResourceExhausted` when that is asked often."""

    def create_bot(
        self, tx: Transaction, owner: str, handle: str, name: str, password_hash: str
    ) -> identity_pb2.Profile:
        """Make an account for a program, signed in with a password as others are. Raises `AlreadyExists`."""

    def bots_of(self, executor: Executor, owner: str) -> list[Bot]:
        """Return a user's bots, the oldest first."""

    def set_password(self, tx: Transaction, user: str, password_hash: str) -> None:
        """Replace the password, and sign all devices out."""

    def delete(self, tx: Transaction, user: str, *, asking: str = "") -> None:
        """End an account and those of its bots. What it wrote stays, signed by nobody.

        The device that is `asking` stays connected long enough to hear the answer.
        """

    def on_deleted(self, listener: Deleted) -> None:
        """Call `listener(tx, user)` in the transaction that ends an account, when its profile is empty."""
