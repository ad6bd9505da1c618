"""Bytes and messages per second through TLS, ours and Python's, both ends in one loop on one core.

Each turn of the loop writes a burst. Of small messages, each is a record of its own in TLS alone, as each
is one of Python's; in the sealed layer each is a sealed record, and those of one turn leave in one TLS
record, as the link sends them.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import cast

from bench._certificate import Certificate, client_context
from hutong.client.framing import frame
from hutong.edge.framing import Cutter
from hutong.protocols.sealed import BULK, MESSAGE, Opener, Sealer
from hutong.protocols.sealed.wire import FRAGMENT_BYTES_MAX
from hutong.protocols.tls13 import (
    ApplicationData,
    ClientConfig,
    ClientConnection,
    Connection,
    PinnedKeys,
    ServerConfig,
    ServerConnection,
    pin_of,
)

RECORD_BYTES = 16 * 1024
SMALL_BYTES = 200
# What one turn of the loop writes.
BULK_BURST, SMALL_BURST = 4, 50


class _Paced(asyncio.Protocol):
    """Knows whether there is room; what writes says how."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.paused = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only

    def pause_writing(self) -> None:
        """Wait."""
        self.paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.paused = False

    def burst(self, message: bytes, count: int) -> None:
        """Write `count` copies."""
        raise NotImplementedError

    def close(self) -> None:
        """End."""
        self._transport.abort()


class _SslSender(_Paced):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ready.set()  # asyncio tells after the handshake

    def burst(self, message: bytes, count: int) -> None:
        for _ in range(count):
            self._transport.write(message)


class _SslReceiver(asyncio.Protocol):
    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count

    def data_received(self, data: bytes) -> None:
        self._count(len(data))


class _Ours(_Paced):
    """One end of our TLS, sealed if there are keys."""

    def __init__(self, tls: Connection, secret: bytes | None, count: Callable[[int], None]) -> None:
        super().__init__()
        self._tls = tls
        self._sealer = Sealer(secret) if secret else None
        self._opener = Opener(secret) if secret else None
        self._cutter = Cutter()
        self._count = count

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._write()

    def data_received(self, data: bytes) -> None:
        tls = self._tls
        tls.receive(data, time.time())
        for event in tls.events():
            if not isinstance(event, ApplicationData):
                continue
            if self._opener is None:
                self._count(len(event.data))
                continue
            for record in self._cutter.feed(event.data):
                message = self._opener.open(record)
                assert message is not None
                self._count(len(message))
        self._write()
        if tls.is_connected:
            self.ready.set()

    def burst(self, message: bytes, count: int) -> None:
        tls = self._tls
        if self._sealer is None:
            for _ in range(count):
                tls.send(message)
        else:
            klass = BULK if len(message) > SMALL_BYTES else MESSAGE
            tls.send(b"".join([frame(self._sealer.seal(message, klass)) for _ in range(count)]))
        self._write()

    def _write(self) -> None:
        if out := self._tls.data_to_send():
            self._transport.write(out)


async def _pump(sender: _Paced, message: bytes, burst: int, received: list[int], seconds: float) -> float:
    """Write bursts for a while; return bytes received per second."""
    await sender.ready.wait()
    begin, before = time.perf_counter(), received[0]
    deadline = begin + seconds
    while time.perf_counter() < deadline:
        if not sender.paused:
            sender.burst(message, burst)
        await asyncio.sleep(0)
    return (received[0] - before) / (time.perf_counter() - begin)


async def python_ssl(certificate: Certificate, *, size: int, burst: int, seconds: float) -> float:
    """Return bytes per second through Python's `ssl`."""
    loop = asyncio.get_running_loop()
    received = [0]

    def count(size_bytes: int) -> None:
        received[0] += size_bytes

    server = await loop.create_server(
        lambda: _SslReceiver(count), "127.0.0.1", 0, ssl=certificate.server_context()
    )
    port = server.sockets[0].getsockname()[1]
    _, sender = await loop.create_connection(_SslSender, "127.0.0.1", port, ssl=client_context())
    try:
        return await _pump(sender, bytes(size), burst, received, seconds)
    finally:
        sender.close()
        server.close()
        await server.wait_closed()


async def ours(certificate: Certificate, *, sealed: bool, size: int, burst: int, seconds: float) -> float:
    """Return bytes per second through our TLS, with or without the sealed layer."""
    loop = asyncio.get_running_loop()
    received = [0]
    secret = os.urandom(32) if sealed else None

    def count(size_bytes: int) -> None:
        received[0] += size_bytes

    server_config = ServerConfig(chain=(certificate.leaf,), key=certificate.key)
    client_config = ClientConfig(verifier=PinnedKeys([pin_of(certificate.key.public_key())]))

    def accept() -> _Ours:
        return _Ours(ServerConnection(server_config, random=os.urandom, now=time.time()), secret, count)

    server = await loop.create_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = ClientConnection(client_config, random=os.urandom, now=time.time())
    _, sender = await loop.create_connection(lambda: _Ours(client, secret, count), "127.0.0.1", port)
    try:
        return await _pump(sender, bytes(size), burst, received, seconds)
    finally:
        sender.close()
        server.close()
        await server.wait_closed()


async def measure(certificate: Certificate, seconds: float) -> dict[str, float]:
    """Return MB/s and messages/s of everybody; rounds take turns, as the machine is never quiet."""
    totals: dict[str, float] = {}
    rounds = 3
    for _ in range(rounds):
        for name, size, burst in (("bulk", RECORD_BYTES, BULK_BURST), ("small", SMALL_BYTES, SMALL_BURST)):
            share = {"size": size, "burst": burst, "seconds": seconds / rounds}
            unit = 1e6 if name == "bulk" else SMALL_BYTES
            # A sealed record of 16 KiB holds a marker, too.
            sealed_share = share | ({"size": FRAGMENT_BYTES_MAX} if name == "bulk" else {})
            for who, rate in (
                ("ssl", await python_ssl(certificate, **share)),  # type: ignore[arg-type]
                ("tls", await ours(certificate, sealed=False, **share)),  # type: ignore[arg-type]
                ("sealed", await ours(certificate, sealed=True, **sealed_share)),  # type: ignore[arg-type]
            ):
                totals[f"{name}_{who}"] = totals.get(f"{name}_{who}", 0) + rate / unit / rounds
    return totals
