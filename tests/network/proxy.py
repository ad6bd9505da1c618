"""A network in user space between real sockets: weather, cuts, and another network."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from typing import Self, cast

from tests.network.weather import Pipe, Weather

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class _End(asyncio.Protocol):
    """One socket of a connection through the proxy."""

    def __init__(self, connection: Connection, *, is_client: bool) -> None:
        self._connection = connection
        self._is_client = is_client
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one by behaviour only
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_client:
            self._connection.begin()
        else:
            self._connection.connected()

    def data_received(self, data: bytes) -> None:
        self._connection.arrived(data, is_client=self._is_client)

    def eof_received(self) -> bool:
        self._connection.arrived(b"", is_client=self._is_client)
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self._connection.ended(is_client=self._is_client)

    def write(self, data: bytes) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if data:
            self.transport.write(data)
        else:
            self.transport.write_eof()
            self._connection.half_ended()

    def hold(self, held: bool) -> None:
        if self.transport is not None and not self.transport.is_closing():
            if held:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()


class Connection:
    """Two sockets with weather between them."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._weather = proxy.weather  # it keeps the path it began on
        chance = proxy.chance
        self.near = _End(self, is_client=True)
        self.far = _End(self, is_client=False)
        self.up = Pipe(lambda: self._weather, chance, self.far.write, self.near.hold)
        self.down = Pipe(lambda: self._weather, chance, self.near.write, self.far.hold)
        self._waiting: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None
        self._silent = False
        self._over = False
        self._halves_open = 2

    def begin(self) -> None:
        """A client has come: connect to the server, at once, as the delay is in the bytes."""
        self._proxy.connections.add(self)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.far, *self._proxy.target)
        except OSError:
            self.cut()

    def connected(self) -> None:
        """Pass on what came before the server was there."""
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            self.up.put(data)

    def arrived(self, data: bytes, *, is_client: bool) -> None:
        """Take what one side sent."""
        if self._silent:
            return
        if not is_client:
            self.down.put(data)
        elif self.far.transport is None:
            self._waiting.append(data)
        else:
            self.up.put(data)

    def half_ended(self) -> None:
        """One direction has come to its end; after both the sockets close as their owners did."""
        self._halves_open -= 1
        if not self._halves_open:
            self._over = True
            self._forget()
            for end in (self.near, self.far):
                if end.transport is not None:
                    end.transport.close()

    def ended(self, *, is_client: bool) -> None:
        """One socket is gone; the other follows after what is on its way."""
        if self._silent:
            self._forget()
            return
        if not self._over:
            self._over = True
            self._follow(self.up if is_client else self.down)

    def _follow(self, pipe: Pipe) -> None:
        """End the other side when it has got everything."""
        if pipe.is_empty:
            self.cut()
        else:
            self._proxy.later(lambda: self._follow(pipe))

    def cut(self) -> None:
        """End both sides with a reset."""
        self._over = True
        self._forget()
        for end in (self.near, self.far):
            if end.transport is not None:
                end.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.transport.abort()

    def silence(self) -> None:
        """Pass nothing on any more, and say so to nobody: a network that is gone."""
        self._silent = True
        self.up.stop()
        self.down.stop()

    def _forget(self) -> None:
        self.up.stop()
        self.down.stop()
        if self._connecting is not None:
            self._connecting.cancel()
        self._proxy.forget(self)


class Proxy:
    """Listens on loopback and passes connections on to a server, through the weather of the moment."""

    def __init__(self, target: tuple[str, int], *, seed: int = 1, weather: Weather | None = None) -> None:
        self.target = target
        self.weather = weather or Weather()
        self.chance = random.Random(seed)
        self.connections: set[Connection] = set()
        self.opened = 0
        self._server: asyncio.Server | None = None
        self._gone_up = self._gone_down = 0
        self._timers: set[asyncio.TimerHandle] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for timer in self._timers:
            timer.cancel()
        for connection in list(self.connections):
            connection.cut()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def up_bytes(self) -> int:
        """What clients have sent through, TCP payload."""
        return self._gone_up + sum(each.up.passed_bytes for each in self.connections)

    @property
    def down_bytes(self) -> int:
        """What servers have sent through, TCP payload."""
        return self._gone_down + sum(each.down.passed_bytes for each in self.connections)

    def change_network(self, weather: Weather, *, silently: bool) -> None:
        """End what there is, with resets or without a word; new connections take another path."""
        self.weather = weather
        for connection in list(self.connections):
            if silently:
                connection.silence()
            else:
                connection.cut()

    def later(self, act: Callable[[], None]) -> None:
        """Look again in a moment."""

        def look() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(0.02, look)
        self._timers.add(timer)

    def forget(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
            self._gone_up += connection.up.passed_bytes
            self._gone_down += connection.down.passed_bytes

    def _accept(self) -> asyncio.Protocol:
        self.opened += 1
        return Connection(self).near
