"""What other features may ask of preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hutong.platform.database import Executor
from hutong.schema import preferences_pb2


class Preferences(Protocol):
    """What people set. The defaults where they set nothing."""

    def account(self, executor: Executor, user: str) -> preferences_pb2.Account:
        """Return what a user set for the whole account."""

    def conversation(self, executor: Executor, user: str, log: str) -> preferences_pb2.Conversation:
        """Return what a user set for one conversation."""

    def muted(self, executor: Executor, user: str, now_ms: int) -> frozenset[str]:
        """Return the logs a user does not want to hear of now."""

    def on_account(self, listener: Callable[[str], object]) -> None:
        """Call `listener` with a user who changed what they set for the account, after the commit."""
