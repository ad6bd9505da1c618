"""LOG15 for conversations: what a device folds from events is what `Chat.Get` says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from hutong.features.chat.tests.acting import Acting
from hutong.features.files.tests.uploading import upload
from hutong.platform.clock import SeededRandomness
from hutong.platform.errors import NotFound
from hutong.platform.events import class_of, kind_of, unread_kinds
from hutong.schema import chat_pb2 as pb
from hutong.schema import identity_pb2, invites_pb2, log_pb2, options_pb2
from hutong.testing import Client, TestServer

STEPS = 90


@dataclass
class Person:
    """A member as the events describe them."""

    profile: identity_pb2.Profile
    role: int = pb.ROLE_MEMBER
    delivered: int = 0
    read: int = 0
    nickname: str = ""
    muted_until_ms: int = 0

    def view(self) -> tuple[object, ...]:
        return (
            self.profile.SerializeToString(),
            self.role,
            self.delivered,
            self.read,
            self.nickname,
            self.muted_until_ms,
        )


@dataclass
class Fold:
    """A conversation as one member's device sees it, from the events and notices alone."""

    user: str
    title: str = ""
    picture: str = ""
    group: bool = False
    head: int = 0
    settings: pb.GroupSettings = field(default_factory=pb.GroupSettings)
    disappear_s: int = 0
    people: dict[str, Person] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, user: str, state: pb.Conversation) -> Fold:
        """Begin with what the server says: after coming in, nothing is unread."""
        assert not state.unread
        people = {
            each.profile.user: Person(
                each.profile, each.role, each.delivered, each.read, each.nickname, each.muted_until_ms
            )
            for each in state.members
        }
        return cls(
            user,
            state.title,
            state.picture,
            state.group,
            state.head,
            state.settings,
            state.disappear_s,
            people,
        )

    def apply(self, event: log_pb2.Event) -> None:
        assert event.seq == self.head + 1
        self.head = event.seq
        if event.kind in unread_kinds() and event.author != self.user and event.body:
            self.unread.add(event.seq)
        kind = class_of(event.kind)
        assert kind is not None
        body = kind.FromString(event.body)
        match body:
            case pb.ConversationCreated():
                self.title, self.group = body.title, body.group
                self._add(body.members, event.seq)
                if body.group:
                    self.people[event.author].role = pb.ROLE_OWNER
            case pb.MembersAdded():
                self._add(body.members, event.seq)
            case pb.MemberJoined():
                self._add([body.member], event.seq)
            case pb.MemberLeft():
                del self.people[body.user]
            case pb.MemberRemoved():
                for user in body.users:
                    del self.people[user]
            case pb.RoleChanged():
                self._change_role(body.user, body.role)
            case pb.MemberMuted():
                self.people[body.user].muted_until_ms = body.until_ms
            case pb.NicknameChanged():
                self.people[body.user].nickname = body.nickname
            case pb.ConversationRenamed():
                self.title = body.title
            case pb.PictureChanged():
                self.picture = body.blob
            case pb.GroupChanged():
                self.settings = body.settings
            case pb.DisappearingChanged():
                self.disappear_s = body.seconds
            case pb.MessageRecalled():
                self.unread.discard(body.seq)
            case pb.MessagesDisappeared():
                self.unread.difference_update(body.seqs)

    def _add(self, profiles: Iterable[identity_pb2.Profile], seq: int) -> None:
        for profile in profiles:
            assert profile.user not in self.people
            self.people[profile.user] = Person(profile, delivered=seq - 1, read=seq - 1)

    def _change_role(self, user: str, role: int) -> None:
        if role == pb.ROLE_OWNER:
            for each in self.people.values():
                if each.role == pb.ROLE_OWNER:
                    each.role = pb.ROLE_ADMIN
        self.people[user].role = role

    def rename(self, profile: identity_pb2.Profile) -> None:
        if profile.user in self.people:
            self.people[profile.user].profile = profile

    def notice(self, moved: pb.MarkMoved) -> None:
        person = self.people[moved.user]
        person.delivered, person.read = moved.delivered, moved.read
        if moved.user == self.user:
            self.unread = {seq for seq in self.unread if seq > moved.read}

    def view(self) -> tuple[object, ...]:
        people = sorted(each.view() for each in self.people.values())
        state = (self.title, self.picture, self.group, self.head, len(self.unread), self.disappear_s)
        return (*state, self.settings.SerializeToString(), len(people), people)


