"""A peer session that is called off in the middle of something: what it has opened is closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psutil
import pytest
from aiortc import RTCPeerConnection
from google.protobuf.message import Message as Body

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.peers.session import PeerSession
from hutong.client.pushes import Pushes
from hutong.client.transfers.sctp import install
from hutong.edge.relay import RelayServer
from hutong.protocols.stun import time_limited_credentials
from hutong.schema import peers_pb2 as pb
from tests.client.live import until
from tests.stun.loopback import HOST, SECRET, relay_server

# Turns of the loop after which it is called off.
TURNS = [0, 1, 2, 3, 4, 6, 8, 12]


class Desk:
    """The server's answers to one session."""

    def __init__(self, relay: RelayServer) -> None:
        self._relay = relay
        self.said: list[pb.Signal] = []

    async def call(self, method: Any, request: Body, **_options: Any) -> Any:
        if method is methods.GET_ICE_SERVERS:
            user, password = time_limited_credentials(SECRET, "lin", time.time(), 3600)
            urls = [f"stun:{HOST}:{self._relay.port}", f"turn:{HOST}:{self._relay.port}?transport=udp"]
            return pb.GetIceServersReply(
                servers=[pb.IceServer(urls=urls, username=user, credential=password)]
            )
        if isinstance(request, pb.SayRequest):
            self.said.append(request.signal)
            return pb.SayReply()
        assert isinstance(request, pb.FetchRequest)
        return pb.FetchReply()


def open_sockets() -> int:
    return len(psutil.Process().net_connections(kind="inet"))


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """Afterwards no socket may be open that was not before, and no task under way."""
    install()
    relay = relay_server()
    await relay.start()
    sockets, tasks = open_sockets(), asyncio.all_tasks()
    yield Desk(relay)
    await until(lambda: relay.allocation_count == 0)
    await until(lambda: open_sockets() == sockets)
    await until(lambda: asyncio.all_tasks() <= tasks)
    await relay.close()


def session_at(desk: Desk, gathering: asyncio.Event) -> tuple[PeerSession, asyncio.Task[None]]:
    def prepare(peer: RTCPeerConnection) -> None:
        peer.createDataChannel("files")

        def changed() -> None:
            if peer.iceGatheringState == "gathering":
                gathering.set()

        peer.on("icegatheringstatechange", changed)

    session = PeerSession(cast("Connection", desk), Pushes(), "one", offerer=True, prepare=prepare)
    return session, asyncio.create_task(session.run())


async def call_off_after(turns: int, running: asyncio.Task[None]) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    async with asyncio.timeout(20):
        await asyncio.wait([running])
    assert running.cancelled()


@pytest.mark.parametrize("turns", TURNS)
async def test_called_off_while_it_gathers(turns: int) -> None:
    """Sockets that aioice has opened by then, an address on the relay that it is about to get."""
    async with desk() as at, asyncio.timeout(60):
        gathering = asyncio.Event()
        _, running = session_at(at, gathering)
        await gathering.wait()
        assert not at.said
        await call_off_after(turns, running)


@pytest.mark.parametrize("turns", TURNS)
async def test_called_off_while_it_closes_one_to_begin_anew(turns: int) -> None:
    """The connection of before is closed whole, whoever waits for that."""
    async with desk() as at, asyncio.timeout(60):
        session, running = session_at(at, asyncio.Event())
        await until(lambda: at.said)
        session.rebuild()
        while session.peer is not None:  # noqa: ASYNC110  each turn counts
            await asyncio.sleep(0)
        await call_off_after(turns, running)


async def test_called_off_twice() -> None:
    """Who is impatient loses nothing either."""
    async with desk() as at, asyncio.timeout(60):
        _, running = session_at(at, asyncio.Event())
        await until(lambda: at.said)
        while not running.done():
            running.cancel()
            await asyncio.sleep(0)
        assert running.cancelled()
