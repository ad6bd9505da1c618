"""Clients that do not read, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from hutong.edge import stream as stream_module
from hutong.edge import websocket as websocket_module
from hutong.platform.connection import WAITING_BYTES_MAX
from hutong.schema import link_pb2, log_pb2
from hutong.testing import Client
from tests.edge.listening import Listening, packet, resume, trusting
from tests.edge.raw import BINARY, Raw, frame, stream, websocket
from tests.platform.scene import say, until


@asynccontextmanager
async def sleeping(edge: Listening, carrier: str, device: Client, *logs: str) -> AsyncIterator[Raw]:
    """Sign in as a device, follow logs, and read nothing from then on."""
    follow = log_pb2.FollowRequest(cursors=[log_pb2.Cursor(log=log, after=1) for log in logs])
    method = edge.server.method("Log.Follow").id
    ask = link_pb2.Request(id=2, method=method, body=follow.SerializeToString())
    if carrier == "websocket":
        async with websocket(edge.port, receive_buffer_bytes=4096) as (link, challenge):
            await link.write(frame(BINARY, packet(resume(edge.server, device, challenge.nonce), ask)))
            assert [(await link.reply()).id for _ in range(2)] == [1, 2]
            link.writer.transport.pause_reading()  # type: ignore[attr-defined]
            yield link
    else:
        async with stream(edge.link_port, trusting(), receive_buffer_bytes=4096) as (other, challenge):
            await other.say(packet(resume(edge.server, device, challenge.nonce), ask))
            replies: list[link_pb2.Reply] = []
            while len(replies) < 2:
                replies += (await other.packet()).replies
            other.writer.transport.pause_reading()  # type: ignore[attr-defined]
            yield other


@pytest.mark.parametrize("carrier", ["websocket", "stream"])
async def test_a_slow_reader_is_cut_loose_and_catches_up(edge: Listening, carrier: str) -> None:
    """CONN18"""
    alice, bobby, carol = await edge.server.friends("alice", "bobby", "carol")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    sessions = edge.server.core.platform.sessions
    words = "界" * 8000
    sent = 0
    async with sleeping(edge, carrier, bobby, log) as link:
        (connection,) = [each for each in sessions._connections if each.user == bobby.user]
        while sessions.online(bobby.user):
            await say(alice, log, words)
            sent += 1
            waiting = connection._carrier.waiting_bytes()
            assert waiting <= WAITING_BYTES_MAX + 100_000
            assert sent * len(words.encode()) < 64 * 1024 * 1024, "it is never cut loose"
        assert sent * len(words.encode()) > WAITING_BYTES_MAX
        link.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await link.ended()
    assert edge.server.core.platform.metrics.slow_readers._value.get() == 1
    bobby.connect()
    await bobby.resume()
    cursor = 1
    while cursor < sent + 1:
        page = (await bobby.follow(log, after=cursor)).pages[0]
        assert page.events[0].seq == cursor + 1
        cursor = page.events[-1].seq
    await say(carol, await edge.server.conversation(carol, alice), "everybody else goes on")


@pytest.mark.parametrize("carrier", ["websocket", "stream"])
async def test_a_goodbye_does_not_wait_for_somebody_who_reads_nothing(
    edge: Listening, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is closed after a while, whether or not what was queued has left."""
    monkeypatch.setattr(stream_module, "LINGER_S", 0.2)
    monkeypatch.setattr(websocket_module, "LINGER_S", 0.2)
    alice, bobby = await edge.server.friends("alice", "bobby")
    log = await edge.server.conversation(alice, bobby)
    bobby.disconnect()
    sessions = edge.server.core.platform.sessions
    async with sleeping(edge, carrier, bobby, log) as link:
        (connection,) = [each for each in sessions._connections if each.user == bobby.user]
        port = link.writer.get_extra_info("sockname")[1]
        while connection._carrier.waiting_bytes() < 100_000:
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
    async with stream(edge.link_port, trusting()) as (link, _):
        await link.write((1000).to_bytes(4, "big") + b"x" * 10)
        edge.server.clock.advance(3 * edge.server.core.platform.settings.heartbeat_s + 1)
        await link.write(b"x")
        await asyncio.sleep(0.05)
        edge.server.core.platform.sessions.drop_idle()
        assert (await link.packet()).goodbye.reason == link_pb2.Goodbye.REASON_IDLE
        await link.ended()
