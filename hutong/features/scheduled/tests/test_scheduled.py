from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from hutong.features.chat.messages import Messages
from hutong.features.chat.tests.saying import file, get, group, recall, say, to
from hutong.features.files.tests.uploading import read
from hutong.features.scheduled.service import SCHEDULED_MAX
from hutong.platform.clock import ManualClock
from hutong.platform.errors import (
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)
from hutong.schema import chat_pb2, contacts_pb2
from hutong.schema import scheduled_pb2 as pb
from hutong.testing import Client, TestServer, refused

HOUR_S = 3600


def later(client: Client, seconds: float = HOUR_S) -> int:
    return client.server.core.platform.clock.now_ms() + int(seconds * 1000)


async def schedule(
    client: Client, log: str, content: chat_pb2.Content | str = "later", seconds: float = HOUR_S
) -> pb.Scheduled:
    content = chat_pb2.Content(text=content) if isinstance(content, str) else content
    request = pb.ScheduleRequest(log=log, content=content, at_ms=later(client, seconds))
    reply: pb.ScheduleReply = await client.call("ScheduledMessages.Schedule", request)
    return reply.scheduled


async def waiting(client: Client) -> list[pb.Scheduled]:
    return list((await client.call("ScheduledMessages.List", pb.ListRequest())).scheduled)


async def texts(client: Client, log: str) -> list[str]:
    events = (await get(client, log)).recent
    return [chat_pb2.MessageSent.FromString(each.body).content.text for each in events if each.kind == 401]


async def settled(client: Client) -> None:
    """Wait until nothing of the person's waits whose time has come, but what has a problem."""
    while True:
        now_ms = later(client, 0)
        if all(each.problem or each.at_ms > now_ms for each in await waiting(client)):
            return


async def test_a_message_is_sent_when_its_time_has_come(server: TestServer) -> None:
    """MSG14"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await alice.follow(alice.inbox, after=100)
    await bobby.follow(log, after=1)
    second, first = await schedule(alice, log, "second"), await schedule(alice, log, "first", HOUR_S - 1)
    assert [each.id for each in await waiting(alice)] == [first.id, second.id]
    assert await waiting(bobby) == []
    server.clock.advance(HOUR_S - 1.001)
    assert await texts(bobby, log) == []
    server.clock.advance(0.001)
    await settled(alice)
    assert await texts(bobby, log) == ["first"]
    server.clock.advance(1)
    await settled(alice)
    assert await texts(bobby, log) == ["first", "second"]
    await bobby.until(lambda: len(bobby.events) == 2)
    assert [(each.author, each.at_ms) for each in bobby.events] == [
        (alice.user, first.at_ms),
        (alice.user, second.at_ms),
    ]
    assert await waiting(alice) == []
    changes = [
        (each.scheduled.id, each.scheduled.HasField("content")) for each in alice.bodies(pb.ScheduledChanged)
    ]
    assert changes == [(second.id, True), (first.id, True), (first.id, False), (second.id, False)]


async def test_what_fell_due_while_the_server_was_down(tmp_path: Path, quick_passwords: None) -> None:
    """MSG14"""
    del quick_passwords
    clock = ManualClock()
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        await schedule(alice, log, "due")
        await schedule(alice, log, "not yet", 3 * HOUR_S)
    clock.advance(2 * HOUR_S)
    for _ in range(2):
        async with TestServer.run(tmp_path, clock=clock) as server:
            again = await Client(server).log_in("alice")
            await settled(again)
            assert await texts(again, log) == ["due"]
            assert [each.content.text for each in await waiting(again)] == ["not yet"]


async def test_it_is_sent_in_the_commit_that_forgets_it(
    server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MSG14: a failure in between leaves it waiting, and it is sent once in the end."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await schedule(alice, log)
    tries: list[int] = []
    append = Messages.append

    def fail_after(self: Messages, *arguments: object) -> object:
        append(self, *arguments)  # type: ignore[arg-type]
        tries.append(1)
        raise Unavailable("The disk is full.", reason="not_stored")

    with monkeypatch.context() as patch:
        patch.setattr(Messages, "append", fail_after)
        server.clock.advance(HOUR_S)
        await alice.until(lambda: tries)
    assert await texts(bobby, log) == []
    while await waiting(alice):
        server.clock.advance(5)
    assert await texts(bobby, log) == ["later"]
    with sqlite3.connect(tmp_path / "hutong.db") as database:
        assert database.execute("SELECT count(*) FROM scheduled").fetchone() == (0,)
    database.close()


async def test_a_problem_is_told_and_waits_for_its_author(server: TestServer) -> None:
    """MSG14: and keeps nobody else's message back."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    mine, theirs = await schedule(alice, log, "from alice"), await schedule(bobby, log, "from bobby")
    team = await group(alice, bobby)
    await schedule(bobby, team, to(alice.user))
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    server.clock.advance(HOUR_S)
    await settled(alice)
    await settled(bobby)
    assert [(each.id, each.problem) for each in await waiting(alice)] == [(mine.id, "not_contacts")]
    assert [(each.id, each.problem) for each in await waiting(bobby)] == [(theirs.id, "not_contacts")]
    assert len(await texts(alice, team)) == 1
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=False))
    server.clock.advance(HOUR_S)
    assert await texts(bobby, log) == []  # not by itself
    request = pb.ChangeRequest(id=mine.id, content=mine.content, at_ms=later(alice, 10))
    changed = (await alice.call("ScheduledMessages.Change", request)).scheduled
    assert changed.problem == ""
    await bobby.call("ScheduledMessages.Cancel", pb.CancelRequest(id=theirs.id))
    server.clock.advance(10)
    await settled(alice)
    assert await texts(bobby, log) == ["from alice"]


