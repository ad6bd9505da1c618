"""The POST carrier over real HTTP."""

from __future__ import annotations

import asyncio
import os
import random
import re
from pathlib import Path

import pytest

from hutong.edge import post as post_module
from hutong.edge.post import BODY_BYTES_MAX, Session
from hutong.platform.clock import ManualClock
from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX
from hutong.platform.outgoing import WAITING_BYTES_MAX
from hutong.protocols.sealed import MESSAGE, ClientSession, verify
from hutong.schema import link_pb2
from tests.apart.person import Person
from tests.edge.listening import Listening, listening, packet, resume
from tests.edge.posting import Posting, framed, post, posting, unframed
from tests.edge.raw import connected
from tests.edge.sealed import Ended
from tests.platform.scene import say, until

ASK = packet(link_pb2.Request(id=1, method=99_999))


def connections(edge: Listening) -> int:
    return len(edge.server.core.platform.sessions._connections)


async def test_a_session_from_the_open_to_an_event(edge: Listening) -> None:
    """CONN22, SEAL4: the exporter is empty; what comes between polls waits for the next"""
    alice, bobby = await edge.server.friends("alice", "bobby")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    async with posting(edge.port) as client:
        assert re.fullmatch(r"[\w-]{43}", client.name)
        assert client.challenge.server_name == "Hutong"
        await client.say(packet(resume(edge.server, bobby, client)))
        assert not (await client.reply()).HasField("error")
        person = Person("bobby")
        person.link, person._number = client, 10
        await person.follow(log)
        await say(alice, log, "waits for a poll")
        await say(alice, log, "also")
        await person.hear("also")
        assert "waits for a poll" in person.heard()


async def test_an_open_and_early_requests_are_one_exchange(edge: Listening) -> None:
    """SEAL14: a short link: one POST asks, and its answer or the next brings the reply."""
    client = Posting(edge.port)
    client.session = session = ClientSession(verify(edge.server.core.keys.manifest), os.urandom)
    await client.carry(session.opening, *session.seal_early(ASK, MESSAGE))
    assert client.messages, "the first answer brings the ACCEPT"
    await client.accepted()
    assert (await client.reply()).error.reason == "too_early"  # only what is replay-safe is asked early


async def test_a_poll_waits_and_is_answered_when_there_is_something(edge: Listening) -> None:
    async with posting(edge.port) as client:
        waiting = asyncio.create_task(client.poll())
        sealer = client.session.sealer
        assert sealer is not None
        answer = await post(edge.port, framed(sealer.seal(ASK, MESSAGE)), client.name)
        # What brings messages takes none: two answers under way would have no order.
        assert (answer.status, answer.body) == (200, b"")
        (record,) = await asyncio.wait_for(waiting, 10)
        opened = client.session.receive(record)
        assert isinstance(opened, bytes)
        assert link_pb2.Packet.FromString(opened).replies[0].error.reason == "unknown_method"


