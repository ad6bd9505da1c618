"""Both ends on real files, over real TCP connections that can be cut."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source

KEY = bytes(range(32))


class Ends:
    """A sender and a receiver, each of which can be ended and begun again, and the lines between them."""

    def __init__(self, path: Path, into: Path) -> None:
        self._path = path
        self._into = into
        self._into.mkdir(exist_ok=True)
        self._received_before_bytes = 0
        self._sent_before_bytes = 0
        self._server: asyncio.Server | None = None
        self._lines: set[DoorLine] = set()
        self.sender: SendingFiles
        self.receiver: ReceivingFiles

    async def start(self) -> None:
        await self.start_sender()
        await self.start_receiver()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._line(connecting=False), "127.0.0.1", 0)

    async def start_sender(self) -> None:
        self._source = await asyncio.to_thread(Source, self._path)
        self.sender = SendingFiles(self._source, lambda _bytes: None)

    async def start_receiver(self) -> None:
        landing = Landing(self._into, "0123456789ab")
        leaves = await asyncio.to_thread(landing.resume)
        manifest = self._source.manifest
        files = len(manifest.entries) if self._path.is_dir() else 0
        self.receiver = ReceivingFiles(
            landing, leaves, self._path.name, manifest.size_bytes, files, lambda _bytes: None
        )

    async def connect(self) -> None:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._line(connecting=True), host, port)

    def cut(self) -> None:
        """Lose every connection."""
        for line in list(self._lines):
            line.close()

    async def end_sender(self) -> None:
        self._sent_before_bytes += self.sender.sent_bytes
        await self.sender.close()

    async def end_receiver(self) -> None:
        self._received_before_bytes += self.receiver.received_bytes
        await self.receiver.close()

    @property
    def arrived_bytes(self) -> int:
        return self._received_before_bytes + self.receiver.received_bytes

    @property
    def sent_bytes(self) -> int:
        return self._sent_before_bytes + self.sender.sent_bytes

    @property
    def connected(self) -> bool:
        return bool(self._lines)

    async def close(self) -> None:
        self.cut()
        await self.sender.close()
        await self.receiver.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _line(self, *, connecting: bool) -> DoorLine:
        files = self.receiver if connecting else self.sender
        line = DoorLine(KEY, files, self._lines.discard, connecting=connecting)
        self._lines.add(line)
        return line
