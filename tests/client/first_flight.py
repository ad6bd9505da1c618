"""A TCP proxy that lets pass what a client says before it has heard anything, and holds the rest back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class FirstFlight:
    """`holding`: only first flights pass. What is held back passes when that ends."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open = asyncio.Event()
        self._open.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.held_bytes = 0
        self.port = 0

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FirstFlight]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.let_go()
            server.close()
            for pump in self._pumps:
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pumps.add(task)
        self.connections += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        answered = asyncio.Event()

        async def out() -> None:
            while data := await reader.read(65536):
                if answered.is_set() and not self._open.is_set():
                    self.held_bytes += len(data)
                    await self._open.wait()
                back.write(data)
            back.write_eof()

        async def home() -> None:
            while data := await there.read(65536):
                answered.set()
                writer.write(data)
            writer.close()

        try:
            with suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(out(), home())
        finally:
            writer.transport.abort()
            back.transport.abort()
            self._pumps.discard(task)