def fresh(state: pb.Conversation) -> tuple[object, ...]:
    people = sorted(
        (
            each.profile.SerializeToString(),
            each.role,
            each.delivered,
            each.read,
            each.nickname,
            each.muted_until_ms,
        )
        for each in state.members
    )
    facts = (state.title, state.picture, state.group, state.head, state.unread, state.disappear_s)
    return (*facts, state.settings.SerializeToString(), state.member_count, people)


class Device:
    """One connection and what it has folded; None while its user is not a member."""

    def __init__(self, client: Client, log: str) -> None:
        self.client = client
        self.log = log
        self.fold: Fold | None = None

    async def begin(self) -> None:
        """Follow; members fold from the first event on."""
        await self.client.follow(self.client.inbox, after=1000)
        page = (await self.client.follow(self.log)).pages[0]
        self.client.events.clear()
        self.client.notices.clear()
        if not page.denied:
            self.fold = Fold(self.client.user)
            for event in page.events:
                self.fold.apply(event)

    async def _take(self) -> None:
        """Apply what was pushed."""
        events, notices = list(self.client.events), list(self.client.notices)
        self.client.events.clear()
        self.client.notices.clear()
        came = False
        for event in events:
            kind = class_of(event.kind)
            assert kind is not None
            body = kind.FromString(event.body)
            if event.log == self.log and self.fold is not None and event.seq > self.fold.head:
                self.fold.apply(event)
            elif isinstance(body, pb.ConversationGone) and body.log == self.log:
                self.fold, came = None, False
            elif isinstance(body, pb.ConversationJoined) and body.log == self.log:
                came = True
            elif isinstance(body, identity_pb2.ProfileChanged) and self.fold is not None:
                self.fold.rename(body.profile)
        for notice in notices:
            if isinstance(notice, pb.MarkMoved) and notice.log == self.log and self.fold is not None:
                self.fold.notice(notice)
        if came:
            # What happened before is not told: whoever comes in asks for the state.
            self.fold = Fold.of(self.client.user, await self._state())
            for event in (await self.client.follow(self.log, after=self.fold.head)).pages[0].events:
                self.fold.apply(event)

    async def _state(self) -> pb.Conversation:
        reply: pb.GetReply = await self.client.call("Chat.Get", pb.GetRequest(log=self.log))
        return reply.conversation

    async def check(self, step: str) -> None:
        """Compare the fold with a fresh state."""
        await self._take()
        if self.fold is None:
            with pytest.raises(NotFound):
                await self._state()
            return
        state = await self._state()
        while self.fold.head != state.head:  # what disappears does so by itself
            await self.client.until(partial(self._has_seen, max(self.fold.head, state.head)))
            await self._take()
            assert self.fold is not None
            state = await self._state()
        assert self.fold.view() == fresh(state), f"{self.client.profile.handle}, {step}"

    def _has_seen(self, head: int) -> bool:
        assert self.fold is not None
        seqs = (each.seq for each in self.client.events if each.log == self.log)
        return max(seqs, default=self.fold.head) >= head


@asynccontextmanager
async def everybody(tmp_path: Path, seed: int) -> AsyncIterator[tuple[Acting, list[Device]]]:
    """Let five people fold a group of which three are members."""
    async with TestServer.run(tmp_path, rate_limit_factor=1000, random=SeededRandomness(seed)) as server:
        people = await server.friends("alice", "bobby", "carol", "david", "erin1")
        blobs = [(await upload(people[0], data)).blob for data in (b"one", b"two")]
        acting = await Acting.begin(server, people, blobs, seed)
        devices = [Device(each, acting.log) for each in people]
        for device in devices:
            await device.begin()
        yield acting, devices


