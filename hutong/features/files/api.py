"""What other features may ask of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hutong.platform.database import Executor
from hutong.platform.writer import Transaction


@dataclass(frozen=True, slots=True)
class Shown:
    """What the server found a stored file to be. Sides in pixels, as seen; 0 for what is no picture."""

    size_bytes: int
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Share:
    """A blob of a user's that a conversation shows."""

    log: str
    blob: str
    size_bytes: int


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

    def keep(self, tx: Transaction, user: str, blob: str, size_bytes: int) -> None:
        """Give a user something the server made and put into the blob store, named by its SHA-256."""

    def drop(self, tx: Transaction, blob: str) -> None:
        """Forget something the server made, whoever it was given to. The bytes are the caller's to delete."""

    def space(self, executor: Executor, user: str) -> list[Share]:
        """Return what a user has uploaded and conversations show: the blobs of each, the largest first."""


class Thumbnail(NamedTuple):
    """A small copy of a picture in the blob store, WebP."""

    blob: str
    size_bytes: int
    width: int
    height: int


class Thumbnails(Protocol):
    """Small copies of pictures that nobody uploaded."""

    async def make(self, data: bytes) -> Thumbnail | None:
        """Return a small copy of a picture, stored; None when it is none. Raises `Unavailable`."""

    def give(self, tx: Transaction, user: str, thumbnail: Thumbnail) -> None:
        """Let a user read it, as if they had uploaded it."""
