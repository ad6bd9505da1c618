"""A server on real sockets in this process, and a wire that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hutong.app import Core, build_core
from hutong.client import Client
from hutong.edge.server import Addresses, EdgeServer
from hutong.features.contacts.api import Contacts
from hutong.platform.settings import Settings

PASSWORD = "correct horse"


class LiveServer:
    """Can be stopped and started again on the same folder and ports."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self._settings: dict[str, Any] = {"port": 0, "link_port": 0, "relay_port": -1, **settings}
        self.core: Core
        self.addresses: Addresses
        self._edge: EdgeServer

    async def start(self) -> None:
        self.core = build_core(Settings(data=self.folder / "server", **self._settings))
        await self.core.start()
        self._edge = EdgeServer(self.core)
        self.addresses = await self._edge.start()
        self._settings["port"] = self.addresses.port
        if self.addresses.link_port is not None:
            self._settings["link_port"] = self.addresses.link_port

    async def stop(self) -> None:
        # Goodbyes first, so that the listeners have nobody left to wait for.
        self.core.platform.sessions.close()
        await self._edge.close()
        await self.core.close()

    @property
    def url(self) -> str:
        if self._settings.get("tls") == "self-signed":
            return f"https://127.0.0.1:{self.addresses.port}#sha256={self.addresses.fingerprint}"
        return f"http://127.0.0.1:{self.addresses.port}"

    @property
    def link(self) -> str:
        return f"hutong://127.0.0.1:{self.addresses.link_port}#root={self.addresses.root}"

    def client(self, handle: str, address: str = "", **options: Any) -> Client:
        return Client(address or self.url, home=self.folder / handle, **options)

    async def befriend(self, one: Client, other: Client) -> None:
        contacts = self.core.platform.use(Contacts)
        a, b = one.me.user, other.me.user
        await self.core.platform.writer.work(lambda tx: contacts.connect(tx, a, b))


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[LiveServer]:
    server = LiveServer(folder, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Wire:
    """A TCP proxy: counts what goes through, and breaks when told."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.swallow_answers = False
        self.swallowed_bytes = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers |= {writer, back}
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer, answers=True))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        try:
            while data := await source.read(65536):
                if answers and self.swallow_answers:
                    self.swallowed_bytes += len(data)
                    continue
                sink.write(data)
        except OSError:
            pass
        finally:
            sink.transport.abort()


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.005)
