"""0-RTT on the TLS carrier, against the real server: what the first flight brings, and what if it fails.

Rules LINK51, LINK52, LINK53, LINK54, LINK56.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hutong.client import (
    Client,
    Connection,
    Credentials,
    Handlers,
    UnreachableError,
    methods,
    parse_address,
)
from hutong.client.home import Home
from hutong.client.keepsake import Keepsake
from hutong.platform.errors import RpcError, Unauthenticated
from hutong.schema import chat_pb2, identity_pb2
from tests.client.first_flight import FirstFlight
from tests.client.live import PASSWORD, LiveServer, running, until

LIST = chat_pb2.ListRequest()

pytestmark = pytest.mark.usefixtures("one_way", "patient_edge")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with running(tmp_path, rate_limit_factor=100) as live:
        _trust_early_data(live)
        yield live


def _trust_early_data(server: LiveServer) -> None:
    """As if the server had been running for longer than it refuses early data after a start."""
    office = server._edge._tickets
    assert office is not None
    office._guard._not_before = 0.0


class Device:
    """A device that has been there once, on the link port, through a proxy."""

    def __init__(self, server: LiveServer, proxy: FirstFlight, folder: Path) -> None:
        root = server.link.partition("#")[2]
        self.address = f"hutong://127.0.0.1:{proxy.port}#{root}"
        self.home = folder
        self.handlers = _Handlers()

    async def sign_up(self) -> None:
        async with Client(self.address, home=self.home) as me:
            await me.sign_up("lin", PASSWORD)
            await until(lambda: len(self.tickets()) == 2)

    def tickets(self) -> list[Path]:
        folder = self.home / "tickets"
        return [path for path in folder.glob("*") if not path.name.startswith(".")]

    def connection(self) -> Connection:
        memory = Keepsake()
        memory.open(Home(self.home))
        return Connection(parse_address(self.address), self.handlers, memory=memory)

    def credentials(self) -> Credentials:
        session = Home(self.home).session()
        assert session is not None
        return Credentials(session.device, session.sign)


class _Handlers(Handlers):
    def __init__(self) -> None:
        self.resumed = 0

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        self.resumed += 1


@pytest.fixture
async def proxy(server: LiveServer) -> AsyncIterator[FirstFlight]:
    assert server.addresses.link_port is not None
    async with FirstFlight(server.addresses.link_port).open() as opened:
        yield opened


@pytest.fixture
async def device(server: LiveServer, proxy: FirstFlight, tmp_path: Path) -> Device:
    device = Device(server, proxy, tmp_path / "lin")
    await device.sign_up()
    return device


async def _asked(connection: Connection) -> chat_pb2.ListReply:
    return await connection.call(methods.LIST_CHATS, LIST, deadline_s=8)


async def test_link51_the_answer_comes_to_the_first_flight(device: Device, proxy: FirstFlight) -> None:
    """Sign-in and question together: nothing else of ours reaches the server before both are answered."""
    proxy.hold()
    tickets = len(device.tickets())
    connection = device.connection()
    connection.start(device.credentials())
    assert await _asked(connection) == chat_pb2.ListReply()
    assert device.handlers.resumed == 1
    assert connection.carrier == "TLS"
    assert len(device.tickets()) == tickets - 1  # LINK52; new ones come when the handshake is over
    proxy.let_go()
    await until(lambda: len(device.tickets()) >= tickets)
    await connection.close()


async def test_link51_without_a_ticket_it_takes_the_handshake(device: Device, proxy: FirstFlight) -> None:
    for path in device.tickets():
        path.unlink()
    proxy.hold()
    connection = device.connection()
    connection.start(device.credentials())
    task = asyncio.create_task(_asked(connection))
    await until(lambda: proxy.held_bytes)
    assert not task.done()
    proxy.let_go()
    assert await task == chat_pb2.ListReply()
    await connection.close()


async def test_link54_a_write_waits_for_the_handshake(device: Device, proxy: FirstFlight) -> None:
    proxy.hold()
    connection = device.connection()
    connection.start(device.credentials())
    request = identity_pb2.UpdateProfileRequest(name="Lin Mei")
    update = methods.method(
        identity_pb2.DESCRIPTOR,
        "Identity.UpdateProfile",
        identity_pb2.UpdateProfileRequest,
        identity_pb2.UpdateProfileReply,
    )
    writing = asyncio.create_task(connection.call(update, request, deadline_s=8))
    assert await _asked(connection) == chat_pb2.ListReply()
    assert not writing.done()
    proxy.let_go()
    assert (await writing).profile.name == "Lin Mei"
    await connection.close()


@pytest.mark.parametrize("how", ["used", "unknown", "damaged", "old", "narrow"])
async def test_link53_early_data_that_is_refused_is_said_again(
    device: Device, proxy: FirstFlight, how: str
) -> None:
    """A ticket that was used, that the server lost, that is nonsense: the link takes a round trip more."""
    kept = {path: path.read_bytes() for path in device.tickets()}
    if how == "used":
        connection = device.connection()
        connection.start(device.credentials())
        await _asked(connection)
        await connection.close()
        for path in device.tickets():
            path.unlink()
        for path, ticket in kept.items():
            path.write_bytes(ticket)
        # One of them is good: it was not taken.
        for _ in range(len(kept) - 1):
            await _ask_once(device)
    for path, ticket in kept.items():
        match how:
            case "unknown":
                path.write_bytes(ticket.replace(ticket[23:55], bytes(32)))
            case "damaged":
                path.write_bytes(ticket[:-1])
            case "narrow":  # it allows less than we have to say
                path.write_bytes(ticket[:19] + (150).to_bytes(4, "big") + ticket[23:])
            case "old":
                path.write_bytes(ticket[:3] + bytes(8) + ticket[11:])
            case _:
                pass
    await _ask_once(device)


async def _ask_once(device: Device) -> None:
    resumed = device.handlers.resumed
    connection = device.connection()
    connection.start(device.credentials())
    assert await _asked(connection) == chat_pb2.ListReply()
    assert device.handlers.resumed == resumed + 1
    await connection.close()


async def test_link53_a_server_that_has_just_started_refuses_early_data(
    device: Device, server: LiveServer, proxy: FirstFlight
) -> None:
    await server.stop()
    await server.start()
    await _ask_once(device)


async def test_link56_once_asks_in_one_round_trip(device: Device, proxy: FirstFlight) -> None:
    """LINK40: the answer is there although nothing after the first flight passes."""
    proxy.hold()
    loop = asyncio.get_running_loop()
    asking = loop.create_task(
        Client.once(device.address, methods.LIST_CHATS, LIST, home=device.home, deadline_s=8)
    )
    # Its goodbye is what is held back in the end: it has its answer then.
    await until(lambda: proxy.held_bytes)
    assert await asking == chat_pb2.ListReply()


async def test_link56_once_tells_what_went_wrong(device: Device, tmp_path: Path) -> None:
    request = chat_pb2.GetRequest(log="chat:nowhere")
    with pytest.raises(RpcError):
        await Client.once(device.address, methods.GET_CHAT, request, home=device.home)
    with pytest.raises(Unauthenticated):
        await Client.once(device.address, methods.GET_CHAT, request, home=tmp_path / "nobody")
    signed_in = Home(tmp_path / "elsewhere")
    session = Home(device.home).session()
    assert session is not None
    signed_in.keep_session(session)
    with pytest.raises(UnreachableError):
        await Client.once("hutong://127.0.0.1:1", methods.GET_CHAT, request, home=signed_in.folder)
