"""Two QUIC lines on loopback, and who listens at their ends."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hutong.client.punch.quic_line import QuicLine
from hutong.client.transfers.line import Line
from hutong.protocols.punch import PrivateKey, Secrets
from hutong.protocols.stun import Address
from hutong.protocols.transfer import Piece
from hutong.schema import transfers_pb2 as pb

WITHIN_S = 30.0


class Heard:
    """A `Files` that writes down what it is told."""

    def __init__(self) -> None:
        self.line: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        self.lines: list[Line] = []
        self.gone = asyncio.Event()
        self.messages: list[pb.ChannelMessage] = []
        self.pieces: list[tuple[int, int, bytes, bytes]] = []
        self.news = asyncio.Event()
        self.on_drained: Callable[[], None] = lambda: None

    def opened(self, line: Line) -> None:
        self.lines.append(line)
        if not self.line.done():
            self.line.set_result(line)
        self.news.set()

    def closed(self, line: Line) -> None:
        self.lines.remove(line)
        self.gone.set()
        self.news.set()

    def drained(self) -> None:
        self.on_drained()

    def message(self, _line: Line, message: pb.ChannelMessage) -> None:
        self.messages.append(message)
        self.news.set()

    def piece(self, _line: Line, piece: Piece) -> None:
        self.pieces.append((piece.chunk, piece.offset, bytes(piece.data), piece.leaf))
        self.news.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that is heard of."""
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.news.clear()
                await self.news.wait()


def bound(host: str = "127.0.0.1") -> tuple[socket.socket, Address]:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((host, 0))
    return sock, Address(*sock.getsockname()[:2])


def both_secrets() -> tuple[Secrets, Secrets]:
    one, other = PrivateKey(os.urandom), PrivateKey(os.urandom)
    return one.agree(other.public, offerer=True), other.agree(one.public, offerer=False)


class Side:
    """One end: the line, what it tells, and whether it is gone."""

    def __init__(self, sock: socket.socket, remote: Address, secrets: Secrets, *, client: bool) -> None:
        self.files = Heard()
        self.over = asyncio.Event()
        self.late: list[bytes] = []
        self.heard_late = asyncio.Event()
        self.line = QuicLine(
            sock,
            remote,
            secrets,
            self.files,
            client=client,
            other=self._on_late,
            gone=lambda _line: self.over.set(),
        )

    def _on_late(self, data: bytes, _source: Address) -> None:
        self.late.append(data)
        self.heard_late.set()


@asynccontextmanager
async def two_lines(
    host: str = "127.0.0.1", secrets: tuple[Secrets, Secrets] | None = None
) -> AsyncIterator[tuple[Side, Side]]:
    """A client's and a server's line; whether they open, the test waits for."""
    ours, theirs = secrets or both_secrets()
    (a, at_a), (b, at_b) = bound(host), bound(host)
    server = Side(b, at_a, theirs, client=False)
    client = Side(a, at_b, ours, client=True)
    try:
        yield client, server
    finally:
        client.line.close()
        server.line.close()
