"""Devices behind a firewall that lets nothing but TLS through reach the relay over TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from hutong.client.peers.servers import ice_servers
from hutong.client.transfers import Way
from tests.client.live import PASSWORD, running
from tests.client.test_transfers import pair

# A TLS record that begins a handshake (RFC 8446, section 5.1).
HANDSHAKE = b"\x16"


class Firewall:
    """Stands where the relay is reached; what does not begin as TLS is cut off, and UDP has no way in."""

    def __init__(self, *, only_tls: bool = True) -> None:
        self.only_tls = only_tls
        self.plain_port = self.tls_port = 0
        self.passed = self.refused = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Listen; yield the one port that everything goes to."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            first = await reader.read(65536)
            tls = first[:1] == HANDSHAKE
            if self.only_tls and not tls:
                self.refused += 1
                writer.transport.abort()
                return
            self.passed += 1
            back, there = await asyncio.open_connection(
                "127.0.0.1", self.tls_port if tls else self.plain_port
            )
            there.write(first)
            with suppress(asyncio.CancelledError):
                await asyncio.gather(_pump(reader, there), _pump(back, writer))
            there.transport.abort()
        writer.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.transport.abort()


@pytest.mark.parametrize("only_tls", [True, False])
async def test_the_relay_over_tls_when_nothing_else_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, only_tls: bool
) -> None:
    """PEER14: UDP is tried, then TCP; only where that is cut off the relay is used over TLS."""
    firewall = Firewall(only_tls=only_tls)
    async with (
        running(
            tmp_path,
            tls="self-signed",
            rate_limit_factor=100,
            relay_port=0,
            relay_tls_port=0,
            relay_private_peers=True,
        ) as server,
        firewall.open() as port,
    ):
        endpoints = server.core.platform.endpoints
        firewall.plain_port, firewall.tls_port = endpoints.relay_port, endpoints.relay_tls_port
        endpoints.relay_port = endpoints.relay_tls_port = port
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server/tls/certificate.pem"))
        async with server.client("carol") as carol:
            await carol.sign_up("carol", PASSWORD)
            found = await ice_servers(carol._connection)
        assert not found.udp
        assert next(each.urls for each in found.usable) == [
            f"turns:127.0.0.1:{port}?transport=tcp" if only_tls else f"turn:127.0.0.1:{port}?transport=tcp"
        ]
        async with pair(server) as both:
            data = both.fill(300_000)
            waiting = asyncio.create_task(both.offered())
            sending = asyncio.create_task(
                both.lin.transfers.send(both.conversation, both.source, relay_only=True)
            )
            received = await both.bob.transfers.receive(await waiting, both.into, relay_only=True)
            assert received.path.read_bytes() == data
            assert (received.way, (await sending).way) == (Way.RELAYED, Way.RELAYED)
        assert (firewall.refused > 0) is only_tls
        assert firewall.passed > 0
