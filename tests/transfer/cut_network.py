"""A network between two processes: whoever comes on one side is joined with whoever comes on the other."""

from __future__ import annotations

import asyncio

_BLOCK_BYTES = 64 * 1024


class Network:
    """Carries bytes both ways until it is cut: then what is on its way is lost."""

    def __init__(self) -> None:
        self._waiting: tuple[list[_Side], list[_Side]] = ([], [])
        self._sides: set[_Side] = set()
        self._servers: list[asyncio.Server] = []
        self.ports: list[int] = []

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for which in range(2):
            server = await loop.create_server(lambda which=which: _Side(self, which), "127.0.0.1", 0)  # type: ignore[misc]
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Lose every connection, with all that is in it."""
        for side in list(self._sides):
            side.abort()

    async def close(self) -> None:
        self.cut()
        for server in self._servers:
            server.close()
            await server.wait_closed()

    def came(self, side: _Side) -> None:
        self._sides.add(side)
        theirs = self._waiting[1 - side.which]
        if theirs:
            side.join(theirs.pop())
        else:
            self._waiting[side.which].append(side)

    def went(self, side: _Side) -> None:
        self._sides.discard(side)
        if side in self._waiting[side.which]:
            self._waiting[side.which].remove(side)


class _Side(asyncio.Protocol):
    def __init__(self, network: Network, which: int) -> None:
        self._network = network
        self.which = which
        self._transport: asyncio.Transport | None = None
        self._other: _Side | None = None
        self._early: list[bytes] = []

    def join(self, other: _Side) -> None:
        self._other, other._other = other, self
        for one in (self, other):
            for data in one._early:
                one.data_received(data)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_BLOCK_BYTES)
        self._network.came(self)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early.append(data)
        elif self._other._transport is not None:
            self._other._transport.write(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._network.went(self)
        if self._other is not None and self._other._transport is not None:
            self._other._transport.close()  # what had come is handed on first

    def pause_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.resume_reading()
