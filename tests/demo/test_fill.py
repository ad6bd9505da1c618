"""What somebody who logs in to a filled folder finds."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from PIL import Image

from hutong.demo import content
from hutong.demo.content import Community
from hutong.demo.fill import RATE_LIMIT_FACTOR, fill
from hutong.features.identity import passwords
from hutong.local import Client
from hutong.platform.clock import SystemClock
from hutong.platform.errors import NotFound
from hutong.platform.events import class_of
from hutong.platform.settings import Settings
from hutong.schema import chat_pb2, contacts_pb2, files_pb2, log_pb2
from hutong.testing import TestServer

DAY_MS = 86_400_000


@dataclass
class Demo:
    folder: Path
    community: Community
    now_ms: int


@pytest.fixture(scope="module", params=content.LANGUAGES)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    now_ms = SystemClock().now_ms()
    community = content.load(request.param, now_ms)
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(data=folder, rate_limit_factor=RATE_LIMIT_FACTOR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=64))
        filled = asyncio.run(fill(settings, community, now_ms))
    assert filled.people == len(community.everybody.people)
    return Demo(folder, community, now_ms)


@pytest.fixture
async def server(demo: Demo) -> AsyncIterator[TestServer]:
    async with TestServer.run(demo.folder, rate_limit_factor=RATE_LIMIT_FACTOR) as running:
        yield running


async def enter(server: TestServer, demo: Demo, handle: str = "lin") -> Client:
    return await Client(server).log_in(handle, demo.community.everybody.password)


async def conversations(client: Client) -> list[chat_pb2.Conversation]:
    reply: chat_pb2.ListReply = await client.call("Chat.List", chat_pb2.ListRequest(recent=50))
    return list(reply.conversations)


async def events(client: Client, log: str) -> list[log_pb2.Event]:
    reply: log_pb2.ReadReply = await client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))
    return list(reply.page.events)


def body(event: log_pb2.Event) -> Any:
    kind = class_of(event.kind)
    assert kind is not None
    return kind.FromString(event.body)


async def read_blob(client: Client, blob: str) -> bytes:
    data = b""
    while True:
        request = files_pb2.ReadRequest(blob=blob, offset=len(data), length=256 * 1024)
        reply: files_pb2.ReadReply = await client.call("Files.Read", request)
        data += reply.data
        if len(data) == reply.size_bytes:
            return data


def named(conversation: chat_pb2.Conversation, me: str) -> str:
    others = (member.profile.handle for member in conversation.members if member.profile.user != me)
    return conversation.title if conversation.group else next(others)


async def test_the_first_person_has_groups_people_and_unread_messages(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    mine = await conversations(lin)
    assert sum(each.group for each in mine) == 6
    assert sum(not each.group for each in mine) == 6
    unread = sorted(each.unread for each in mine)
    assert unread[-4:] == [2, 3, 3, 3]
    assert not any(unread[:-4])
    assert next(each.unread for each in mine if named(each, lin.user) == "wen") == 2


async def test_times_go_from_three_weeks_ago_until_now(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    oldest, newest = demo.now_ms, 0
    for each in await conversations(lin):
        times = [event.at_ms for event in await events(lin, each.log)]
        assert times == sorted(times)
        assert len(times) == each.head
        oldest, newest = min(oldest, *times), max(newest, *times)
    assert 14 * DAY_MS < demo.now_ms - oldest < 28 * DAY_MS
    assert 0 < demo.now_ms - newest < 20 * 60_000


async def test_everybody_has_read_all_but_what_the_scripts_say(server: TestServer, demo: Demo) -> None:
    for person in demo.community.everybody.people:
        client = await enter(server, demo, person.handle)
        behind = {named(each, client.user) for each in await conversations(client) if each.unread}
        assert len(behind) == {"lin": 4, "marco": 1}.get(person.handle, 0), person.handle


async def test_contacts_are_mutual_and_one_request_is_open(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    reply = await lin.call("Contacts.List", contacts_pb2.ListRequest())
    relations = {each.profile.handle: each for each in reply.contacts}
    asking = relations.pop("zhoubo")
    assert asking.relation == contacts_pb2.RELATION_ASKED
    assert asking.greeting == demo.community.request.text
    assert len(relations) == 14
    assert {each.relation for each in relations.values()} == {contacts_pb2.RELATION_CONTACT}


async def test_everybody_has_a_picture_of_their_own_that_all_can_see(server: TestServer, demo: Demo) -> None:
    zhoubo = await enter(server, demo, "zhoubo")
    pictures = set()
    for person in demo.community.everybody.people:
        found = await zhoubo.call("Contacts.Find", contacts_pb2.FindRequest(handle=person.handle))
        profile = found.contact.profile
        assert (profile.name, profile.about) == (person.name, person.about)
        data = await read_blob(zhoubo, profile.picture)
        assert Image.open(io.BytesIO(data)).size == (400, 400)
        pictures.add(profile.picture)
    assert len(pictures) == 16


async def test_members_can_read_what_was_shown_and_nobody_else(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    stranger = await enter(server, demo, "zhoubo")
    shown = 0
    for each in await conversations(lin):
        if "zhoubo" in {member.profile.handle for member in each.members}:
            continue
        for event in await events(lin, each.log):
            message = body(event)
            if not isinstance(message, chat_pb2.MessageSent) or message.content.HasField("text"):
                continue
            kind = message.content.WhichOneof("kind")
            if kind is None:  # recalled
                continue
            part = getattr(message.content, kind)
            blobs = [part.blob, part.thumbnail] if kind == "picture" else [part.blob]
            for blob in blobs:
                assert await read_blob(lin, blob)
                with pytest.raises(NotFound):
                    await read_blob(stranger, blob)
            assert part.size_bytes == len(await read_blob(lin, part.blob))
            shown += 1
    assert shown == 12


async def test_what_was_recalled_is_gone(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    recalled = []
    for each in await conversations(lin):
        page = {event.seq: event for event in await events(lin, each.log)}
        for event in page.values():
            message = body(event)
            if isinstance(message, chat_pb2.MessageRecalled):
                recalled.append(page[message.seq])
    assert [event.body for event in recalled] == [b""]


async def test_optional_features_left_their_traces(server: TestServer, demo: Demo) -> None:
    lin = await enter(server, demo)
    found: dict[str, int] = {}
    outcomes = []
    for each in await conversations(lin):
        for event in await events(lin, each.log):
            message = body(event)
            name = type(message).__name__
            found[name] = found.get(name, 0) + 1
            if name == "CallRecorded":
                outcomes.append((message.video, message.outcome, message.duration_s > 0))
    if server.has("Reactions.React"):
        lines = (line for room in demo.community.rooms for line in room.script.lines if "lin" in room.people)
        assert found["Reacted"] == sum(len(line.reactions) for line in lines)
    if server.has("Calls.Start"):
        # Completed after a quarter of an hour, and cancelled before anybody answered.
        assert sorted(outcomes) == [(False, 5, False), (True, 1, True)]
    assert found["ConversationRenamed"] == 1
    assert found["MembersAdded"] == 1
