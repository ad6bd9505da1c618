"""Requests and replies, by the rules of docs/protocol/connection.md: CONN12 to CONN18."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hutong.platform import connection as connection_module
from hutong.platform.connection import (
    MESSAGE_BYTES_MAX,
    REQUESTS_OF_A_PACKET_MAX,
    REQUESTS_UNDER_WAY_MAX,
    Connection,
)
from hutong.platform.errors import (
    AlreadyExists,
    NotFound,
)
from hutong.platform.outgoing import WAITING_BYTES_MAX
from hutong.schema import chat_pb2, contacts_pb2, identity_pb2, link_pb2, log_pb2
from hutong.testing import Client, TestServer
from tests.platform.scene import group, held_writer, reason, say, say_now, settle, stored, submit, text, until
from tests.platform.talking import farewell, listen, packet, request

PROTOCOL_ERROR = link_pb2.Goodbye.REASON_PROTOCOL_ERROR


async def test_request_ids(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONN12: 0 and one that is under way are protocol errors; an answered one may be used again."""
    (alice,) = await server.people("alice")
    heard = listen(alice, monkeypatch)

    def answers() -> int:
        return sum(reply.id == 5000 for said in heard for reply in said.replies)

    for times in (1, 2):
        alice.connection.receive(packet(request(server, 5000)))
        await until(lambda: answers() == times)  # noqa: B023
    assert farewell(alice) is None
    async with held_writer(server):
        mark = server.method("Chat.Mark")
        under_way = link_pb2.Request(id=5000, method=mark.id)
        alice.connection.receive(packet(under_way, under_way))
        assert farewell(alice) == PROTOCOL_ERROR
    other = Client(server)
    other.connection.receive(packet(request(server, 0)))
    assert farewell(other) == PROTOCOL_ERROR


async def test_replies_come_in_any_order(server: TestServer) -> None:
    """CONN12: a slow request holds up nobody behind it."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    async with held_writer(server):
        slow = say_now(alice, log, "slow")
        await alice.call("Chat.List", chat_pb2.ListRequest())
        assert not slow.done()
    assert not await reason(slow)


async def test_writes_carry_a_key(server: TestServer) -> None:
    """CONN13: refused before it has any effect"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    before = await stored(server, log)
    method = server.method("Chat.Send")
    body = text(log, "x").SerializeToString()
    for key in (b"", b"x", b"x" * 15, b"x" * 17, b"x" * 5000):
        assert await reason(alice.request(method, body, key)) == "no_key"
    assert await stored(server, log) == before


async def test_a_retry_gets_the_first_answer(server: TestServer) -> None:
    """CONN13, on this connection and a later one; the effect happens once"""
    alice, bobby = await server.friends("alice", "bobby")
    ask = chat_pb2.CreateGroupRequest(title="Group", users=[bobby.user])
    key = server.new_key()
    first = await alice.call("Chat.CreateGroup", ask, key=key)
    assert await alice.call("Chat.CreateGroup", ask, key=key) == first
    alice.disconnect()
    alice.connect()
    await alice.resume()
    assert await alice.call("Chat.CreateGroup", ask, key=key) == first
    assert len((await alice.call("Chat.List", chat_pb2.ListRequest())).conversations) == 1


async def test_a_key_is_not_used_for_two_things(server: TestServer) -> None:
    """CONN13, between methods, messages included"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    rename = chat_pb2.RenameRequest(log=log, title="New")
    requests = [
        ("Chat.Rename", rename),
        ("Chat.Rename", chat_pb2.RenameRequest(log=log, title="Other")),
        ("Chat.Send", text(log, "hello")),
        ("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True)),
    ]
    for first, ask in (requests[0], requests[2]):
        key = server.new_key()
        await alice.call(first, ask, key=key)
        for name, other in requests:
            if (name, other) == (first, ask):
                continue
            with pytest.raises(AlreadyExists) as refused:
                await alice.call(name, other, key=key)
            assert refused.value.reason == "key_reused"


async def test_a_lost_reply_is_made_up_for_by_a_retry(server: TestServer) -> None:
    """CONN14, what the server owes to it: the connection ends between commit and reply."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    key = server.new_key()
    async with held_writer(server):
        lost = say_now(alice, log, "once", key)
        alice.disconnect()
    with pytest.raises(ConnectionError):
        await lost
    alice.connect()
    await alice.resume()
    assert (await say(alice, log, "once", key)).seq == 2
    assert len(await stored(server, log)) == 2