async def test_a_poll_with_nothing_to_say_ends_empty(
    edge: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with posting(edge.port) as client:
        monkeypatch.setattr(post_module, "POLL_S", 0.1)
        assert await asyncio.wait_for(client.poll(), 10) == []


async def test_a_second_poll_ends_the_first(edge: Listening) -> None:
    """CONN23"""
    async with posting(edge.port) as client:
        session = client.session
        first = asyncio.create_task(client.poll())
        await polls_wait(edge, client)
        second = asyncio.create_task(client.poll())
        assert await asyncio.wait_for(first, 10) == []
        assert not second.done()
        assert session.sealer is not None
        await post(edge.port, framed(session.sealer.seal(ASK, MESSAGE)), client.name)
        assert len(await asyncio.wait_for(second, 10)) == 1


class _Request:
    """What a session looks at of a request: whether its client is still there."""

    def __init__(self, *, gone: bool = False) -> None:
        self._gone = gone

    async def receive(self) -> dict[str, str]:
        if not self._gone:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


async def a_session(edge: Listening) -> tuple[Posting, Session]:
    client = Posting(edge.port)
    await client.open()
    session = edge.posts._sessions[client.name]
    assert session._take() == b""
    return client, session


async def test_the_first_of_two_polls_takes_nothing_that_comes_then(edge: Listening) -> None:
    _, session = await a_session(edge)
    first = asyncio.create_task(session.poll(_Request()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    second = asyncio.create_task(session.poll(_Request()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    session.send(b"in the same moment")
    assert await asyncio.wait_for(first, 10) == b""
    assert await asyncio.wait_for(second, 10) == framed(b"in the same moment")


async def test_what_comes_as_a_client_goes_is_kept(edge: Listening) -> None:
    _, session = await a_session(edge)
    poll = asyncio.create_task(session.poll(_Request(gone=True)))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    session.send(b"kept")
    assert await asyncio.wait_for(poll, 10) is None
    assert await session.poll(_Request()) == framed(b"kept")  # type: ignore[arg-type]


async def test_what_brings_messages_takes_none(edge: Listening) -> None:
    """CONN23: two answers under way would have no order."""
    client, session = await a_session(edge)
    session.send(b"waits for a poll")
    assert client.session.sealer is not None
    answer = await post(edge.port, framed(client.session.sealer.seal(ASK, MESSAGE)), client.name)
    assert (answer.status, answer.body) == (200, b"")
    assert (await client.poll())[0] == b"waits for a poll"


async def polls_wait(edge: Listening, client: Posting) -> None:
    """Wait until a poll of the session waits in the server."""
    session = edge.posts._sessions[client.name]
    await until(lambda: session._poll is not None and not session._poll.done())


async def test_a_poll_whose_client_is_gone_takes_nothing(edge: Listening) -> None:
    async with posting(edge.port) as client:
        head = f"POST /link HTTP/1.1\r\nHost: x\r\nHutong-Session: {client.name}\r\nContent-Length: 0\r\n\r\n"
        async with connected(edge.port) as raw:
            await raw.write(head.encode())
            await polls_wait(edge, client)
        session = edge.posts._sessions[client.name]
        await until(lambda: session._requests == 0)
        await client.say(ASK)
        assert (await client.reply()).error.reason == "unknown_method"


async def test_deleting_ends_it(edge: Listening) -> None:
    async with posting(edge.port) as client:
        poll = asyncio.create_task(client.poll())
        await polls_wait(edge, client)
        assert connections(edge) == 1
        assert (await post(edge.port, b"", client.name, method="DELETE")).status == 200
        assert connections(edge) == 0
        assert await asyncio.wait_for(poll, 10) == []
        assert (await post(edge.port, b"", client.name)).status == 404
        assert (await post(edge.port, b"", client.name, method="DELETE")).status == 404
        assert (await post(edge.port, b"", method="DELETE")).status == 400
    assert len(edge.posts) == 0


async def test_a_goodbye_comes_before_the_end(edge: Listening) -> None:
    async with posting(edge.port) as client:
        await client.say(b"\x0f")
        assert await client.farewell() == link_pb2.Goodbye.REASON_PROTOCOL_ERROR
        with pytest.raises(Ended, match="404"):
            await client.poll()


async def test_silence_ends_it(tmp_path: Path) -> None:
    """CONN24"""
    clock = ManualClock()
    async with listening(tmp_path, edge_clock=clock) as edge, posting(edge.port) as client:
        clock.advance(post_module.SILENCE_S - 1)
        await client.say(ASK)
        await until(lambda: edge.posts._sessions[client.name]._silence is not None)
        clock.advance(post_module.SILENCE_S - 1)
        assert connections(edge) == 1
        clock.advance(2)
        assert connections(edge) == 0
        with pytest.raises(Ended, match="404"):
            await client.poll()


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\x00\x05abc",
        framed(b"x") + b"\x00",
        (CARRIER_MESSAGE_BYTES_MAX + 1).to_bytes(2, "big") + bytes(CARRIER_MESSAGE_BYTES_MAX + 1),
        framed(b"x" * 16_000) * (BODY_BYTES_MAX // 16_000 + 1),
    ],
    ids=["half a length", "half a message", "more than messages", "a large message", "a large body"],
)
async def test_bodies_that_are_no_messages(edge: Listening, body: bytes) -> None:
    assert (await post(edge.port, body)).status == 400
    async with posting(edge.port) as client:
        assert (await post(edge.port, body, client.name)).status == 400
        assert (await post(edge.port, b"", client.name)).status == 404
    assert connections(edge) == 0


async def test_sessions_that_do_not_begin(edge: Listening) -> None:
    assert (await post(edge.port, b"")).status == 400
    assert (await post(edge.port, b"", "x" * 43)).status == 404
    refused = await post(edge.port, framed(b"\x80 no OPEN"))
    assert refused.status == 200
    assert [each[0] for each in unframed(refused.body)] == [3]
    assert len(edge.posts) == 0


async def test_sessions_of_a_network_are_bounded(edge: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_module, "SESSIONS_OF_A_NETWORK_MAX", 2)
    async with posting(edge.port), posting(edge.port) as second:
        opening = ClientSession(None, os.urandom).opening
        refused = await post(edge.port, framed(opening))
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        await post(edge.port, b"", second.name, method="DELETE")
        assert (await post(edge.port, framed(opening))).status == 200


async def test_another_page_may_not_use_it(edge: Listening) -> None:
    """No CORS: the header alone makes a browser ask first, and the answer says nothing of permission."""
    asked = await post(
        edge.port,
        b"",
        method="OPTIONS",
        Origin="https://evil.example",
        **{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "hutong-session"},
    )
    assert asked.status in {404, 405, 503}
    answer = await post(edge.port, framed(b"x"), Origin="https://evil.example")
    for each in (asked, answer):
        assert not any(name.startswith("access-control") for name in each.headers)
    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers


async def test_who_does_not_poll_is_cut_loose(edge: Listening) -> None:
    """CONN18"""
    alice, bobby = await edge.server.friends("alice", "bobby")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    async with posting(edge.port) as client:
        await client.say(packet(resume(edge.server, bobby, client)))
        await client.reply()
        person = Person("bobby")
        person.link, person._number = client, 10
        await person.follow(log)
        sent = 0
        while edge.server.core.platform.sessions.online(bobby.user):
            words = random.Random(sent).randbytes(3900).hex()
            await say(alice, log, words)
            sent += 1
            assert sent * len(words) < 4 * WAITING_BYTES_MAX
        assert sent * 7800 > 0.4 * WAITING_BYTES_MAX
        assert len(edge.posts) == 0


async def test_a_file_goes_both_ways(edge: Listening) -> None:
    """SEAL13: bulk goes on at each poll that makes room"""
    data = random.Random(9).randbytes(700_000)
    async with posting(edge.port) as client:
        alice = Person("alice")
        await alice.sign_up(client)
        assert await alice.download(await alice.upload(data), len(data)) == data
