"""Appending, by the rules of docs/protocol/log.md: LOG1 to LOG6, LOG12."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hutong.platform.errors import AlreadyExists, InvalidArgument
from hutong.platform.events import kind_of
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import (
    JumpingClock,
    group,
    held_writer,
    pair,
    reason,
    say,
    say_now,
    stored,
    text,
    texts,
)


async def test_gap_free_sequence(server: TestServer) -> None:
    """LOG1"""
    alice, bobby, log = await pair(server)
    stranger = (await server.people("carol"))[0]
    async with held_writer(server):
        replies = [
            say_now(client, log, f"{number}")
            for number in range(30)
            for client in (alice, stranger, bobby)  # a stranger's message fails each time
        ]
    answers = [await reply for reply in replies]
    acknowledged = [
        chat_pb2.SendReply.FromString(answer.body).seq for answer in answers if not answer.HasField("error")
    ]
    events = await stored(server, log)
    assert len(acknowledged) == 60
    assert [event.seq for event in events] == list(range(1, 62))
    assert acknowledged == list(range(2, 62))


async def test_a_number_never_changes_its_event(tmp_path: Path, clock: JumpingClock) -> None:
    """LOG1, across a restart"""
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, bobby, log = await pair(server)
        await say(alice, log, "one")
        before = await stored(server, log)
        device = alice
    async with TestServer.run(tmp_path, clock=clock) as server:
        device.server = server
        device.connect()
        await device.resume()
        assert (await say(device, log, "two")).seq == len(before) + 1
        assert (await stored(server, log))[: len(before)] == before
        del bobby


async def test_durable_before_anybody_is_told(
    server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG2: another process's view of the database has the event when the reply and the push arrive."""
    alice, bobby, log = await pair(server)
    await bobby.follow(log)
    outside = sqlite3.connect(tmp_path / "hutong.db")
    seen: dict[str, list[int]] = {"reply": [], "push": []}

    def count() -> int:
        return int(outside.execute("SELECT max(seq) FROM log_event WHERE log = ?", (log,)).fetchone()[0])

    def watch(client: Client, what: str) -> Callable[[bytes], None]:
        handle = client.handle

        def watched(message: bytes) -> None:
            seen[what].append(count())
            handle(message)

        return watched

    with monkeypatch.context() as patch:
        patch.setattr(alice, "handle", watch(alice, "reply"))
        patch.setattr(bobby, "handle", watch(bobby, "push"))
        for number in range(5):
            await say(alice, log, f"{number}")
        await bobby.until(lambda: len(texts(bobby, log)) == 5)
    outside.close()
    assert seen == {"reply": [2, 3, 4, 5, 6], "push": [2, 3, 4, 5, 6]}


async def test_group_commit(server: TestServer) -> None:
    """LOG3"""
    alice, bobby, log = await pair(server)
    writer = server.core.platform.writer
    async with held_writer(server):
        before = writer.commits
        replies = [say_now(client, log, "x") for _ in range(50) for client in (alice, bobby)]
    await asyncio.gather(*replies)
    assert writer.commits - before == 2  # the one that held the queue up, and one for all


