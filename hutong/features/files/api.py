"""What other features may ask of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hutong.platform.database import Executor
from hutong.platform.writer import Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    """What the server found a stored file to be. Sides in pixels, as seen; 0 for what is no picture."""

    size_bytes: int
    media_type: str
    width: int
    height: int


class Files(Protocol):
    """Stored blobs and who may read them."""

    def shown(self, executor: Executor, user: str, blob: str) -> Shown:
        """Return what a blob is. Raises `NotFound` unless `user` may read it."""

    def share(self, tx: Transaction, user: str, blob: str, log: str) -> None:
        """Let everybody who may read `log` read the blob. Raises `NotFound` unless `user` may read it."""

    def withdraw(self, tx: Transaction, blob: str, log: str) -> None:
        """Take one `share` back, because its message was recalled."""

    def publish(self, tx: Transaction, user: str, blob: str) -> None:
        """Let every signed-in user read the blob (profile pictures). Raises `NotFound` likewise."""
