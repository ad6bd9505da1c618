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

    def is_quiet(self, account: preferences_pb2.Account, at_ms: int) -> bool:
        """Tell whether a moment is in a user's do-not-disturb time."""

    def is_muted(self, conversation: preferences_pb2.Conversation, at_ms: int) -> bool:
        """Tell whether a conversation was to be silent at a moment."""

    def muted(self, executor: Executor, user: str, now_ms: int) -> frozenset[str]:
        """Return the logs a user does not want to hear of now."""

    def on_account(self, listener: Callable[[str], object]) -> None:
        """Call `listener` with a user who changed what they set for the account, after the commit."""
