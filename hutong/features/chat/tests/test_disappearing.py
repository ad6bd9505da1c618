from __future__ import annotations

from pathlib import Path

import pytest

from hutong.features.chat import disappearing, expiry
from hutong.features.chat.tests.saying import edit, file, get, group, recall, say, sent, to
from hutong.features.files.tests.uploading import read
from hutong.platform.clock import ManualClock
from hutong.platform.errors import FailedPrecondition, NotFound
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb
from hutong.schema import log_pb2
from hutong.testing import Client, TestServer, refused

MINUTE_S = 60


async def disappear(client: Client, log: str, seconds: int = MINUTE_S) -> None:
    await client.call("Chat.SetDisappearing", pb.SetDisappearingRequest(log=log, seconds=seconds))


async def gone(server: TestServer, client: Client, log: str) -> list[list[int]]:
    """Wait until nothing is due; return what the conversation says has disappeared, event by event."""

    def due(tx: Transaction) -> int:
        return len(expiry.due(tx, tx.now_ms, 1))

    while await server.core.platform.writer.work(due):
        await client.call("Chat.List", pb.ListRequest())
    page = (await client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
    kind = 408
    return [
        list(pb.MessagesDisappeared.FromString(event.body).seqs)
        for event in page.events
        if event.kind == kind
    ]


async def test_messages_disappear_with_everything_that_hangs_on_them(server: TestServer) -> None:
    """MSG9"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    kept = await say(alice, log, "kept")
    await disappear(alice, log)
    seq = await say(alice, log, to(bobby.user, "@bob secret"))
    due_ms = server.clock.now_ms() + MINUTE_S * 1000
    assert (await sent(bobby, log, seq)).disappears_ms == due_ms
    assert (await sent(bobby, log, kept)).disappears_ms == 0
    await edit(alice, log, seq, to(bobby.user, "@bob secret too"))
    content = await file(alice, b"secret file")
    shown = await say(alice, log, content)
    server.clock.advance(MINUTE_S - 0.001)
    assert await gone(server, bobby, log) == []
    server.clock.advance(0.001)
    assert await gone(server, bobby, log) == [[seq, shown]]
    seen = await get(bobby, log)
    assert not any(b"secret" in event.body for event in seen.recent)
    assert (seen.unread, seen.mentioned) == (1, 0)
    assert (await sent(bobby, log, kept)).content.text == "kept"
    with refused(NotFound, "no_such_blob"):
        await read(bobby, content.file.blob)
    with refused(FailedPrecondition, "recalled"):
        await edit(alice, log, seq, "back")
    assert seen.recent[-1].author == ""  # the server says it


async def test_a_retry_after_the_setting_changed_is_the_same_message(server: TestServer) -> None:
    """LOG4: compared without the fields the server wrote"""
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await server.conversation(alice, bobby), server.new_key()
    await disappear(alice, log)
    request = pb.SendRequest(log=log, content=pb.Content(text="hello"))
    first = await alice.call("Chat.Send", request, key=key)
    await disappear(bobby, log, 0)
    server.clock.advance(1)
    assert await alice.call("Chat.Send", request, key=key) == first
    server.clock.advance(MINUTE_S)
    assert await gone(server, bobby, log) == [[first.seq]]
    assert await alice.call("Chat.Send", request, key=key) == first  # and does not come back
    assert (await sent(bobby, log, first.seq)) == pb.MessageSent()


async def test_what_was_recalled_does_not_disappear_again(server: TestServer) -> None:
    """MSG9"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await disappear(alice, log)
    first, second = await say(alice, log), await say(bobby, log)
    await recall(alice, log, first)
    server.clock.advance(MINUTE_S)
    assert await gone(server, bobby, log) == [[second]]


async def test_many_disappear_in_turns(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """MSG9: each once, in whatever batches"""
    monkeypatch.setattr(disappearing, "MESSAGES_AT_ONCE_MAX", 3)
    alice, bobby = await server.friends("alice", "bobby")
    logs = [await server.conversation(alice, bobby), await group(alice, bobby)]
    seqs: dict[str, list[int]] = {}
    for log in logs:
        await disappear(alice, log)
        seqs[log] = [await say(alice, log, str(number)) for number in range(5)]
    server.clock.advance(MINUTE_S)
    for log in logs:
        batches = await gone(server, bobby, log)
        assert sorted(seq for batch in batches for seq in batch) == seqs[log]
        assert max(map(len, batches)) <= 3


async def test_what_fell_due_while_the_server_was_down(tmp_path: Path, quick_passwords: None) -> None:
    """MSG9"""
    del quick_passwords
    clock = ManualClock()
    async with TestServer.run(tmp_path, clock=clock) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        await disappear(alice, log)
        early = await say(alice, log, "early")
        clock.advance(30)
        late = await say(alice, log, "late")
    clock.advance(30)
    async with TestServer.run(tmp_path, clock=clock) as server:
        again = await Client(server).log_in("bobby")
        assert await gone(server, again, log) == [[early]]
        clock.advance(30)
        assert await gone(server, again, log) == [[early], [late]]


async def test_a_sweep_that_fails_is_made_up_for(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """MSG9"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await disappear(alice, log)
    seq = await say(alice, log)
    failures = []

    def fail(*_: object) -> None:
        failures.append(1)
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "due", fail)
        server.clock.advance(MINUTE_S)
        await alice.until(lambda: failures)
        await alice.call("Chat.List", pb.ListRequest())
    assert (await sent(bobby, log, seq)).content.text == "hello"
    while (await sent(bobby, log, seq)).HasField("content"):
        server.clock.advance(10)
    assert await gone(server, bobby, log) == [[seq]]
