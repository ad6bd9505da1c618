"""From an address to a link: races over real sockets, on a clock that stands still."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hutong.client import parse_address
from hutong.client.carrier import CarrierError
from hutong.client.dial import Dialer, Kind, Route
from hutong.client.memory import Memory
from hutong.platform.clock import ManualClock, Randomness, SystemClock
from hutong.schema import link_pb2
from tests.client.live import LiveServer, until
from tests.client.sealed_peer import Owner


class Silence:
    """Takes connections and says nothing."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.gone = 0
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Silence]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self.writers:
                writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(OSError):
            while await reader.read(65536):
                pass
        self.gone += 1


class Dialing:
    """One race under way."""

    def __init__(self, address: str, memory: Memory | None = None) -> None:
        # Manifests and certificates are of today.
        self.clock = ManualClock(SystemClock().now_ms())
        self.owner = Owner()
        self.dialer = Dialer(
            parse_address(address), memory or Memory(), clock=self.clock, random=Randomness()
        )
        self.task = asyncio.create_task(self.dialer.open(self.owner))

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    @property
    def kind(self) -> Kind | None:
        return self.dialer.route.kind if self.dialer.route is not None else None

    def again(self) -> None:
        self.task = asyncio.create_task(self.dialer.open(self.owner))

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        for link in self.owner.links:
            link.close(at_once=False)
            await link.wait_closed()


@pytest.fixture
async def silence() -> AsyncIterator[Silence]:
    async with Silence().open() as opened:
        yield opened


async def _memory_of(server: LiveServer, address: str = "") -> Memory:
    """What a client remembers that was there once."""
    memory = Memory()
    dialing = Dialing(address or server.url, memory)
    await asyncio.wait_for(dialing.task, 10)
    await dialing.end()
    return memory


async def test_link43_websocket_first_then_post_then_what_the_server_names(
    server: LiveServer, silence: Silence
) -> None:
    """LINK41, LINK42: connections alone win nothing."""
    memory = await _memory_of(server)
    dialing = Dialing(f"http://127.0.0.1:{silence.port}", memory)
    await until(lambda: len(silence.writers) == 1)
    await dialing.advance(2.4)
    assert len(silence.writers) == 1
    await dialing.advance(0.1)
    await until(lambda: len(silence.writers) == 2)
    await dialing.advance(2.5)
    await asyncio.wait_for(dialing.task, 10)
    assert len(dialing.owner.links) == 1
    assert dialing.dialer.route is not None
    assert dialing.dialer.route.address.port in {server.addresses.port, server.addresses.link_port}
    # The others are given up at once.
    await until(lambda: silence.gone == 2)
    await until(lambda: dialing.owner.packets)
    assert link_pb2.Packet.FromString(dialing.owner.packets[0]).HasField("challenge")
    await dialing.end()


async def test_link43_an_attempt_that_takes_too_long_is_given_up(silence: Silence) -> None:
    dialing = Dialing(f"http://127.0.0.1:{silence.port}")
    await until(lambda: len(silence.writers) == 1)
    await dialing.advance(2.5)
    await until(lambda: len(silence.writers) == 2)
    await dialing.advance(7.5)
    await until(lambda: silence.gone == 1)
    assert not dialing.task.done()
    await dialing.advance(2.5)
    with pytest.raises(CarrierError, match="did not answer in time"):
        await asyncio.wait_for(dialing.task, 10)
    await until(lambda: silence.gone == 2)


async def test_link44_a_way_that_failed_is_left_alone(server: LiveServer) -> None:
    """After three times the good way is the first one; on another network all is open again."""
    tried = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tried
        tried += 1
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as rude:
        port = rude.sockets[0].getsockname()[1]
        dialing = Dialing(f"http://127.0.0.1:{port}", await _memory_of(server))
        for number in range(1, 6):
            await asyncio.wait_for(dialing.task, 10)
            assert tried == 2 * min(number, 3)
            dialing.again()
        await asyncio.wait_for(dialing.task, 10)
        dialing.dialer.forgive()
        dialing.again()
        await asyncio.wait_for(dialing.task, 10)
        assert tried == 8
        await dialing.end()


@pytest.mark.parametrize("left_alone", [False, True])
async def test_link44_a_server_that_is_away_is_no_ways_fault(server: LiveServer, *, left_alone: bool) -> None:
    """However often it restarts: the best way comes first again, also when only others were tried."""
    memory = await _memory_of(server)
    dialing = Dialing(server.url, memory)
    await asyncio.wait_for(dialing.task, 10)
    if left_alone:
        for kind in (Kind.WEBSOCKET, Kind.POST):
            for _ in range(3):
                dialing.dialer._bans.failed(Route(kind, parse_address(server.url)), dialing.clock.monotonic())
        dialing.again()
        await asyncio.wait_for(dialing.task, 10)
        assert dialing.kind is Kind.STREAM
    for _ in range(4):
        await server.stop()
        await dialing.advance(1)
        dialing.again()
        with pytest.raises(CarrierError, match="Nothing is listening"):
            await asyncio.wait_for(dialing.task, 10)
        await server.start()
        dialing.again()
        await asyncio.wait_for(dialing.task, 10)
        assert dialing.kind is Kind.WEBSOCKET
    await dialing.end()


async def test_a_race_that_is_called_off_leaves_nothing_open(silence: Silence) -> None:
    dialing = Dialing(f"http://127.0.0.1:{silence.port}")
    await until(lambda: len(silence.writers) == 1)
    await dialing.advance(2.5)
    await until(lambda: len(silence.writers) == 2)
    await dialing.end()
    await until(lambda: silence.gone == 2)


async def test_what_cannot_be_mended_is_told_first(server: LiveServer) -> None:
    """Not that the other addresses of a server that is down cannot be reached either."""
    memory = await _memory_of(server)
    dialing = Dialing("hutong://127.0.0.1:1", memory)
    await asyncio.wait_for(dialing.task, 10)  # the manifest's addresses lead there
    await dialing.end()
    lone = Dialing("hutong://127.0.0.1:1")
    with pytest.raises(CarrierError, match="Nothing is listening"):
        await asyncio.wait_for(lone.task, 10)


async def test_names_are_resolved_and_unknown_ones_explained(server: LiveServer) -> None:
    link = server.link.replace("127.0.0.1", "localhost")
    dialing = Dialing(link)
    await asyncio.wait_for(dialing.task, 10)
    assert dialing.dialer.route is not None
    assert dialing.dialer.route.kind is Kind.STREAM
    assert dialing.dialer.route.ip in {"127.0.0.1", "::1"}
    await dialing.end()
    lost = Dialing("hutong://nowhere.invalid")
    with pytest.raises(CarrierError, match="cannot be reached"):
        await asyncio.wait_for(lost.task, 10)
