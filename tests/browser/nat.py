"""A NAT in this process: what a browser says to its places goes on to a STUN server, from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

HERE = "127.0.0.1"
# All of 127/8 is this machine; no browser has this address.
OUTSIDE = "127.0.0.77"
_SOCKETS_MAX = 64


class _Place(asyncio.DatagramProtocol):
    """One of the two addresses that the browser asks."""

    def __init__(self, nat: Nat, number: int) -> None:
        self._nat = nat
        self._number = number

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._nat.leave(data, addr, self._number)


class _Mapping(asyncio.DatagramProtocol):
    """A port outside; answers go back to the place where the question came in."""

    def __init__(self, nat: Nat, client: tuple[Any, ...]) -> None:
        self._nat = nat
        self._client = client
        # By transaction, because one port may stand for both places.
        self.asked: dict[bytes, int] = {}
        self.waiting: list[bytes] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        for data in self.waiting:
            self.transport.sendto(data)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        del addr
        place = self.asked.get(data[8:20])
        if place is not None:
            self._nat.places[place].transport.sendto(data, self._client)


class Nat:
    """`symmetric`: another port for each place that is asked; else one for both."""

    def __init__(self, stun_port: int, *, symmetric: bool) -> None:
        self._stun_port = stun_port
        self._symmetric = symmetric
        self._mappings: dict[Any, _Mapping] = {}
        self._opening: set[asyncio.Task[Any]] = set()
        self.places: list[_Place] = []

    @property
    def urls(self) -> list[str]:
        """What the browser is to ask."""
        ports = [place.transport.get_extra_info("sockname")[1] for place in self.places]
        return [f"stun:{HERE}:{port}" for port in ports]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Stand in between."""
        loop = asyncio.get_running_loop()
        for number in range(2):
            place = _Place(self, number)
            await loop.create_datagram_endpoint(lambda place=place: place, local_addr=(HERE, 0))  # type: ignore[misc]
            self.places.append(place)
        try:
            yield
        finally:
            if self._opening:
                await asyncio.wait(self._opening)
            for mapping in self._mappings.values():
                if mapping.transport is not None:
                    mapping.transport.close()
            for place in self.places:
                place.transport.close()

    def leave(self, data: bytes, client: tuple[Any, ...], place: int) -> None:
        """Send a question on, from the port that stands for its socket (and place)."""
        key = (client, place) if self._symmetric else client
        mapping = self._mappings.get(key)
        if mapping is None:
            assert len(self._mappings) < _SOCKETS_MAX
            mapping = self._mappings[key] = _Mapping(self, client)
            loop = asyncio.get_running_loop()
            opening = loop.create_task(self._open(mapping))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)
        mapping.asked[data[8:20]] = place
        if mapping.transport is None:
            mapping.waiting.append(data)
        else:
            mapping.transport.sendto(data)

    async def _open(self, mapping: _Mapping) -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: mapping, local_addr=(OUTSIDE, 0), remote_addr=(HERE, self._stun_port)
        )
