"""Real sockets on loopback for the tests of the shell."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import aioice.turn

from hutong.edge.relay import RelayOptions, RelayServer
from hutong.protocols.stun import Limits, time_limited_credentials

RelayStarter = Callable[..., Awaitable[RelayServer]]

SECRET = b"north"
HOST = "127.0.0.1"
WAIT_S = 10.0


def relay_server(**settings: Any) -> RelayServer:
    """Return a relay for loopback, not started yet."""
    defaults: dict[str, Any] = {
        "host": HOST,
        "port": 0,
        "secret": SECRET,
        "realm": "hutong",
        "relay_addresses": [HOST],
        "allow_private_peers": True,
        "limits": Limits(),
    }
    outside = {name: settings.pop(name) for name in ("meter", "monotonic", "unix_time") if name in settings}
    return RelayServer(RelayOptions(**(defaults | settings)), **outside)


class Echo(asyncio.DatagramProtocol):
    """A peer that sends everything back."""

    transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(b"echo " + data, addr)


class Inbox(asyncio.DatagramProtocol):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[tuple[bytes, Any]] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        pass

    def connection_lost(self, exc: Exception | None) -> None:
        pass

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.arrived.put_nowait((data, addr))

    async def next(self) -> tuple[bytes, Any]:
        return await asyncio.wait_for(self.arrived.get(), WAIT_S)


async def open_echo() -> tuple[asyncio.DatagramTransport, tuple[str, int]]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=(HOST, 0))
    return transport, transport.get_extra_info("sockname")


async def open_turn(
    server: RelayServer | int,
    *,
    transport: str = "udp",
    user: str = "lin",
    tls: ssl.SSLContext | None = None,
) -> tuple[aioice.turn.TurnTransport, Inbox]:
    """Allocate with aioice at our server, or at whichever has that port."""
    port = server if isinstance(server, int) else server.port
    username, password = time_limited_credentials(SECRET, user, time.time(), 3600)
    turn, inbox = await asyncio.wait_for(
        aioice.turn.create_turn_endpoint(
            Inbox,
            (HOST, port),
            username=username,
            password=password,
            transport=transport,
            ssl=tls if tls is not None else False,
        ),
        WAIT_S,
    )
    return turn, inbox


def turn_protocol(turn: aioice.turn.TurnTransport) -> Any:
    """Return the part of aioice that talks to the server, to make it misbehave."""
    return vars(turn)["_TurnTransport__inner_protocol"]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  # nothing here sets an event
            await asyncio.sleep(0.005)


class Mirror(Echo):
    """A peer that sends everything back unchanged, as coturn's `turnutils_peer` does."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(data, addr)


async def open_mirror() -> tuple[asyncio.DatagramTransport, tuple[str, int]]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Mirror, local_addr=(HOST, 0))
    return transport, transport.get_extra_info("sockname")
