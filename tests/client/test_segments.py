"""Datagrams that leave together arrive one by one, as they were."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hutong.client.transfers.segments import SEGMENTS_MAX, Segments


@asynccontextmanager
async def _sockets() -> AsyncIterator[tuple[asyncio.DatagramTransport, socket.socket]]:
    """A transport to send with, and a socket that has room for everything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(5)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        try:
            yield transport, other
        finally:
            transport.close()
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "sizes",
    [
        [1200] * 5,
        [1200] * 14 + [300] + [1200] * 3,
        [100, 1200, 1200],
        [60] * (2 * SEGMENTS_MAX + 3),
        [9, 8, 7],
    ],
)
async def test_all_arrive_as_they_were(sizes: list[int]) -> None:
    datagrams = [bytes([place]) * size for place, size in enumerate(sizes)]
    async with _sockets() as (transport, other):
        assert Segments().send(transport, datagrams, other.getsockname()) == len(datagrams)
        assert [other.recv(2000) for _ in datagrams] == datagrams


async def test_one_alone_is_for_the_transport() -> None:
    async with _sockets() as (transport, other):
        assert Segments().send(transport, [b"one"], other.getsockname()) == 0


async def test_no_socket_of_its_own_any_more() -> None:
    """A closed transport's number may be another file's; a relay's transport never had one."""
    async with _sockets() as (transport, other):
        transport.close()
        assert Segments().send(transport, [b"one", b"two"], other.getsockname()) == 0
    assert Segments().send(asyncio.BaseTransport(), [b"one", b"two"], ("127.0.0.1", 9)) == 0


async def test_what_the_path_does_not_carry_is_left_to_the_transport() -> None:
    segments = Segments()
    async with _sockets() as (transport, other):
        too_large = [bytes(65_000)] * 2
        assert segments.send(transport, too_large, other.getsockname()) == 0
        assert segments.send(transport, [b"one", b"two"], other.getsockname()) == 0
        # The transport's own socket is as it was.
        transport.sendto(b"still there", other.getsockname())
        assert other.recv(100) == b"still there"
