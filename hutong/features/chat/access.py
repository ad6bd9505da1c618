"""Who may read and write in which conversation."""

from __future__ import annotations

from hutong.features.chat import roles
from hutong.features.chat.api import Room
from hutong.features.chat.rooms import Rooms, member_of, read_room
from hutong.features.contacts.api import Contacts
from hutong.platform.database import Executor
from hutong.platform.errors import PermissionDenied
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction


class Access:
    """Conversations as permission checks see them."""

    def __init__(self, platform: Platform, rooms: Rooms) -> None:
        self._clock = platform.clock
        self._rooms = rooms
        self._contacts = platform.use(Contacts)

    def room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member. On the writer's thread, or with a snapshot."""
        room = (
            self._rooms.load(executor, log) if isinstance(executor, Transaction) else read_room(executor, log)
        )
        return member_of(room, user)

    def writable_room(self, executor: Executor, log: str, user: str) -> Room:
        """Return the conversation to a member who may write there."""
        room = self.room(executor, log, user)
        if room.group:
            roles.check(room, user, roles.Act.WRITE, self._clock.now_ms())
            if isinstance(executor, Transaction):
                self._rooms.pace(room)
        elif not room.saved and not self._contacts.may_message(executor, user, room.other(user)):
            raise PermissionDenied("You can only write to your contacts.", reason="not_contacts")
        return room
