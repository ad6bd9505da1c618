"""Connections of ours on real sockets of the loopback interface."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from hutong.protocols.tls13 import (
    ClientConfig,
    ClientConnection,
    Connection,
    Event,
    HandshakeCompleted,
    PeerClosed,
    ServerConfig,
    ServerConnection,
    TicketOffered,
    TicketReceived,
    TlsError,
)
from tests.tls13.pair import EventT, Store, data_of

HOST = "127.0.0.1"
WAIT_S = 30.0


class Live:
    """One end of a connection; `until` reads on until the events are as wanted."""

    def __init__(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, store: Store
    ) -> None:
        self.connection = connection
        self.reader = reader
        self.writer = writer
        self.store = store
        self.events: list[Event] = []
        self.ended = False

    async def flush(self) -> None:
        self.writer.write(self.connection.data_to_send())
        await self.writer.drain()

    async def until(self, satisfied: Callable[[Live], Any]) -> None:
        async with asyncio.timeout(WAIT_S):
            await self.flush()
            while not satisfied(self):
                data = await self.reader.read(65_536)
                assert data, f"the peer ended after {self.events}"
                try:
                    self.connection.receive(data, time.time())
                finally:
                    self._collect()
                    await self.flush()

    def _collect(self) -> None:
        fresh = self.connection.events()
        self.events += fresh
        for event in fresh:
            if isinstance(event, TicketOffered):
                assert isinstance(self.connection, ServerConnection)
                self.store.answer(self.connection, event)
                self.events += self.connection.events()

    @property
    def data(self) -> bytes:
        return data_of(self.events)

    def has(self, kind: type[EventT]) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    async def connected(self) -> HandshakeCompleted:
        await self.until(lambda live: live.has(HandshakeCompleted))
        return next(event for event in self.events if isinstance(event, HandshakeCompleted))

    async def ticket(self) -> TicketReceived:
        await self.until(lambda live: live.has(TicketReceived))
        return next(event for event in self.events if isinstance(event, TicketReceived))

    async def more(self) -> None:
        """Read until something happens."""
        seen = len(self.events)
        await self.until(lambda live: len(live.events) > seen)

    async def send(self, data: bytes) -> None:
        self.connection.send(data)
        await self.flush()

    async def closed_by_peer(self) -> None:
        await self.until(lambda live: live.has(PeerClosed))

    async def close(self) -> None:
        self.connection.close()
        await self.flush()


@asynccontextmanager
async def connect(config: ClientConfig, port: int) -> AsyncIterator[Live]:
    """A client of ours that has sent its first flight."""
    reader, writer = await asyncio.open_connection(HOST, port)
    live = Live(
        ClientConnection(config, random=secrets.token_bytes, now=time.time()), reader, writer, Store()
    )
    try:
        await live.flush()
        yield live
    finally:
        await _end(writer)


@asynccontextmanager
async def listen(
    config: ServerConfig, serve: Callable[[Live], Any], store: Store | None = None
) -> AsyncIterator[tuple[int, list[Any]]]:
    """A server of ours: gives its port, and what `serve` returned or raised for each connection so far."""
    results: list[Any] = []
    kept = store or Store()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        live = Live(
            ServerConnection(config, random=secrets.token_bytes, now=time.time()), reader, writer, kept
        )
        try:
            results.append(await serve(live))
        except (TlsError, AssertionError, TimeoutError, ConnectionError) as error:
            results.append(error)
        finally:
            await _end(writer)

    server = await asyncio.start_server(take, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1], results
    finally:
        server.close()
        await server.wait_closed()


async def eventually(satisfied: Callable[[], Any]) -> None:
    """Wait for something another task does."""
    async with asyncio.timeout(WAIT_S):
        while not satisfied():  # noqa: ASYNC110 - what it waits for is no event
            await asyncio.sleep(0.01)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
