"""Clients that do not read, on real sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psutil
import pytest

from hutong.edge import link as link_module
from hutong.edge import websocket as websocket_module
from hutong.platform.outgoing import WAITING_BYTES_MAX
from hutong.schema import link_pb2, log_pb2
from hutong.testing import Client
from tests.apart.person import Person
from tests.edge.linking import RawLink, link
from tests.edge.listening import Listening, listening, packet, resume, trusting
from tests.edge.raw import RawWebSocket, websocket
from tests.platform.scene import say, until


@asynccontextmanager
async def sleeping(
    edge: Listening, carrier: str, device: Client, *logs: str
) -> AsyncIterator[RawLink | RawWebSocket]:
    """Sign in as a device, follow logs, and read nothing from then on."""
    follow = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log=log, after=1) for log in logs])
    method = edge.server.method("Log.Follow").id
    ask = link_pb2.Request(id=2, method=method, body=follow.SerializeToString())
    opened: AbstractAsyncContextManager[RawLink | RawWebSocket] = (
        websocket(edge.port, receive_buffer_bytes=4096)
        if carrier == "websocket"
        else link(edge.link_port, edge.root, receive_buffer_bytes=4096)
    )
    async with opened as raw:
        await raw.say(packet(resume(edge.server, device, raw), ask))
        assert [reply.id for reply in await raw.replies(2)] == [1, 2]
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        yield raw


@pytest.mark.parametrize("carrier", ["websocket", "link"])
async def test_a_slow_reader_is_cut_loose_and_catches_up(edge: Listening, carrier: str) -> None:
    """CONN18"""
    alice, bobby, carol = await edge.server.friends("alice", "bobby", "carol")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    sessions = edge.server.core.platform.sessions
    words = "界" * 8000
    sent = 0
    async with sleeping(edge, carrier, bobby, log) as raw:
        (connection,) = [each for each in sessions._connections if each.user == bobby.user]
        while sessions.online(bobby.user):
            await say(alice, log, words)
            sent += 1
            waiting = connection._channel.waiting_bytes()
            assert waiting <= WAITING_BYTES_MAX + 100_000
            assert sent * len(words.encode()) < 64 * 1024 * 1024, "it is never cut loose"
        # What waits is counted as it travels, sealed and padded.
        assert sent * len(words.encode()) > 0.8 * WAITING_BYTES_MAX
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await raw.ended()
    assert edge.server.core.platform.metrics.slow_readers._value.get() == 1
    bobby.connect()
    await bobby.resume()
    cursor = 1
    while cursor < sent + 1:
        page = (await bobby.follow(log, after=cursor)).pages[0]
        assert page.events[0].seq == cursor + 1
        cursor = page.events[-1].seq
    await say(carol, await edge.server.conversation(carol, alice), "everybody else goes on")


@pytest.mark.parametrize("carrier", ["websocket", "secure websocket", "link"])
async def test_bulk_goes_on_when_there_is_room(tmp_path: Path, carrier: str) -> None:
    """SEAL13: more than the low water waits, again and again"""
    data = random.Random(3).randbytes(3_000_000)
    async with listening(tmp_path, tls="off" if carrier != "secure websocket" else "self-signed") as edge:
        opened: AbstractAsyncContextManager[RawLink | RawWebSocket] = (
            link(edge.link_port, edge.root, receive_buffer_bytes=4096)
            if carrier == "link"
            else websocket(
                edge.port,
                tls=trusting() if carrier == "secure websocket" else None,
                receive_buffer_bytes=4096,
            )
        )
        async with opened as raw:
            alice = Person("alice")
            await alice.sign_up(raw)
            blob = await alice.upload(data)
            assert await alice.download_at_once(blob, len(data)) == data


@pytest.mark.parametrize("carrier", ["websocket", "link"])
async def test_a_goodbye_does_not_wait_for_somebody_who_reads_nothing(
    edge: Listening, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is closed after a while, whether or not what was queued has left."""
    monkeypatch.setattr(link_module, "LINGER_S", 0.2)
    monkeypatch.setattr(websocket_module, "LINGER_S", 0.2)
    alice, bobby = await edge.server.friends("alice", "bobby")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    sessions = edge.server.core.platform.sessions
    async with sleeping(edge, carrier, bobby, log) as raw:
        (connection,) = [each for each in sessions._connections if each.user == bobby.user]
        port = raw.writer.get_extra_info("sockname")[1]
        while connection._channel.waiting_bytes() < 100_000:
            await say(alice, log, "界" * 8000)
        connection.goodbye(link_pb2.Goodbye.REASON_IDLE, "Nothing was heard.")
        assert server_sockets(port) == 1
        await until(lambda: server_sockets(port) == 0)


def server_sockets(peer_port: int) -> int:
    """Return how many sockets of this process are connected to that port."""
    return sum(
        1
        for each in psutil.Process().net_connections("tcp")
        if each.raddr and each.raddr.port == peer_port and each.status == psutil.CONN_ESTABLISHED
    )


async def test_silence_on_a_real_socket(edge: Listening) -> None:
    """CONN11: half a message is not a sign of life"""
    async with link(edge.link_port, edge.root) as raw:
        raw.tls.send((1000).to_bytes(2, "big") + b"x" * 10)
        await raw.flush()
        edge.server.clock.advance(3 * edge.server.core.platform.settings.heartbeat_s + 1)
        raw.tls.send(b"x")
        await raw.flush()
        await asyncio.sleep(0.05)
        edge.server.core.platform.sessions.drop_idle()
        assert await raw.farewell() == link_pb2.Goodbye.REASON_IDLE
        await raw.ended()
