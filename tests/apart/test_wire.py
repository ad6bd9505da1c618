"""The wire between edge and core, both in this process: secrets, credit, bounds, broken frames."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.edge.apart import EdgeGate, RemoteCore, core_side, edge_side, wire
from hutong.edge.apart.frames import Kind
from hutong.edge.apart.wire import Secret, read_secret
from hutong.platform.leaf import sign_leaf
from hutong.platform.outgoing import WAITING_BYTES_MAX
from hutong.platform.settings import SettingsError
from hutong.protocols.tls13 import (
    ClientConfig,
    PublicKey,
    ServerConfig,
    ServerConnection,
    TicketOffered,
    TlsError,
    signatures,
)
from hutong.testing import TestServer
from tests.apart.nearby import SECRET, near, settings
from tests.apart.person import Person
from tests.edge.linking import RawLink, link
from tests.edge.raw import connected, websocket
from tests.edge.sealed import Ended
from tests.platform.scene import cheap_passwords, until


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_passwords(monkeypatch)


@pytest.mark.parametrize("kind", ["tcp", "unix"])
async def test_a_core_learns_where_its_edge_is(tmp_path: Path, kind: str) -> None:
    address = "127.0.0.1:0" if kind == "tcp" else f"unix:{tmp_path / 'core.sock'}"
    async with near(tmp_path, address) as both:
        if kind == "unix":
            assert (tmp_path / "core.sock").stat().st_mode & 0o077 == 0
        endpoints = both.server.core.platform.endpoints
        await until(lambda: endpoints.link_port == both.link_port)
        assert endpoints.public_url == f"http://127.0.0.1:{both.port}"
        assert both.remote.root == both.server.core.root
        async with link(both.link_port, both.remote.root) as raw:
            assert raw.challenge.server_name == "Hutong"


async def test_a_ticket_is_bound_through_the_wire(tmp_path: Path) -> None:
    async with near(tmp_path) as both:
        alice, bobby = Person("alice"), Person("bobby")
        async with link(both.link_port, both.remote.root) as raw:
            await alice.sign_up(raw)
            ticket, _ = await raw.until_tickets(2)
        async with websocket(both.port) as other:
            await bobby.sign_up(other)
        async with link(both.link_port, both.remote.root, ticket=ticket) as resumed:
            assert resumed.completed is not None
            assert resumed.completed.resumed
            with pytest.raises(AssertionError, match="UNAUTHENTICATED"):
                await bobby.resume(resumed)


async def test_a_wire_that_is_cut(tmp_path: Path) -> None:
    """Its clients are dropped, and find the edge connected again."""
    async with near(tmp_path) as both:
        alice = Person("alice")
        async with link(both.link_port, both.remote.root) as raw:
            await alice.sign_up(raw)
            assert both.remote._wire is not None
            both.remote._wire.abort()
            await raw.ended()
        await until(lambda: not both.server.core.platform.sessions.online(alice.user))
        await until(lambda: both.remote.ready)
        async with link(both.link_port, both.remote.root) as again:
            await alice.resume(again)


# ---- credit ----


async def test_a_slow_reader_is_seen_through_the_wire(tmp_path: Path) -> None:
    """CONN18, SEAL13: the core counts what has not left the edge, and bulk goes on when there is room."""
    async with near(tmp_path) as both:
        alice, bobby = Person("alice"), Person("bobby")
        noise = random.Random(1).randbytes(3_000_000)
        async with (
            link(both.link_port, both.remote.root) as raw,
            link(both.link_port, both.remote.root, receive_buffer_bytes=4096) as slow,
        ):
            await alice.sign_up(raw)
            await bobby.sign_up(slow)
            log = await alice.meet(bobby)
            blob = await alice.upload(noise)
            await bobby.follow(log)
            assert await bobby.download(await bobby.upload(noise), len(noise)) == noise
            (connection,) = [
                each for each in both.server.core.platform.sessions._connections if each.user == bobby.user
            ]
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            sent = 0
            while both.server.core.platform.sessions.online(bobby.user):
                await alice.say(log, random.Random(sent).randbytes(3900).hex())
                sent += 1
                assert connection._channel.waiting_bytes() <= WAITING_BYTES_MAX + 100_000
                assert sent < 5000, "it is never cut loose"
            slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
            await slow.ended()
            await alice.say(log, "everybody else goes on")
            assert await alice.download(blob, len(noise)) == noise
        assert both.server.core.platform.metrics.slow_readers._value.get() == 1


async def test_a_stuck_core_does_not_fill_the_edges_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with near(tmp_path) as both, link(both.link_port, both.remote.root) as raw:
        monkeypatch.setattr(edge_side, "WIRE_BYTES_MAX", -1)
        await raw.say(b"")
        await raw.ended()


# ---- who may come ----


async def test_an_edge_with_another_secret_gets_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_side, "START_TIMEOUT_S", 0.5)
    async with near(tmp_path) as both:
        stranger = RemoteCore(both.remote.settings, Secret(b"x" * 32))
        with pytest.raises(OSError, match="does not answer"):
            await stranger.start()
        assert len(both.gate._edges) == 1
        async with websocket(both.port) as raw:
            assert raw.challenge.server_name == "Hutong"


async def test_a_core_with_another_secret_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_side, "START_TIMEOUT_S", 0.5)
    async with TestServer.run(tmp_path / "core", core_address="127.0.0.1:0") as server:
        gate = EdgeGate(server.core, Secret(b"x" * 32))
        remote = RemoteCore(settings(tmp_path, await gate.start()), SECRET)
        with pytest.raises(OSError, match="does not answer"):
            await remote.start()
        await gate.close()


class _Certified:
    """Believes whatever certificate it is shown; its own peer does not ask for one."""

    def verify(self, _chain: Sequence[bytes], _name: str | None, _now: float) -> PublicKey:
        return Ed25519PrivateKey.generate().public_key()


async def test_a_full_handshake_opens_no_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes without the secret is sent away, whatever it believes of the core."""
    monkeypatch.setattr(signatures, "verify", lambda *_: None)
    config = ClientConfig(verifier=_Certified(), alpn=(wire.ALPN,))
    async with near(tmp_path) as both:
        port = int(both.remote.settings.core_address.rpartition(":")[2])
        async with connected(port) as raw:
            stranger = RawLink(raw, config)
            await stranger.handshake()
            # Sooner than a wire that says nothing would be cut.
            async with asyncio.timeout(wire.SILENCE_S / 2):
                with contextlib.suppress(Ended):
                    while True:
                        await stranger.step()
            assert len(both.gate._edges) == 1


