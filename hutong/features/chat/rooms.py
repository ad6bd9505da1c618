"""Who is in which conversation, kept in memory: it is asked for with every message.

Owned by the writer's thread: loaded in a transaction, dropped when a membership or a setting changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hutong.features.chat import store
from hutong.features.chat.api import Room
from hutong.platform.clock import Clock
from hutong.platform.database import Executor
from hutong.platform.errors import FailedPrecondition, NotFound, ResourceExhausted
from hutong.platform.limits import Limits, Rate
from hutong.schema import chat_pb2

ROOMS_MAX = 50_000
# A group of 500 takes as much memory as a hundred conversations of two.
PEOPLE_MAX = 500_000
# For all members together; what one person sends is limited before.
GROUP_EVENTS = Rate("group_events", burst=2_000, every_s=0.0025)


class Rooms(dict[str, Room]):
    """A bounded cache of rooms by log, and how fast things may happen in each group."""

    def __init__(self, clock: Clock, rate_limit_factor: int) -> None:
        super().__init__()
        self._people = 0
        # Its own: those of the platform belong to the event loop.
        self._limits = Limits(clock, rate_limit_factor)

    def load(self, executor: Executor, log: str) -> Room:
        """Return a room for the writer, remembered. Raises `NotFound`."""
        room = self.get(log)
        if room is None:
            room = read_room(executor, log)
            # Counts what was dropped since, too: then it is emptied a little early.
            self._people += len(room.members)
            if len(self) >= ROOMS_MAX or self._people > PEOPLE_MAX:
                self.clear()
                self._people = len(room.members)
            self[log] = room
        return room

    def pace(self, room: Room) -> None:
        """Count an event of a group. Raises `ResourceExhausted` when there were too many of late."""
        if not room.group:
            return
        try:
            self._limits.spend(GROUP_EVENTS, room.log)
        except ResourceExhausted as error:
            raise ResourceExhausted(
                "Too much happens in this group at the moment; try again in a moment.",
                reason="group_busy",
                retry_after_ms=error.retry_after_ms,
            ) from error


def read_room(executor: Executor, log: str) -> Room:
    """Return a room from the database. Raises `NotFound`."""
    row = store.get_conversation(executor, log)
    if row is None:
        raise NotFound("There is no such conversation.", reason="no_such_log")
    members = store.members(executor, log)
    return Room(
        log=log,
        group=row.is_group,
        members=frozenset(each.user for each in members),
        owner=next(iter(_with_role(members, chat_pb2.ROLE_OWNER)), ""),
        admins=frozenset(_with_role(members, chat_pb2.ROLE_ADMIN)),
        muted_until_ms={each.user: each.muted_until_ms for each in members if each.muted_until_ms},
        settings=store.settings_of(row),
        disappear_s=row.disappear_s,
    )


def _with_role(members: Iterable[Any], role: chat_pb2.Role) -> list[str]:
    return [each.user for each in members if each.role == role]


def member_of(room: Room, user: str) -> Room:
    """Return the room to a member. To others it does not exist: raises `NotFound`."""
    if user not in room.members:
        raise NotFound("There is no such conversation.", reason="no_such_log")
    return room


def group_of(room: Room, user: str) -> Room:
    """Return a group to a member. Raises `NotFound`, or `FailedPrecondition` for a conversation of two."""
    if not member_of(room, user).group:
        raise FailedPrecondition("This is a conversation of two people.", reason="not_a_group")
    return room
