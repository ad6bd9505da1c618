"""The `Direct` service: lets two devices meet while both show their conversation and both people allow it."""

from __future__ import annotations

import asyncio
from functools import partial

from hutong.features.chat.api import Chat
from hutong.features.contacts.api import Contacts
from hutong.features.direct.meetings import Meeting, Meetings
from hutong.features.peers.api import Device, Peers
from hutong.features.preferences.api import Preferences
from hutong.platform.database import Executor
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Notify
from hutong.schema import direct_pb2 as pb

ATTENDS = Rate("direct_attend", burst=60, every_s=1)


class DirectService:
    """Answers `hutong.direct.Direct`. Addresses are exchanged only in the sessions it opens (DIRECT1)."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._contacts = platform.use(Contacts)
        self._peers = platform.use(Peers)
        self._preferences = platform.use(Preferences)
        self._meetings = Meetings()
        # Two who come at the same moment must see each other.
        self._turn = asyncio.Lock()
        self._checks: set[asyncio.Task[None]] = set()
        self._preferences.on_account(self._account_changed)
        platform.sessions.on_devices(self._devices_changed)

    async def on_start(self) -> None:
        """Nothing to begin: people have to come first."""

    async def on_stop(self) -> None:
        """Finish what was begun."""
        if self._checks:
            await asyncio.wait(self._checks)

    # ---- the service ----

    async def attend(self, caller: Caller, request: pb.AttendRequest) -> pb.AttendReply:
        """Take note which conversation a device shows, and let it meet the other person's device."""
        self._platform.limits.spend(ATTENDS, caller.user)
        device, log = Device(caller.user, caller.device), request.log
        self._leave_overdue()
        if not log:
            self._leave(device)
            return pb.AttendReply(allowed=await self._platform.read(partial(self._allows, user=caller.user)))
        async with self._turn:
            other, allowed, both = await self._platform.read(partial(self._look, log=log, user=caller.user))
            if not allowed or not other:
                self._leave(device)
                return pb.AttendReply(allowed=allowed)
            if self._meetings.attending(device) != log:
                self._leave(device)
            if not both:
                self._end(self._meetings.end(log))
            if device.device in self._platform.sessions.devices(device.user):
                self._meetings.attend(device, log, self._platform.clock.monotonic())
                if both:
                    self._meet(device, log)
        return pb.AttendReply(allowed=True)

    # ---- steps ----

    def _look(self, read: Executor, *, log: str, user: str) -> tuple[str, bool, bool]:
        """Return the other person, whether the user allows this, and whether both do and may talk.

        Raises `NotFound` for a conversation that is not the user's.
        """
        room = self._chat.room(read, log, user)
        other = "" if room.group or room.saved else room.other(user)
        allowed = self._allows(read, user)
        both = bool(
            other
            and allowed
            and self._allows(read, other)
            and self._contacts.may_message(read, user, other)
            and self._contacts.may_message(read, other, user)
        )
        return other, allowed, both

    def _allows(self, read: Executor, user: str) -> bool:
        return self._preferences.account(read, user).direct_text

    def _meet(self, device: Device, log: str) -> None:
        meeting = self._meetings.of_log(log)
        if meeting is not None and device in meeting.ends:
            self._peers.open_session(meeting.session, *meeting.ends)
            self._tell(meeting, device)  # it lost the notice, or its page
            return
        partner = self._meetings.partner(device, log)
        if partner is None:
            return
        self._end(self._meetings.end(log))
        meeting = Meeting(log, self._platform.random.new_id(), offerer=device, answerer=partner)
        self._meetings.meet(meeting)
        self._peers.open_session(meeting.session, *meeting.ends)
        for end in meeting.ends:
            self._tell(meeting, end)

    def _tell(self, meeting: Meeting, device: Device) -> None:
        other, offerer = meeting.other(device), device == meeting.offerer
        met = pb.Met(log=meeting.log, session=meeting.session, user=other.user, offerer=offerer)
        self._platform.sessions.notify(Notify(device.user, met, device=device.device))

    def _leave(self, device: Device) -> None:
        self._end(self._meetings.leave(device))

    def _leave_overdue(self) -> None:
        for device in self._meetings.overdue(self._platform.clock.monotonic()):
            self._leave(device)

    def _end(self, meeting: Meeting | None) -> None:
        if meeting is None:
            return
        self._peers.close_session(meeting.session)
        for end in meeting.ends:
            parted = pb.Parted(session=meeting.session)
            self._platform.sessions.notify(Notify(end.user, parted, device=end.device))

    def _devices_changed(self, user: str) -> None:
        connected = self._platform.sessions.devices(user)
        for device in self._meetings.devices(user):
            if device.device not in connected:
                self._leave(device)

    def _account_changed(self, user: str) -> None:
        if self._meetings.devices(user):
            task = asyncio.get_running_loop().create_task(self._check(user))
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    async def _check(self, user: str) -> None:
        """Who does not want this any more is out of it at once; who does, attends again."""
        async with self._turn:
            if not await self._platform.read(partial(self._allows, user=user)):
                for device in self._meetings.devices(user):
                    self._leave(device)
