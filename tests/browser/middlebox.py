"""What stands between a browser and its server: a proxy that may refuse WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator

from tests.browser.conftest import Server

HEAD_BYTES_MAX = 64 * 1024
PIECE_BYTES = 64 * 1024
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Middlebox:
    """Passes TCP connections on to one port of this machine, as it is told to."""

    def __init__(self, target_port: int) -> None:
        self.url = ""
        self.passes_websockets = True
        self.websockets_refused = 0
        self._target_port = target_port
        self._connections: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on a port of its own; `url` says where."""
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        self.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            listener.close()
            await self.cut()
            await listener.wait_closed()

    async def cut(self) -> None:
        """End every connection there is, without a farewell of either side."""
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._pass_on(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with _closing(writer):
                head = await reader.readuntil(b"\r\n\r\n")
                if not self.passes_websockets and b"\r\nupgrade: websocket\r\n" in head.lower():
                    self.websockets_refused += 1
                    writer.write(REFUSAL)
                    await writer.drain()
                    return
                server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
                async with _closing(server_writer):
                    server_writer.write(head)
                    await _either(_pump(reader, server_writer), _pump(server_reader, writer))


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _either(*pumps: Coroutine[None, None, None]) -> None:
    """Run both until one of them ends."""
    tasks = [asyncio.create_task(pump) for pump in pumps]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nobody else is given, and that a server which sets SO_REUSEADDR may still listen on."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextlib.asynccontextmanager
async def behind_middlebox(server: Server) -> AsyncIterator[Middlebox]:
    """Run `server` so that it knows itself, and is known, by the address of a middlebox only."""
    with reserved_port() as port:
        middlebox = Middlebox(port)
        async with middlebox.open():
            server.listen(port, middlebox.url)
            await server.start()
            try:
                yield middlebox
            finally:
                await server.stop()