async def test_deadlines_of_writes(server: TestServer) -> None:
    """CONN15: answered in time, though the write may happen; the retry tells."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    method, body, key = server.method("Chat.Send"), text(log, "late").SerializeToString(), server.new_key()
    async with held_writer(server):
        late = alice.request(method, body, key, deadline_ms=100)
        patient = say_now(alice, log, "patient")
        server.clock.advance(0.2)
        assert await reason(late) == "deadline"
        assert not patient.done()
    assert not await reason(patient)
    assert (await say(alice, log, "late", key)).seq == 2
    assert len(await stored(server, log)) == 3


async def test_an_answer_that_is_too_late_does_not_answer_another_request(server: TestServer) -> None:
    """CONN15, CONN12: the id may be in use again by then."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    replies: list[link_pb2.Reply] = []

    def collect(message: bytes) -> None:
        replies.extend(link_pb2.Packet.FromString(message).replies)

    method = server.method("Chat.Send").id
    alice.carrier.client = None
    async with held_writer(server):
        for words in ("late", "again"):
            body = text(log, words).SerializeToString()
            ask = link_pb2.Request(
                id=7777,
                method=method,
                key=server.new_key(),
                body=body,
                deadline_ms=100 if words == "late" else 0,
            )
            alice.connection.receive(packet(ask))
            server.clock.advance(0.2)
    await settle(server)
    for message in alice.carrier.unread:
        collect(message)
    assert [(reply.id, reply.error.reason) for reply in replies] == [(7777, "deadline"), (7777, "")]
    assert chat_pb2.SendReply.FromString(replies[1].body).seq == 3


