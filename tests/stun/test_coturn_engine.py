"""coturn in the built-in relay's place: one setting, the real program, what clients are told."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aioice
import pytest

from hutong.app import build_core
from hutong.cli.doctor_server import _examine_relay
from hutong.client.nat import discover_nat
from hutong.client.probe import IceUrl, stun_binding, turn_allocation
from hutong.edge.server import EdgeServer
from hutong.platform.clock import SystemClock
from hutong.platform.settings import Settings, load
from hutong.schema import peers_pb2
from hutong.testing import TestServer

from .external_tools import require
from .loopback import HOST, SECRET
from .test_relay_interop import until_answered


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[int]:
    """Run coturn on a free port; yield the port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        require("turnserver"),
        *("-n", "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}", "--realm=elsewhere"),
        *(f"--listening-ip={HOST}", f"--listening-port={port}", f"--relay-ip={HOST}"),
        *("--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--log-file=stdout"),
        *(f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'db'}", "--relay-threads=1"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until_answered(port)
        yield port
    finally:
        process.kill()
        await process.wait()


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_clients_are_sent_to_coturn_and_it_takes_them(tmp_path: Path) -> None:
    """TURN4: URLs and credentials of `GetIceServers` work, from STUN to two ICE agents."""
    async with coturn(tmp_path) as port:
        setting = f"coturn://{SECRET.decode()}@{HOST}:{port}"
        async with TestServer.run(tmp_path / "server", clock=SystemClock(), relay_coturn=setting) as server:
            people = await server.people("alice", "bobby")
            replies = [
                await each.call("Peers.GetIceServers", peers_pb2.GetIceServersRequest()) for each in people
            ]
        stun, turn = replies[0].servers
        assert list(stun.urls) == [f"stun:{HOST}:{port}"]
        assert (await stun_binding(HOST, port)).host == HOST
        for url in turn.urls:
            relayed = await turn_allocation(IceUrl.parse(url), turn.username, turn.credential)
            assert relayed.host == HOST
        assert (await discover_nat(HOST, port)).mapped.host == HOST
        agents = [
            aioice.Connection(
                ice_controlling=number == 0,
                turn_server=(HOST, port),
                turn_username=reply.servers[1].username,
                turn_password=reply.servers[1].credential,
                transport_policy=aioice.TransportPolicy.RELAY,
            )
            for number, reply in enumerate(replies)
        ]
        await asyncio.gather(*(agent.gather_candidates() for agent in agents))
        for agent, other in (agents, reversed(agents)):
            for candidate in other.local_candidates:
                await agent.add_remote_candidate(candidate)
            await agent.add_remote_candidate(None)
            agent.remote_username, agent.remote_password = other.local_username, other.local_password
        await asyncio.gather(*(agent.connect() for agent in agents))
        await agents[0].send(b"question")
        assert await agents[1].recv() == b"question"
        await asyncio.gather(*(agent.close() for agent in agents))


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_the_built_in_relay_stays_off(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path, port=0, link_port=-1, relay_port=0, relay_coturn="coturn://north@192.0.2.1"
    )
    core = build_core(settings)
    edge = EdgeServer(core)
    await core.start()
    try:
        addresses = await edge.start()
        assert edge._relay is None
        assert addresses.endpoints.relay_port == 0
    finally:
        with contextlib.suppress(Exception):
            await edge.close()
        await core.close()


@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_doctor_looks_at_coturn(tmp_path: Path) -> None:
    async with coturn(tmp_path) as port:
        setting = f"coturn://{SECRET.decode()}@{HOST}:{port}"
        settings = load(environment={}, data=tmp_path, relay_coturn=setting)
        found = await _examine_relay(settings, running=True)
        assert [(each.check, each.result) for each in found] == [
            ("STUN", "ok"),
            ("TURN over UDP", "ok"),
            ("TURN over TCP", "ok"),
        ]
        wrong = load(environment={}, data=tmp_path, relay_coturn=f"coturn://south@{HOST}:{port}")
        found = await _examine_relay(wrong, running=True)
        assert [each.result for each in found] == ["ok", "problem", "problem"]