async def test_an_impostor_with_a_certificate_is_no_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge wants the secret shown, and nothing else will do."""
    monkeypatch.setattr(edge_side, "START_TIMEOUT_S", 2)
    root = Ed25519PrivateKey.generate()
    leaf = sign_leaf(root, root.public_key().public_bytes_raw(), "localhost", time.time_ns() // 1_000_000)
    config = ServerConfig(chain=(leaf,), key=root, alpn=(wire.ALPN,))
    alerts: list[str] = []

    async def impostor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tls = ServerConnection(config, random=os.urandom, now=time.time())
        try:
            while data := await reader.read(65536):
                tls.receive(data, time.time())
                if any(isinstance(event, TicketOffered) for event in tls.events()):
                    tls.resume(None)
                writer.write(tls.data_to_send())
        except TlsError as error:
            alerts.append(error.alert.name)
        writer.close()

    server = await asyncio.start_server(impostor, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(OSError, match="does not answer"):
        await RemoteCore(settings(tmp_path, address), SECRET).start()
    server.close()
    await server.wait_closed()
    assert set(alerts) == {"CERTIFICATE_UNKNOWN"}


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", bytes(1000)])
async def test_strangers_at_the_gate(tmp_path: Path, garbage: bytes) -> None:
    async with near(tmp_path) as both:
        port = int(both.remote.settings.core_address.rpartition(":")[2])
        async with connected(port) as raw:
            await raw.write(garbage)
            await raw.ended()
        async with websocket(both.port) as link_:
            assert link_.challenge.server_name == "Hutong"


async def test_strangers_who_say_nothing_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_side, "STRANGERS_MAX", 2)
    async with near(tmp_path) as both:
        port = int(both.remote.settings.core_address.rpartition(":")[2])
        async with connected(port) as first, connected(port), connected(port):
            await first.ended()
            assert len(both.gate._strangers) == 2


async def test_a_wire_that_says_nothing_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(wire, "SILENCE_S", 1.0)
    async with near(tmp_path) as both:
        (edge,) = both.gate._edges
        await asyncio.sleep(1.3)  # longer than the silence: pings keep it
        assert both.gate._edges == {edge}
        monkeypatch.setattr(both.remote._wire, "_beat", lambda: None)
        both.remote._wire._timer.cancel()  # type: ignore[union-attr]
        await until(lambda: edge not in both.gate._edges)
        await until(lambda: both.gate._edges and both.remote.ready)


# ---- frames ----


@pytest.mark.parametrize(
    "said",
    [
        (Kind.DATA, 7, b"x"),
        (Kind.TAKEN, 7, b"\0\0\0\1"),
        (Kind.OPEN, 0, bytes(3)),
        (Kind.OPEN, 7, b""),
        (Kind.OPEN, 7, b"\x05abc"),
        (Kind.OPEN, 7, bytes(4)),
        (Kind.HELLO, 0, b"no json"),
        (Kind.HELLO, 0, b"[]"),
        (Kind.HELLO, 0, b'{"relay_port": "x"}'),
        (Kind.HELLO, 0, b'{"other": 1}'),
        (Kind.WELCOME, 0, bytes(32)),
        (Kind.CERTIFIED, 0, b""),
        (Kind.IDENTIFIED, 7, bytes(16)),
    ],
)
async def test_a_wrong_frame_ends_the_wire_and_nothing_else(
    tmp_path: Path, said: tuple[Kind, int, bytes]
) -> None:
    async with near(tmp_path) as both:
        (edge,) = both.gate._edges
        assert both.remote._wire is not None
        both.remote._wire.send(*said)
        await until(lambda: edge not in both.gate._edges)
        await until(lambda: both.gate._edges and both.remote.ready)
        async with websocket(both.port) as raw:
            assert raw.challenge.server_name == "Hutong"


# ---- settings ----


@pytest.mark.parametrize("address", ["nowhere", ":1", "host:", "host:x", "host:70000"])
async def test_addresses_that_are_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="core_address"):
        await RemoteCore(settings(tmp_path, address), SECRET).start()


@pytest.mark.parametrize("content", [None, "", "zz", "00" * 31])
def test_secrets_that_are_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "edge.secret"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError):
        read_secret(path)
