"""The POST carrier (LINK55) against the real server, and against what stands in its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client import Client, State, parse_address
from hutong.client.carrier import Carrier, CarrierError
from hutong.client.framing import FramingError, Unframer, frame
from hutong.client.post import post
from hutong.client.storage import Storage
from tests.client.live import PASSWORD, LiveServer, running, until

pytestmark = pytest.mark.usefixtures("one_way")


class NoUpgrades:
    """A proxy as in an office: answers WebSocket handshakes with 403, lets the rest pass; can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.upgrades = 0
        self.requests = 0
        self.address = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[NoUpgrades]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b"pgrade:" in head:
                self.upgrades += 1
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                writer.close()
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(back)
            back.write(head)
            self.requests += 1
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
    except OSError:
        pass
    finally:
        sink.transport.abort()


@pytest.fixture
async def office(server: LiveServer) -> AsyncIterator[NoUpgrades]:
    async with NoUpgrades(server.addresses.port).open() as opened:
        yield opened


async def test_link55_where_websockets_are_blocked_requests_carry_everything(
    server: LiveServer, office: NoUpgrades, tmp_path: Path
) -> None:
    async with server.client("bob") as bo, Client(office.address, home=tmp_path / "lin") as lin:
        assert lin.connection.carrier == "POST"
        assert office.upgrades == 1
        await lin.sign_up("lin", PASSWORD)
        await bo.sign_up("bob", PASSWORD)
        await server.befriend(lin, bo)
        log = (await lin.open("bob")).log
        heard = lin.messages()
        await lin.caught_up()
        for number in range(20):
            await lin.send_text(log, f"to bob {number}")
            await bo.send_text(log, f"to lin {number}")
        said = [await anext(heard) for _ in range(20)]
        assert [message.text for message in said] == [f"to lin {number}" for number in range(20)]
        # Larger than a request, and compressed by nobody.
        path = tmp_path / "large"
        path.write_bytes(bytes(range(256)) * 2000)
        stored = await Storage(lin.connection).upload(path)
        assert stored.blob


async def test_link55_a_session_that_is_cut_is_followed_by_another(
    server: LiveServer, office: NoUpgrades, tmp_path: Path
) -> None:
    async with Client(office.address, home=tmp_path / "lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        office.cut()
        await until(lambda: lin.state is not State.ONLINE)
        assert await lin.conversations() == []
        # The server forgets a session: 404 ends the carrier.
        for session in list(server._edge._posts._sessions.values()):
            session.leave()
        await until(lambda: lin.state is not State.ONLINE)
        assert await lin.conversations() == []


async def test_link55_closing_tells_the_server(
    server: LiveServer, office: NoUpgrades, tmp_path: Path
) -> None:
    async with Client(office.address, home=tmp_path / "lin"):
        await until(lambda: len(server._edge._posts) == 1)
    assert len(server._edge._posts) == 0


async def test_link55_over_https(tmp_path: Path) -> None:
    async with running(tmp_path, tls="self-signed") as server:
        receiver = _Receiver()
        with pytest.raises(CarrierError, match="not the one in the address"):
            await post(parse_address(server.url[:-4] + "0000"))(receiver)
        assert receiver.carriers == []
        await post(parse_address(server.url))(receiver)
        (carrier,) = receiver.carriers
        carrier.send(bytes([1, 1, 0, 0, 0, 0]) + bytes(16))  # an OPEN that asks for the manifest
        await until(lambda: receiver.messages)
        assert receiver.messages[0][0] == 3
        carrier.close(at_once=False)
        await carrier.wait_closed()
        assert receiver.losses == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHutong-Session: short\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHutong-Session: " + b"a" * 43 + b"\r\nContent-Length: 2\r\n\r\n\xff\xff",
        b"HTTP/1.1 200 OK\r\nHutong-Session: " + b"a" * 43 + b"\r\nContent-Length: 2\r\n\r\n\x00\x09",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000,
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"",
    ],
)
async def test_what_is_no_hutong_server_loses_the_carrier(answer: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    receiver = _Receiver()
    async with server:
        port = server.sockets[0].getsockname()[1]
        await post(parse_address(f"http://127.0.0.1:{port}"))(receiver)
        receiver.carriers[0].send(b"hello")
        await until(lambda: receiver.losses)
        await receiver.carriers[0].wait_closed()
    assert len(receiver.losses) == 1


class _Receiver:
    def __init__(self) -> None:
        self.carriers: list[Carrier] = []
        self.messages: list[bytes] = []
        self.losses: list[CarrierError] = []

    def opened(self, carrier: Carrier) -> None:
        self.carriers.append(carrier)

    def restarted(self) -> None:
        raise AssertionError

    def received(self, message: bytes) -> None:
        self.messages.append(message)

    def drained(self) -> None:
        pass

    def lost(self, error: CarrierError) -> None:
        self.losses.append(error)


def test_conn3_frames_are_cut_anywhere() -> None:
    messages = [b"", b"a", b"b" * 17_000]
    stream = b"".join(map(frame, messages))
    for step in (1, 7, 1000, len(stream)):
        unframer = Unframer()
        cut = [
            message
            for start in range(0, len(stream), step)
            for message in unframer.feed(stream[start : start + step])
        ]
        assert cut == messages
        assert unframer.empty
    unframer = Unframer()
    with pytest.raises(FramingError):
        list(unframer.feed(frame(b"ok") + b"\xff\xff"))
