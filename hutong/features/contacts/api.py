"""What other features may ask of contacts."""

from __future__ import annotations

from typing import Protocol

from hutong.platform.database import Executor
from hutong.platform.writer import Transaction


class Contacts(Protocol):
    """Who may reach whom."""

    def may_message(self, executor: Executor, sender: str, receiver: str) -> bool:
        """Tell whether the two are contacts and neither blocked the other."""

    def are_contacts(self, executor: Executor, user: str, other: str) -> bool:
        """Tell whether the two are contacts, blocked or not."""

    def of(self, executor: Executor, user: str) -> list[str]:
        """Return a user's contacts, without those the user blocked."""

    def connect(self, tx: Transaction, user: str, other: str) -> None:
        """Make the two contacts at once: for invitations and demonstration data."""