async def test_changing_and_cancelling(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    kept, dropped = await schedule(alice, log, "one"), await schedule(alice, log, "two")
    content = chat_pb2.Content(text="other words")
    request = pb.ChangeRequest(id=kept.id, content=content, at_ms=later(alice, 2 * HOUR_S))
    await alice.call("ScheduledMessages.Change", request)
    await alice.call("ScheduledMessages.Cancel", pb.CancelRequest(id=dropped.id))
    for client, name in ((bobby, kept.id), (alice, dropped.id), (alice, "nothing"), (alice, "")):
        with refused(NotFound, "no_such_message"):
            await client.call("ScheduledMessages.Cancel", pb.CancelRequest(id=name))
        with refused(NotFound, "no_such_message"):
            change = pb.ChangeRequest(id=name, content=content, at_ms=later(alice))
            await client.call("ScheduledMessages.Change", change)
    server.clock.advance(HOUR_S)
    await settled(alice)
    assert await texts(bobby, log) == []
    server.clock.advance(HOUR_S)
    await settled(alice)
    assert await texts(bobby, log) == ["other words"]


async def test_files_stay_readable_until_then(server: TestServer) -> None:
    """MSG14: a picture of somebody else's goes on, though it was recalled where it came from."""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    here, there = await server.conversation(alice, bobby), await server.conversation(bobby, carol)
    content = await file(alice, b"report")
    seq = await say(alice, here, content)
    sent, dropped = await schedule(bobby, there, content), await schedule(bobby, there, content)
    with refused(NotFound, "no_such_blob"):
        await read(carol, content.file.blob)
    await recall(alice, here, seq)
    assert await read(bobby, content.file.blob) == b"report"
    await bobby.call("ScheduledMessages.Cancel", pb.CancelRequest(id=dropped.id))
    server.clock.advance(HOUR_S)
    await settled(bobby)
    assert await read(carol, content.file.blob) == b"report"
    assert sent.content == content
    copy = (await get(carol, there)).head
    await recall(bobby, there, copy)
    for client in (bobby, carol):
        with refused(NotFound, "no_such_blob"):
            await read(client, content.file.blob)


async def test_bad_wishes(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await server.conversation(alice, bobby)
    with refused(Unauthenticated, "signed_out"):
        await schedule(Client(server), log)
    with refused(NotFound, "no_such_log"):
        await schedule(carol, log)
    for seconds in (-1.0, 0.0, 9.999, 365 * 24 * HOUR_S + 1.0):
        with refused(InvalidArgument, "bad_time"):
            await schedule(alice, log, "x", seconds)
    with refused(InvalidArgument, "empty"):
        await schedule(alice, log, " ")
    with refused(PermissionDenied, "server_only"):
        await schedule(alice, log, chat_pb2.Content(bundle=chat_pb2.Bundle()))
    assert await waiting(alice) == []


async def test_a_bounded_number(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    for _ in range(SCHEDULED_MAX):
        await schedule(alice, log)
        server.clock.advance(1)  # the pace
    with refused(ResourceExhausted, "too_many_scheduled"):
        await schedule(alice, log)
    await schedule(bobby, log)
    for _ in range(30):
        await schedule(bobby, log, "界" * 8_000)
    with refused(ResourceExhausted, "too_many_scheduled"):
        for _ in range(10):
            await schedule(bobby, log, "界" * 8_000)
    assert 31 <= len(await waiting(bobby)) < 41
