"""Following, by docs/protocol/log.md: LOG7 to LOG17. Folding and catching up: test_log_fuzz.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.following import CURSORS_MAX, LogService
from hutong.platform.log import EVENT_BODY_BYTES_MAX, PAGE_BYTES_MAX, PAGE_EVENTS_MAX
from hutong.platform.sessions import FOLLOWS_MAX
from hutong.platform.writer import Append
from hutong.schema import chat_pb2, log_pb2
from hutong.testing import TestServer
from tests.platform.scene import (
    group,
    held_writer,
    pair,
    reason,
    say,
    say_now,
    settle,
    stored,
    submit,
    texts,
)


async def append(server: TestServer, log: str, body: bytes = b"", kind: int = 60_000) -> None:
    """Append an event of a kind nobody knows."""
    key = server.new_key()
    await server.core.platform.writer.submit(Append(log, kind, body, "server", key, lambda _tx: None))


def open_to_all(server: TestServer) -> None:
    """Let everybody read the logs called `test:...`."""
    server.core.platform.logs.register("test", lambda _read, _user, _name: 1)


async def test_an_event_during_follow_is_in_the_page_and_pushed(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG7: between the subscription and the reading nothing falls through."""
    alice, bobby, log = await pair(server)
    service = server.method("Log.Follow").handler.__self__  # type: ignore[attr-defined]
    assert isinstance(service, LogService)
    read = service._read
    readings = 0

    async def late(work: Callable[[sa.Connection], Any]) -> Any:
        nonlocal readings
        readings += 1
        if readings == 2:  # the first asks for permission, the second reads the pages
            await say(alice, log, "in between")
        return await read(work)

    monkeypatch.setattr(service, "_read", late)
    page = (await bobby.follow(log, after=1)).pages[0]
    assert [event.seq for event in page.events] == [2]
    assert texts(bobby, log) == ["in between"]


async def test_pushes_come_in_order(server: TestServer) -> None:
    """LOG8, what the server owes to it"""
    alice, bobby, log = await pair(server)
    await bobby.follow(log)
    replies = [say_now(client, log, f"{number}") for number in range(100) for client in (alice, bobby)]
    await asyncio.gather(*replies)
    await bobby.until(lambda: len(texts(bobby, log)) == 200)
    seqs = [event.seq for event in bobby.events if event.log == log]
    assert seqs == list(range(2, 202))


async def test_pages(server: TestServer) -> None:
    """LOG9"""
    (alice,) = await server.people("alice")
    open_to_all(server)
    for number in range(250):
        await append(server, "test:1", b"%d" % number)
    cursor = 0
    seqs: list[int] = []
    for _ in range(3):
        request = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log="test:1", after=cursor)])
        page = (await alice.call("Log.Follow", request)).pages[0]
        assert page.head == 250
        assert len(page.events) <= 100
        seqs += [event.seq for event in page.events]
        cursor = seqs[-1]
    assert seqs == list(range(1, 251))
    empty = (await alice.follow("test:1", after=250)).pages[0]
    assert (len(empty.events), empty.head) == (0, 250)
    for limit, error in ((PAGE_EVENTS_MAX, None), (PAGE_EVENTS_MAX + 1, InvalidArgument)):
        for name, asked in (
            ("Log.Follow", log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log="test:1")], limit=limit)),
            ("Log.Read", log_pb2.ReadRequest(log="test:1", limit=limit)),
        ):
            if error is None:
                await alice.call(name, asked)
            else:
                with pytest.raises(error):
                    await alice.call(name, asked)


async def test_pages_are_bounded_in_bytes_and_always_go_on(server: TestServer) -> None:
    """LOG9, CONN4: a page fits into a carrier message, and never stops short of the head for good."""
    (alice,) = await server.people("alice")
    open_to_all(server)
    logs = [f"test:{number}" for number in range(3)]
    for log in logs:
        for _ in range(3):
            await append(server, log, b"x" * EVENT_BODY_BYTES_MAX)
    cursors = dict.fromkeys(logs, 0)
    rounds = 0
    while any(cursor < 3 for cursor in cursors.values()):
        rounds += 1
        assert rounds <= 9, "a page brought nothing"
        behind = [log_pb2.Cursor(log=log, after=at) for log, at in cursors.items() if at < 3]
        reply = await alice.call("Log.Follow", log_pb2.FollowRequest(cursors=behind))
        assert reply.ByteSize() <= PAGE_BYTES_MAX + 10_000
        for page in reply.pages:
            cursors[page.log] = max([cursors[page.log], *[event.seq for event in page.events]])


async def test_what_does_not_fit_is_not_read(server: TestServer) -> None:
    """LOG9: somebody far behind asks again and again; each time most logs would be read for nothing."""
    (alice,) = await server.people("alice")
    open_to_all(server)
    logs = [f"test:{number}" for number in range(20)]
    for log in logs:
        for _ in range(2):
            await append(server, log, b"x" * EVENT_BODY_BYTES_MAX)
    read: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "ORDER BY log_event.seq" in statement:
            read.append(parameters[0])

    sa.event.listen(server.core.platform.read._engine, "before_cursor_execute", note)
    pages = (await alice.follow(*logs)).pages
    assert [page.head for page in pages] == [2] * len(logs)
    assert [len(page.events) for page in pages] == [1] + [0] * 19
    assert read == logs[:1]


