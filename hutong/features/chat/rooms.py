"""Who is in which conversation, kept in memory: it is asked for with every message.

Owned by the writer's thread: loaded in a transaction, dropped when a membership changes.
"""

from __future__ import annotations

from hutong.features.chat import store
from hutong.features.chat.api import Room
from hutong.platform.database import Executor
from hutong.platform.errors import NotFound

ROOMS_MAX = 50_000


class Rooms(dict[str, Room]):
    """A bounded cache of rooms by log."""

    def load(self, executor: Executor, log: str) -> Room:
        """Return a room for the writer, remembered. Raises `NotFound`."""
        room = self.get(log)
        if room is None:
            room = read_room(executor, log)
            if len(self) >= ROOMS_MAX:
                self.clear()
            self[log] = room
        return room


def read_room(executor: Executor, log: str) -> Room:
    """Return a room from the database. Raises `NotFound`."""
    group = store.is_group(executor, log)
    if group is None:
        raise NotFound("There is no such conversation.", reason="no_such_log")
    return Room(log, group, frozenset(row.user for row in store.members(executor, log)))


def member_of(room: Room, user: str) -> Room:
    """Return the room to a member. To others it does not exist: raises `NotFound`."""
    if user not in room.members:
        raise NotFound("There is no such conversation.", reason="no_such_log")
    return room
