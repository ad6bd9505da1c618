"""The network in user space does what its weather says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from tests.client.live import until
from tests.network.datagrams import DatagramProxy
from tests.network.proxy import Proxy
from tests.network.weather import Weather


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[str, int]]:
    """Answer every line with itself, until the end of the stream."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


async def test_bytes_arrive_in_order_and_as_late_as_said() -> None:
    async with (
        echo() as target,
        Proxy(target, seed=3, weather=Weather(delay_s=0.02, loss=0.3, retransmission_s=0.02)) as proxy,
    ):
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        began = loop.time()
        sent = b""
        for number in range(50):
            line = b"line %d\n" % number
            sent += line
            writer.write(line)
            await asyncio.sleep(0)
        writer.write_eof()
        assert await reader.read(-1) == sent
        assert loop.time() - began >= 0.04
        assert proxy.up_bytes == proxy.down_bytes == len(sent)
        writer.close()
        await writer.wait_closed()


async def test_the_rate_is_kept() -> None:
    async with echo() as target, Proxy(target, weather=Weather(rate_bytes_s=1_000_000)) as proxy:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        began = loop.time()
        writer.write(bytes(200_000))
        await reader.readexactly(200_000)
        assert loop.time() - began >= 0.2
        writer.close()
        await writer.wait_closed()


async def test_connections_overtake_each_other() -> None:
    async with echo() as target, Proxy(target, seed=1, weather=Weather(jitter_s=0.3)) as proxy:
        order: list[int] = []

        async def ask(number: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"x")
            await reader.readexactly(1)
            order.append(number)
            writer.close()
            await writer.wait_closed()

        await asyncio.gather(*(ask(number) for number in range(8)))
        assert sorted(order) == list(range(8))
        assert order != list(range(8))


async def test_a_cut_is_a_reset_and_new_connections_take_the_other_path() -> None:
    async with echo() as target, Proxy(target) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"x")
        await reader.readexactly(1)
        proxy.change_network(Weather(delay_s=0.05), silently=False)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.close()
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        began = loop.time()
        writer.write(b"y")
        assert await reader.readexactly(1) == b"y"
        assert loop.time() - began >= 0.1
        writer.close()
        await writer.wait_closed()


async def test_a_silent_end_tells_nobody() -> None:
    async with echo() as target, Proxy(target) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"x")
        await reader.readexactly(1)
        proxy.change_network(Weather(), silently=True)
        writer.write(b"y")
        other_reader, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        other.write(b"z")
        assert await other_reader.readexactly(1) == b"z"
        assert not reader.at_eof()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        for each in (writer, other):
            each.close()
            await each.wait_closed()


class _Answering(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(data, address)


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        self._heard(data)


async def test_datagrams_are_lost_and_reordered() -> None:
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(_Answering, ("127.0.0.1", 0))
    weather = Weather(delay_s=0.01, jitter_s=0.1, loss=0.2)
    async with DatagramProxy(server.get_extra_info("sockname"), seed=5, weather=weather) as proxy:
        heard: list[bytes] = []
        client, _ = await loop.create_datagram_endpoint(
            lambda: _Asking(heard.append), remote_addr=("127.0.0.1", proxy.port)
        )
        for number in range(100):
            client.sendto(b"%d" % number)
        await until(lambda: len(heard) + proxy.lost == 100)
        assert 20 <= proxy.lost <= 55
        assert len(set(heard)) == len(heard)
        assert heard != sorted(heard, key=int)
        client.close()
    server.close()
