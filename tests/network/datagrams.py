"""The same for UDP: datagrams are delayed, lost and reordered."""

from __future__ import annotations

import asyncio
import random
from typing import Self, cast

from tests.network.weather import Weather

_CLIENTS_MAX = 64
_ON_THE_WAY_MAX = 10_000


class _Far(asyncio.DatagramProtocol):
    """The socket that speaks to the server for one client."""

    def __init__(self, proxy: DatagramProxy, client: tuple[str, int]) -> None:
        self._proxy = proxy
        self._client = client

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        self._proxy.pass_on(lambda: self._proxy.answer(data, self._client))


class DatagramProxy(asyncio.DatagramProtocol):
    """Listens on loopback and passes datagrams on to a server, and answers back."""

    def __init__(self, target: tuple[str, int], *, seed: int = 1, weather: Weather | None = None) -> None:
        self.weather = weather or Weather()
        self._target = target
        self._chance = random.Random(seed)
        self._near: asyncio.DatagramTransport | None = None
        self._far: dict[tuple[str, int], asyncio.Future[asyncio.DatagramTransport]] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self.lost = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._near is not None
        self._near.close()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for timer in self._timers:
            timer.cancel()
        for far in self._far.values():
            if far.done() and not far.cancelled():
                far.result().close()

    @property
    def port(self) -> int:
        assert self._near is not None
        return int(self._near.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._near = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if address not in self._far and len(self._far) < _CLIENTS_MAX:
            loop = asyncio.get_running_loop()
            self._far[address] = loop.create_future()
            task = loop.create_task(self._open(address))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        far = self._far.get(address)
        if far is not None:
            self.pass_on(lambda: far.add_done_callback(lambda done: done.result().sendto(data)))

    async def _open(self, client: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Far(self, client), remote_addr=self._target
        )
        self._far[client].set_result(transport)

    def answer(self, data: bytes, client: tuple[str, int]) -> None:
        assert self._near is not None
        if not self._near.is_closing():
            self._near.sendto(data, client)

    def pass_on(self, act: object) -> None:
        """Do `act` after the weather's delay, or never."""
        assert callable(act)
        weather = self.weather
        if self._chance.random() < weather.loss or len(self._timers) >= _ON_THE_WAY_MAX:
            self.lost += 1
            return

        def arrive() -> None:
            self._timers.discard(timer)
            act()

        delay_s = weather.delay_s + weather.jitter_s * self._chance.random()
        timer = asyncio.get_running_loop().call_later(delay_s, arrive)
        self._timers.add(timer)