async def test_deadlines_of_reads(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONN15"""
    (alice,) = await server.people("alice")
    service = server.method("Log.Read").handler.__self__  # type: ignore[attr-defined]

    async def never(_work: Callable[[object], object]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(service, "_read", never)
    body = log_pb2.ReadRequest(log=alice.inbox).SerializeToString()
    assert await reason(alice.request(server.method("Log.Read"), body, deadline_ms=20)) == "deadline"
    await alice.call("Chat.List", chat_pb2.ListRequest())


async def test_deadlines_run_while_a_request_waits_for_a_sign_in(server: TestServer) -> None:
    """CONN15, CONN8: from the arrival"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    alice.connect()
    signature = alice.key.sign(b"hutong resume v2\x00" + alice.connection.binding)
    resume = submit(
        alice, "Identity.Resume", identity_pb2.ResumeRequest(device=alice.device, signature=signature)
    )
    body = text(log, "late").SerializeToString()
    late = alice.request(server.method("Chat.Send"), body, server.new_key(), deadline_ms=100)
    patient = say_now(alice, log, "patient")
    server.clock.advance(0.2)
    assert not await reason(resume)
    assert await reason(late) == "deadline"
    assert not await reason(patient)
    assert len(await stored(server, log)) == 2  # what is too late already is not begun


async def test_requests_under_way_are_bounded(server: TestServer) -> None:
    """CONN16"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    async with held_writer(server):
        under_way = [say_now(alice, log, f"{number}") for number in range(REQUESTS_UNDER_WAY_MAX)]
        beyond = [say_now(alice, log, "beyond") for _ in range(3)]
        assert [await reason(each) for each in beyond] == ["too_many_requests"] * 3
        assert not any(each.done() for each in under_way)
        others = say_now(bobby, log, "mine")  # the bound is each connection's own
    assert {await reason(each) for each in (*under_way, others)} == {""}
    assert not await reason(say_now(alice, log, "room again"))


async def test_requests_before_a_sign_in_are_bounded(server: TestServer) -> None:
    """CONN16, CONN8"""
    client = Client(server)
    replies = [submit(client, "Identity.Resume", identity_pb2.ResumeRequest())]
    replies += [
        submit(client, "Chat.List", chat_pb2.ListRequest()) for _ in range(REQUESTS_UNDER_WAY_MAX + 4)
    ]
    reasons = [await reason(reply) for reply in replies]
    waiting = ["signed_out"] * (REQUESTS_UNDER_WAY_MAX - 1)
    assert reasons == ["no_such_device", *waiting, *["too_many_requests"] * 5]


async def test_a_packet_of_countless_requests(server: TestServer) -> None:
    """CONN16: answering each would hold up everybody"""
    client = Client(server)
    few = [request(server, number + 1) for number in range(REQUESTS_OF_A_PACKET_MAX)]
    client.connection.receive(packet(*few))
    assert farewell(client) is None
    client.connection.receive(packet(*few, request(server, 9000)))
    assert farewell(client) == PROTOCOL_ERROR


async def test_what_waits_for_a_sign_in_is_bounded(server: TestServer) -> None:
    """CONN8: by the bytes it came in, also those that no request names"""
    client = Client(server)
    async with held_writer(server):
        asked = identity_pb2.SignUpRequest(
            handle="alice", name="Alice", password="correct horse", device=client.new_device()
        )
        signing_up = submit(client, "Identity.SignUp", asked)
        size = MESSAGE_BYTES_MAX - 100
        replies: list[asyncio.Future[link_pb2.Reply]] = []
        for _ in range(WAITING_BYTES_MAX // size + 2):
            future: asyncio.Future[link_pb2.Reply] = asyncio.get_running_loop().create_future()
            number = 7000 + len(replies)
            client._replies[number] = future
            ask = request(server, number)
            # A field that nobody knows: kept with the request, and not counted by its body.
            unknown = b"\xfa\x3f" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + bytes(size)
            client.connection.receive(packet(ask) + unknown)
            replies.append(future)
        assert await reason(replies[-1]) == "too_many_requests"
        assert not replies[0].done()
    assert not await reason(signing_up)
    assert not await reason(replies[0])
    assert not await reason(submit(client, "Chat.List", chat_pb2.ListRequest()))


async def test_unknown_methods(server: TestServer) -> None:
    """CONN17, signed in and out; without looking at body or key"""
    (alice,) = await server.people("alice")
    for client in (alice, Client(server)):
        replies: list[link_pb2.Reply] = []
        client._replies.clear()
        for number in (0, 1, 99_999, 2**32 - 1):
            future: asyncio.Future[link_pb2.Reply] = asyncio.get_running_loop().create_future()
            client._replies[7000 + number % 7000] = future
            ask = link_pb2.Request(id=7000 + number % 7000, method=number, body=b"\xff")
            client.connection.receive(packet(ask))
            replies.append(await asyncio.wait_for(future, 10))
        assert {(each.error.code, each.error.reason) for each in replies} == {
            (link_pb2.CODE_NOT_FOUND, "unknown_method")
        }


async def test_an_answer_that_is_too_large_says_so(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONN4, for replies"""
    alice, bobby = await server.friends("alice", "bobby")
    await server.conversation(alice, bobby)
    monkeypatch.setattr(connection_module, "MESSAGE_BYTES_MAX", 1030)
    assert await reason(submit(alice, "Chat.List", chat_pb2.ListRequest())) == "reply_too_large"


async def test_a_slow_reader_is_cut_loose(server: TestServer) -> None:
    """CONN18, by the count of bytes; with a socket that is not read: tests/edge/test_slow_reader.py"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await bobby.follow(log)
    bobby.carrier.reading = False
    sent = 0
    while not bobby.carrier.closed:
        await say(alice, log, "界" * 8000)
        sent += 1
        assert sent < 1000
    assert bobby.carrier.waiting_bytes() < 5 * 1024 * 1024
    last = link_pb2.Packet.FromString(bobby.carrier.unread[-1])
    assert last.goodbye.reason == link_pb2.Goodbye.REASON_SLOW_READER
    assert not server.core.platform.sessions.online(bobby.user)
    bobby.connect()
    await bobby.resume()
    cursor = 1
    while cursor < sent + 1:
        page = (await bobby.follow(log, after=cursor)).pages[0]
        assert [event.seq for event in page.events] == list(range(cursor + 1, cursor + 1 + len(page.events)))
        cursor = page.events[-1].seq
    assert farewell(alice) is None


async def test_a_reply_storm_is_bounded_too(server: TestServer) -> None:
    """CONN18: for a client that asks and does not read"""
    client = Client(server)
    client.carrier.reading = False
    requests = [link_pb2.Request(id=number, method=1) for number in range(1, 150_000)]
    client.connection.receive(packet(*requests))
    assert client.carrier.closed
    assert client.carrier.waiting_bytes() < 1000


async def test_a_connection_that_ended_leaves_nothing_behind(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a follow or a sign-in was on its way."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    sessions = server.core.platform.sessions
    service = server.method("Log.Follow").handler.__self__  # type: ignore[attr-defined]
    read = service._read
    done = asyncio.Event()
    readings = 0

    async def cut(work: Callable[[object], object]) -> object:
        nonlocal readings
        readings += 1
        if readings == 1:
            bobby.disconnect()
        found: object = await read(work)
        if readings == 2:
            done.set()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(service, "_read", cut)
        with pytest.raises(ConnectionError):
            await bobby.follow(log)
        await asyncio.wait_for(done.wait(), 10)
        await settle(server)
    bobby.connect()
    signing_in = asyncio.ensure_future(bobby.resume())
    await asyncio.sleep(0)
    bobby.disconnect()
    with pytest.raises(ConnectionError):
        await signing_in
    alice.disconnect()
    await settle(server)
    assert not sessions.online(bobby.user)
    assert not sessions.online(alice.user)
    assert sessions._connections == set()
    assert sessions._followers == {}
    assert sessions._users == {}
    assert server.core.platform.bus._listeners == {}  # type: ignore[attr-defined]


async def test_shutting_down_says_so(server: TestServer) -> None:
    client = Client(server)
    server.core.platform.sessions.close()
    assert farewell(client) == link_pb2.Goodbye.REASON_SHUTDOWN


async def test_our_own_mistakes_are_not_told(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is answered with `internal`, without its text."""
    (alice,) = await server.people("alice")
    service = server.method("Log.Read").handler.__self__  # type: ignore[attr-defined]

    async def broken(_work: Callable[[object], object]) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(service, "_read", broken)
    reply = await submit(alice, "Log.Read", log_pb2.ReadRequest(log=alice.inbox))
    assert reply.error.code == link_pb2.CODE_INTERNAL
    assert "secret" not in str(reply)
    await alice.call("Chat.List", chat_pb2.ListRequest())


async def test_a_connection_is_made_by_no_more_than_its_carrier(server: TestServer) -> None:
    """What arrives after the end is dropped without a word."""
    client = Client(server)
    assert isinstance(client.connection, Connection)
    client.connection.closed()
    client.connection.closed()
    client.connection.receive(packet(ping=1))
    client.connection.goodbye(link_pb2.Goodbye.REASON_SHUTDOWN, "x")
    await settle(server)
    assert farewell(client) is None
    with pytest.raises(NotFound):
        await (await server.people("alice"))[0].call("Log.Read", log_pb2.ReadRequest(log="nothing"))