async def test_large_groups_are_split_so_that_followers_keep_up(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG3, CONN18: what one commit pushes is far below what may wait for a connection."""
    alice, bobby, log = await pair(server)
    await bobby.follow(log)
    carrier_messages: list[int] = []
    handle = bobby.handle

    def watch(message: bytes) -> None:
        carrier_messages.append(len(message))
        handle(message)

    monkeypatch.setattr(bobby, "handle", watch)
    async with held_writer(server):
        before = server.core.platform.writer.commits
        replies = [say_now(alice, log, "界" * 8000) for _ in range(200)]
    await asyncio.gather(*replies)
    await bobby.until(lambda: len(texts(bobby, log)) == 200)
    assert bobby.goodbye is None
    assert server.core.platform.writer.commits - before > 3
    assert max(carrier_messages) <= 1024 * 1024


async def test_append_once_for_each_key(server: TestServer) -> None:
    """LOG4, in one group, and in a later one"""
    alice, bobby, log = await pair(server)
    key = server.new_key()
    async with held_writer(server):
        replies = [say_now(alice, log, "once", key) for _ in range(5)]
        other = say_now(bobby, log, "mine", key)  # keys belong to their author
    answers = {(await reply).body for reply in replies}
    server.clock.advance(60)
    later = await say(alice, log, "once", key)
    assert answers == {later.SerializeToString()}
    assert not await reason(other)
    assert [event.key for event in await stored(server, log)] == [None, key, key]


async def test_append_once_across_a_restart(tmp_path: Path, clock: JumpingClock) -> None:
    """LOG4"""
    key = b"k" * 16
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, _, log = await pair(server)
        first = await say(alice, log, "once", key)
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice.server = server
        alice.connect()
        await alice.resume()
        assert await say(alice, log, "once", key) == first
        assert len(await stored(server, log)) == 2


async def test_a_key_means_one_message(server: TestServer) -> None:
    """LOG4, CONN13: another body or log is refused and changes nothing."""
    alice, bobby, log = await pair(server)
    other = await group(alice, bobby)
    key = server.new_key()
    await say(alice, log, "once", key)
    before = await stored(server, log), await stored(server, other)
    for request in (text(log, "twice"), text(other, "once")):
        with pytest.raises(AlreadyExists) as refused:
            await alice.call("Chat.Send", request, key=key)
        assert refused.value.reason == "key_reused"
    assert (await stored(server, log), await stored(server, other)) == before


async def test_a_retry_after_a_recall_gets_the_first_answer(server: TestServer) -> None:
    """LOG4, LOG12"""
    alice, _, log = await pair(server)
    key = server.new_key()
    first = await say(alice, log, "oh no", key)
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=first.seq))
    assert await say(alice, log, "oh no", key) == first


async def test_time_never_goes_back(tmp_path: Path, clock: JumpingClock) -> None:
    """LOG5, within one process and across a restart"""
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, _, log = await pair(server)
        latest = (await say(alice, log, "now")).at_ms
        clock.jump_ms = -3_600_000
        assert (await say(alice, log, "an hour ago")).at_ms == latest
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice.server = server
        alice.connect()
        await alice.resume()
        assert (await say(alice, log, "still an hour ago")).at_ms == latest
        clock.jump_ms = 1000
        assert (await say(alice, log, "a second later")).at_ms == latest + 1000
        times = [event.at_ms for event in await stored(server, log)]
        assert times == sorted(times)


async def test_one_command_in_many_logs_is_all_or_nothing(server: TestServer) -> None:
    """LOG6"""
    logs = [f"test:{number}" for number in range(5)]

    def spread(tx: Transaction) -> None:
        for log in logs:
            tx.append(log, chat_pb2.MemberLeft(user="x"))

    def spread_and_fail(tx: Transaction) -> None:
        spread(tx)
        raise InvalidArgument("No.")

    writer = server.core.platform.writer
    with pytest.raises(InvalidArgument):
        await writer.work(spread_and_fail)
    assert [len(await stored(server, log)) for log in logs] == [0] * 5
    await writer.work(spread)
    assert [len(await stored(server, log)) for log in logs] == [1] * 5


async def test_an_event_larger_than_a_page_is_refused(server: TestServer) -> None:
    """LOG9: it would hide everything behind it from everybody. A field nobody knows is enough to make one."""
    alice, bobby, log = await pair(server)
    size = 900_000
    length = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    unknown = b"\xfa\x3f" + length + b"x" * size  # field 1023, bytes
    content = chat_pb2.Content(text="hi").SerializeToString() + unknown
    request = chat_pb2.SendRequest(log=log, content=chat_pb2.Content.FromString(content))
    with pytest.raises(InvalidArgument):
        await alice.call("Chat.Send", request)
    await say(alice, log, "after")
    page = (await bobby.follow(log)).pages[0]
    assert [event.seq for event in page.events] == [1, 2]


async def test_an_event_that_says_nothing_is_our_own_mistake(server: TestServer) -> None:
    """LOG12: everybody would take it for one that was erased"""
    writer = server.core.platform.writer
    with pytest.raises(AssertionError, match="DisappearingChanged"):
        await writer.work(lambda tx: tx.append("test:1", chat_pb2.DisappearingChanged(), author="alice"))
    assert await stored(server, "test:1") == []


async def test_recall_erases_the_body_and_keeps_the_place(server: TestServer) -> None:
    """LOG12"""
    alice, bobby, log = await pair(server)
    sent = await say(alice, log, "oh no")
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=sent.seq))
    page = (await bobby.follow(log)).pages[0]
    erased, recalled = page.events[1:]
    assert (erased.seq, erased.kind, erased.author, erased.at_ms, erased.body) == (
        sent.seq,
        kind_of(chat_pb2.MessageSent),
        alice.user,
        sent.at_ms,
        b"",
    )
    assert chat_pb2.MessageRecalled.FromString(recalled.body).seq == sent.seq
    assert b"oh no" not in b"".join(event.body for event in await stored(server, log))