def kinds_of_chat() -> set[int]:
    """Return the events that a conversation's log may hold, by the schema."""
    found = {kind_of(getattr(pb, name)) for name in _names() if _is_event(name)}
    inbox_and_notices = (pb.ConversationJoined, pb.ConversationGone, pb.MarkMoved, pb.Typing)
    return found - {kind_of(each) for each in inbox_and_notices}


def _names() -> list[str]:
    return list(pb.DESCRIPTOR.message_types_by_name)


def _is_event(name: str) -> bool:
    options: Any = pb.DESCRIPTOR.message_types_by_name[name].GetOptions()
    return bool(options.Extensions[options_pb2.event].kind)


async def test_every_event_there_is(tmp_path: Path, quick_passwords: None) -> None:
    """One step for each kind; a new kind without a step fails here."""
    del quick_passwords
    async with everybody(tmp_path, 0) as (acting, devices):
        alice, bobby, carol, david, erin = (device.client for device in devices)
        log, clock = acting.log, acting.server.clock
        hello = pb.SendRequest(log=log, content=pb.Content(text="hello"))
        until_ms = clock.now_ms() + 60_000
        steps: list[tuple[Client, str, Message]] = [
            (bobby, "Send", hello),
            (bobby, "Edit", pb.EditRequest(log=log, seq=2, content=pb.Content(text="hello!"))),
            (bobby, "Recall", pb.RecallRequest(log=log, seq=2)),
            (carol, "Mark", pb.MarkRequest(log=log, delivered=4, read=2)),
            (bobby, "AddMembers", pb.AddMembersRequest(log=log, users=[david.user])),
            (erin, "Invites.Join", invites_pb2.JoinByRequest(token=acting.token)),
            (alice, "SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_ADMIN)),
            (bobby, "MuteMember", pb.MuteMemberRequest(log=log, user=carol.user, until_ms=until_ms)),
            (erin, "SetNickname", pb.SetNicknameRequest(log=log, nickname="小艾")),
            (bobby, "RemoveMembers", pb.RemoveMembersRequest(log=log, users=[david.user])),
            (erin, "Rename", pb.RenameRequest(log=log, title="Friends")),
            (alice, "SetPicture", pb.SetPictureRequest(log=log, blob=acting.blobs[0])),
            (bobby, "ChangeGroup", pb.ChangeGroupRequest(log=log, settings=pb.GroupSettings(approval=True))),
            (alice, "SetDisappearing", pb.SetDisappearingRequest(log=log, seconds=60)),
            (erin, "Send", hello),
            (alice, "SetRole", pb.SetRoleRequest(log=log, user=erin.user, role=pb.ROLE_OWNER)),
            (alice, "Leave", pb.LeaveRequest(log=log)),
            (erin, "Leave", pb.LeaveRequest(log=log)),
        ]
        for client, method, request in steps:
            await client.call(method if "." in method else f"Chat.{method}", request)
            for device in devices:
                await device.check(f"{method} of {client.profile.handle}")
        head = await bobby.call("Chat.Get", pb.GetRequest(log=log))
        clock.advance(61)
        await bobby.until(lambda: any(each.seq > head.conversation.head for each in bobby.events))
        for device in devices:
            await device.check("disappearing")
        page = (await bobby.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
        assert {event.kind for event in page.events} == kinds_of_chat()


@pytest.mark.parametrize("seed", [1, 2])
async def test_old_state_plus_events_is_the_fresh_state(
    tmp_path: Path, quick_passwords: None, seed: int
) -> None:
    """Whatever members and others do or try, in whatever order."""
    del quick_passwords
    async with everybody(tmp_path, seed) as (acting, devices):
        for number in range(STEPS):
            step = f"step {number}, {await acting.act()}"
            for device in devices:
                await device.check(step)
    # A run in which everything was refused would show nothing.
    assert sum(acting.acts.values()) > STEPS // 4, acting.refusals
    assert len(acting.refusals) > 5, acting.refusals
