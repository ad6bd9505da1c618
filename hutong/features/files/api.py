"""What other features may ask of files."""

from __future__ import annotations

from typing import Protocol

from hutong.platform.writer import Transaction


class Files(Protocol):
    """Stored blobs and who may read them."""

    def share(self, tx: Transaction, user: str, blob: str, log: str) -> None:
        """Let everybody who may read `log` read the blob. Raises `NotFound` unless `user` may read it."""

    def withdraw(self, tx: Transaction, blob: str, log: str) -> None:
        """Take one `share` back, because its message was recalled."""

    def publish(self, tx: Transaction, user: str, blob: str) -> None:
        """Let every signed-in user read the blob (profile pictures). Raises `NotFound` likewise."""
