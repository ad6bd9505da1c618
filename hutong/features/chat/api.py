"""What other features may ask of chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hutong.platform.database import Executor


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation as permission checks see it."""

    log: str
    group: bool
    members: frozenset[str]

    def other(self, user: str) -> str:
        """Return the other person of a 1:1 conversation."""
        return next(member for member in self.members if member != user)


class Chat(Protocol):
    """Who is in which conversation."""

    def room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation. Raises `NotFound` unless the user is a member."""

    def writable_room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation for writing. Raises `NotFound`, or `PermissionDenied` (blocked)."""