async def test_forbidden_and_unknown_logs_look_the_same(server: TestServer) -> None:
    """LOG10"""
    alice, bobby, log = await pair(server)
    (carol,) = await server.people("carol")
    forbidden, unknown, inbox, odd, empty = (
        await carol.follow(log, "chat:0123456789ab", alice.inbox, "nothing:x", "chat:")
    ).pages
    for page in (forbidden, unknown, inbox, odd, empty):
        assert page.denied
        page.log = ""
        assert page == log_pb2.Page(denied=True)
    for name in (log, "chat:0123456789ab", bobby.inbox, "x", ""):
        with pytest.raises(NotFound) as refused:
            await carol.call("Log.Read", log_pb2.ReadRequest(log=name))
        assert refused.value.reason == "no_such_log"
    await say(alice, log, "secret")
    assert not carol.events


async def test_leaving_ends_following(server: TestServer) -> None:
    """LOG11"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await bobby.follow(log)
    async with held_writer(server):
        said = say_now(alice, log, "before")
        left = submit(bobby, "Chat.Leave", chat_pb2.LeaveRequest(log=log))
        after = say_now(alice, log, "after")  # in the same commit
    assert [await reason(each) for each in (said, left, after)] == ["", "", ""]
    await say(alice, log, "much later")
    await settle(server)
    assert "much later" not in texts(bobby, log)
    assert (await bobby.follow(log)).pages[0].denied
    with pytest.raises(NotFound):
        await bobby.call("Log.Read", log_pb2.ReadRequest(log=log))


async def test_a_follow_that_overlaps_with_leaving_does_not_stay(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG11, LOG7"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    service = server.method("Log.Follow").handler.__self__  # type: ignore[attr-defined]
    read = service._read
    readings = 0

    async def late(work: Callable[[sa.Connection], Any]) -> Any:
        nonlocal readings
        readings += 1
        found = await read(work)
        if readings == 1:  # allowed when asked, gone before the subscription
            await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
        return found

    monkeypatch.setattr(service, "_read", late)
    assert (await bobby.follow(log)).pages[0].denied
    await say(alice, log, "alone")
    await settle(server)
    assert not texts(bobby, log)


async def test_jumping_to_the_newest_page(server: TestServer) -> None:
    """LOG13, what the server owes to it"""
    (alice,) = await server.people("alice")
    open_to_all(server)
    for number in range(120):
        await append(server, "test:1", b"%d" % number)
    newest = (await alice.call("Log.Read", log_pb2.ReadRequest(log="test:1", limit=50))).page
    assert [event.seq for event in newest.events] == list(range(71, 121))
    assert newest.head == 120
    older = log_pb2.ReadRequest(log="test:1", before=71, limit=50)
    page = (await alice.call("Log.Read", older)).page
    assert [event.seq for event in page.events] == list(range(21, 71))
    between = log_pb2.ReadRequest(log="test:1", before=20, after=10)
    page = (await alice.call("Log.Read", between)).page
    assert [event.seq for event in page.events] == list(range(11, 20))


async def test_following_is_bounded(server: TestServer) -> None:
    """LOG14"""
    (alice,) = await server.people("alice")
    open_to_all(server)

    async def follow(start: int, count: int) -> log_pb2.FollowReply:
        return await alice.follow(*(f"test:{number}" for number in range(start, start + count)))

    with pytest.raises(ResourceExhausted):
        await follow(0, CURSORS_MAX + 1)
    for start in range(0, FOLLOWS_MAX, CURSORS_MAX):
        await follow(start, CURSORS_MAX)
    with pytest.raises(ResourceExhausted):
        await follow(FOLLOWS_MAX, 1)
    assert len(alice.connection.follows) == FOLLOWS_MAX
    await follow(0, CURSORS_MAX)  # those it follows already cost nothing
    unfollow = log_pb2.UnfollowRequest(logs=["test:0", "test:not-followed"])
    await alice.call("Log.Unfollow", unfollow)
    await follow(FOLLOWS_MAX, 1)


async def test_unknown_kinds_travel_like_any_other(server: TestServer) -> None:
    """LOG16, CONN17: what the server owes to an old client and to a new one"""
    alice, bobby, log = await pair(server)
    await bobby.follow(log)
    await append(server, log, b"\xff\x00 not even protobuf")
    await say(alice, log, "after")
    await bobby.until(lambda: texts(bobby, log))
    assert [(event.seq, event.kind) for event in bobby.events if event.log == log] == [(2, 60_000), (3, 401)]
    reply = await bobby.call("Chat.Get", chat_pb2.GetRequest(log=log, recent=10))
    assert [event.kind for event in reply.conversation.recent] == [403, 60_000, 401]
    assert reply.conversation.unread == 1


async def test_marks_are_monotone_notices(server: TestServer) -> None:
    """LOG17"""
    alice, bobby, log = await pair(server)
    for _ in range(3):
        await say(alice, log, "x")
    head = len(await stored(server, log))
    for delivered, read in ((4, 2), (3, 1), (4, 2), (0, 0)):
        await bobby.call("Chat.Mark", chat_pb2.MarkRequest(log=log, delivered=delivered, read=read))
    await settle(server)
    moved = [(mark.delivered, mark.read) for mark in alice.bodies(chat_pb2.MarkMoved)]
    assert moved == [(4, 2)]
    reply = await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))
    marks = {each.profile.user: (each.delivered, each.read) for each in reply.conversation.members}
    assert marks[bobby.user] == (4, 2)
    with pytest.raises(InvalidArgument):
        await bobby.call("Chat.Mark", chat_pb2.MarkRequest(log=log, read=head + 1))
    assert len(await stored(server, log)) == head
