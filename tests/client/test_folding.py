"""LOG15 in the client: a conversation that was folded is the one the server describes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from hutong.client.folding import LISTED_MAX, folded, marked
from hutong.client.models import Conversation, Event
from hutong.features.chat.tests.acting import Acting
from hutong.features.chat.tests.grouping import get, group, large_group, send
from hutong.features.files.tests.uploading import upload
from hutong.platform.clock import SeededRandomness
from hutong.platform.errors import NotFound
from hutong.schema import chat_pb2 as pb
from hutong.schema import log_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import cheap_passwords

STEPS = 60


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TestServer]:
    cheap_passwords(monkeypatch)
    async with TestServer.run(tmp_path, rate_limit_factor=1000, random=SeededRandomness(7)) as server:
        yield server


async def fresh(client: Client, log: str) -> Conversation:
    return Conversation.of(await get(client, log), client.user)


class Device:
    """Folds one conversation, and asks where the events do not say it."""

    def __init__(self, client: Client, log: str) -> None:
        self.client = client
        self.log = log
        self.state: Conversation | None = None
        self.asked = 0

    async def catch_up(self) -> None:
        """Take what happened, from where we are; then, as after a connection was lost, ask for the marks."""
        if self.state is None:
            await self._ask()
            return
        while self.state is not None:
            request = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log=self.log, after=self.state.head)])
            page = (await self.client.call("Log.Follow", request)).pages[0]
            if page.denied:
                self.state = None
            elif not page.events:
                return
            for event in page.events:
                await self._apply(Event.of(event))

    async def take(self) -> None:
        """Take what was pushed."""
        events, notices = list(self.client.events), list(self.client.notices)
        self.client.events.clear()
        self.client.notices.clear()
        for event in map(Event.of, events):
            if isinstance(event.body, pb.ConversationGone) and event.body.log == self.log:
                self.state = None
            elif isinstance(event.body, pb.ConversationJoined) and event.body.log == self.log:
                await self.client.follow(self.log, after=10_000)
                await self._ask()
            elif event.log == self.log:
                await self._apply(event)
        for notice in notices:
            if isinstance(notice, pb.MarkMoved) and self.state is not None:
                self.state = marked(self.state, notice, self.client.user)
                if self.state is None:
                    await self._ask()

    async def _apply(self, event: Event) -> None:
        if self.state is not None:
            self.state = folded(self.state, event, self.client.user)
            if self.state is None:
                await self._ask()

    async def _ask(self) -> None:
        self.asked += 1
        try:
            self.state = await fresh(self.client, self.log)
        except NotFound:
            self.state = None

    async def check(self, step: str) -> None:
        """Compare with what the server says; what disappears by itself may come in between."""
        await self.take()
        while self.state is not None:
            now = await fresh(self.client, self.log)
            if now.head == self.state.head:
                assert view(self.state) == view(now), f"{self.client.profile.handle}, {step}"
                return
            head = max(now.head, self.state.head)
            await self.client.until(partial(self._has_seen, head))
            await self.take()
        with pytest.raises(NotFound):
            await fresh(self.client, self.log)

    def _has_seen(self, head: int) -> bool:
        seqs = (each.seq for each in self.client.events if each.log == self.log)
        return max(seqs, default=self.state.head if self.state is not None else 0) >= head


def view(state: Conversation) -> tuple[object, ...]:
    """Return the state, but names: people who change theirs are told of in the inbox, and in no log."""
    members = sorted(
        (each.person.user, each.role.value, each.delivered, each.read, each.nickname, each.muted_until_ms)
        for each in state.members
    )
    facts = (state.log, state.group, state.title, state.picture, state.head, state.unread, state.settings)
    return (*facts, state.member_count, state.disappear_s, state.saved, members)


async def test_two_devices_and_one_that_was_away_agree(server: TestServer) -> None:
    people = await server.friends("alice", "bobby", "carol", "david")
    blobs = [(await upload(people[0], b"a picture")).blob]
    acting = await Acting.begin(server, people, blobs, seed=5)
    phones = [await Client(server).log_in(each.profile.handle) for each in people]
    tablets = [await Client(server).log_in(each.profile.handle) for each in people]
    devices = [Device(each, acting.log) for each in (*people, *phones)]
    offline = [Device(each, acting.log) for each in tablets]
    for device in (*devices, *offline):
        await device.client.follow(device.client.inbox, after=10_000)
        await device.catch_up()
        await device.client.follow(acting.log, after=10_000)
    for tablet in tablets:
        tablet.disconnect()
    for number in range(STEPS):
        step = f"step {number}, {await acting.act()}"
        for device in devices:
            await device.check(step)
    for device in offline:
        device.client.connect()
        await device.client.resume()
        await device.client.follow(device.client.inbox, after=10_000)
        await device.catch_up()
        if device.state is not None:  # the marks of the time between are told to nobody (LOG17)
            now = await fresh(device.client, acting.log)
            assert device.state.head == now.head
            assert shown(device.state) == shown(now)
    asked = sum(device.asked for device in devices)
    assert asked < STEPS * len(devices) / 5, "most of it is in the events"
    assert sum(acting.acts.values()) > STEPS // 4


def shown(state: Conversation) -> tuple[object, ...]:
    people = sorted(
        (each.person.user, each.role.value, each.nickname, each.muted_until_ms) for each in state.members
    )
    return state.title, state.picture, state.settings, state.member_count, state.disappear_s, people


async def test_groups_that_become_large_and_small_again(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await large_group(server, LISTED_MAX - 1, alice, bobby)
    device = Device(bobby, log)
    await device.catch_up()
    await bobby.follow(log, after=10_000)
    add = partial(pb.AddMembersRequest, log=log)
    appoint = partial(pb.SetRoleRequest, log=log)

    async def step(method: str, request: object, asked: int) -> None:
        await alice.call(f"Chat.{method}", request)  # type: ignore[arg-type]
        await device.check(method)
        assert device.asked == asked, method

    await step("AddMembers", add(users=[carol.user]), 1)
    await carol.call("Chat.Mark", pb.MarkRequest(log=log, read=1))
    await step("AddMembers", add(users=[david.user]), 1)  # now they are 51
    assert device.state is not None
    assert {each.person.handle for each in device.state.members} == {"alice", "bobby"}
    await step("SetRole", appoint(user=bobby.user, role=pb.ROLE_ADMIN), 1)
    await step("SetRole", appoint(user=carol.user, role=pb.ROLE_ADMIN), 2)  # carol was in no list
    await step("SetRole", appoint(user=carol.user, role=pb.ROLE_MEMBER), 2)
    await step("MuteMember", pb.MuteMemberRequest(log=log, user=david.user), 2)
    # From here on all are listed again.
    await step("RemoveMembers", pb.RemoveMembersRequest(log=log, users=[david.user]), 3)
    assert device.state is not None
    assert len(device.state.members) == device.state.member_count == LISTED_MAX


async def test_events_that_do_not_follow(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    state = await fresh(bobby, log)
    await send(alice, log)
    await send(alice, log)
    first, second, third = (await bobby.follow(log)).pages[0].events
    assert folded(state, Event.of(first), bobby.user) is state  # is in it already
    assert folded(state, Event.of(third), bobby.user) is None  # something is missing
    after = folded(state, Event.of(second), bobby.user)
    assert after is not None
    assert folded(after, Event.of(third), bobby.user) == await fresh(bobby, log)
    unknown = Event(log, 2, 99_999, alice.user, 0, b"", None)
    moved = folded(state, unknown, bobby.user)
    assert moved is not None
    assert (moved.head, moved.unread, moved.members) == (2, 0, state.members)  # LOG16
