import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import uvloop

from hutong.edge.relay import RelayServer
from hutong.protocols.stun import StunServer

from .loopback import RelayStarter, open_mirror, relay_server
from .turn_client import Clock, TurnClient, make_core


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def core() -> StunServer:
    return make_core()


@pytest.fixture
def client(core: StunServer, clock: Clock) -> TurnClient:
    return TurnClient(core, clock)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run every asynchronous test on both loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture
async def start_relay() -> AsyncIterator[RelayStarter]:
    """A function that starts relays on loopback; they are closed after the test."""
    started: list[RelayServer] = []

    async def start(**settings: Any) -> RelayServer:
        relay = relay_server(**settings)
        started.append(relay)
        await relay.start()
        return relay

    yield start
    for relay in started:
        await relay.close()


@pytest_asyncio.fixture
async def relay(start_relay: RelayStarter) -> RelayServer:
    """A started relay on loopback."""
    return await start_relay()


@pytest_asyncio.fixture
async def mirror() -> AsyncIterator[tuple[str, int]]:
    """The address of a peer that sends everything back; closed whatever happens, or uvloop waits for it."""
    transport, address = await open_mirror()
    yield address
    transport.close()
