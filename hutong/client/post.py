"""The POST carrier (LINK55), for networks that let nothing else through: HTTP requests on two connections.

One is a long poll that the server holds until it has something to say; the other sends. Both carry messages
behind their lengths.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Coroutine
from functools import partial

from hutong.client.address import Address
from hutong.client.carrier import CarrierError, OpenCarrier, Receiver, explain
from hutong.client.framing import FramingError, Unframer, frame
from hutong.client.http import HttpConnection, connect_http
from hutong.client.sockets import LINGER_S
from hutong.protocols.sealed import LOW_WATER_BYTES

PATH = "/link"
SESSION_HEADER = "Hutong-Session"
_SESSION = re.compile(r"[0-9A-Za-z_-]{43}")
# In one request.
_BODY_BYTES_MAX = 64 * 1024
# The server holds a poll for 25 s.
_POLL_TIMEOUT_S = 40.0
_SEND_TIMEOUT_S = 15.0
_OK, _NO_CONTENT, _NOT_FOUND = 200, 204, 404


class _PostCarrier:
    """One session of requests."""

    def __init__(self, address: Address, receiver: Receiver, first: HttpConnection) -> None:
        self._address = address
        self._receiver: Receiver | None = receiver
        self._poll = first
        self._sender: HttpConnection | None = None
        self._session = ""
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._sending_bytes = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run())]
        self._farewell: asyncio.Task[None] | None = None

    # ---- carrier ----

    @property
    def exporter(self) -> bytes:
        """None: browsers have none either (SEAL4)."""
        return b""

    def send(self, message: bytes) -> None:
        self._queue.append(frame(message))
        self._queued_bytes += len(self._queue[-1])
        self._idle.clear()
        self._wake.set()

    def waiting_bytes(self) -> int:
        return self._queued_bytes + self._sending_bytes

    def close(self, *, at_once: bool) -> None:
        if self._farewell is None:
            self._receiver = None
            self._farewell = asyncio.get_running_loop().create_task(self._say_farewell(at_once=at_once))

    async def wait_closed(self) -> None:
        if self._farewell is not None:
            await asyncio.wait([self._farewell])

    # ---- the requests ----

    async def _run(self) -> None:
        """Open the session with what is there first; then poll for ever."""
        try:
            await self._wake.wait()
            await self._open_session()
            self._tasks.append(asyncio.get_running_loop().create_task(self._guard(self._send_all())))
            while True:
                async with asyncio.timeout(_POLL_TIMEOUT_S):
                    self._poll = await self._connected(self._poll)
                    await self._ask(self._poll, b"")
        except (OSError, FramingError, CarrierError) as error:
            self._lost(error)

    async def _open_session(self) -> None:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await self._ask(self._poll, self._take())
        session = self._poll.headers.get(SESSION_HEADER.lower(), "")
        if _SESSION.fullmatch(session) is None:
            raise CarrierError(f"{self._address.authority} answers, but not as a Hutong server.")
        self._session = session
        self._sent()

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            while self._queue:
                await self._send(self._take())
                self._sent()
            self._wake.clear()

    async def _send(self, body: bytes) -> None:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            for last in (False, True):
                fresh = self._sender is None or not self._sender.usable
                self._sender = await self._connected(self._sender)
                try:
                    await self._ask(self._sender, body)
                    return
                except OSError:
                    # The server ends idle connections; whether it heard us does not matter: what comes
                    # twice is dropped (SEAL9).
                    if last or fresh:
                        raise

    async def _guard(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except (OSError, FramingError, CarrierError) as error:
            self._lost(error)

    async def _connected(self, connection: HttpConnection | None) -> HttpConnection:
        if connection is not None and connection.usable:
            return connection
        return await connect_http(self._address)

    async def _ask(self, connection: HttpConnection, body: bytes) -> None:
        unframer = Unframer()

        def on_body(data: bytes) -> None:
            for message in unframer.feed(data):
                if self._receiver is not None:
                    self._receiver.received(message)

        status = await connection.ask(self._head("POST", len(body)), body, on_body)
        if status not in {_OK, _NO_CONTENT} or not unframer.empty:
            raise CarrierError(f"{self._address.authority} answers, but not as a Hutong server ({status}).")

    def _head(self, verb: str, size_bytes: int) -> bytes:
        lines = [
            f"{verb} {PATH} HTTP/1.1",
            f"Host: {self._address.authority}",
            "Content-Type: application/octet-stream",
            f"Content-Length: {size_bytes}",
        ]
        if self._session:
            lines.append(f"{SESSION_HEADER}: {self._session}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    # ---- what waits ----

    def _take(self) -> bytes:
        parts: list[bytes] = []
        size_bytes = 0
        while self._queue and (not parts or size_bytes + len(self._queue[0]) <= _BODY_BYTES_MAX):
            parts.append(self._queue.popleft())
            size_bytes += len(parts[-1])
        self._queued_bytes -= size_bytes
        self._sending_bytes = size_bytes
        return b"".join(parts)

    def _sent(self) -> None:
        self._sending_bytes = 0
        if not self._queue:
            self._idle.set()
        if self._receiver is not None and self._queued_bytes < LOW_WATER_BYTES:
            self._receiver.drained()

    # ---- the end ----

    def _lost(self, error: Exception) -> None:
        receiver = self._receiver
        self.close(at_once=True)
        if receiver is not None:
            receiver.lost(explain(error, self._address))

    async def _say_farewell(self, *, at_once: bool) -> None:
        with contextlib.suppress(OSError, CarrierError):
            async with asyncio.timeout(LINGER_S):
                if not at_once and self._session:
                    await self._idle.wait()
                    self._sender = await self._connected(self._sender)
                    await self._sender.ask(self._head("DELETE", 0), b"", lambda _body: None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in (self._poll, self._sender):
            if connection is not None:
                connection.close()
                await connection.wait_closed()


async def _open(address: Address, receiver: Receiver) -> None:
    try:
        first = await connect_http(address)
    except Exception as error:
        raise explain(error, address) from error
    receiver.opened(_PostCarrier(address, receiver, first))


def post(address: Address) -> OpenCarrier:
    """Return what opens this carrier to an `http(s)://` address."""
    return partial(_open, address)
