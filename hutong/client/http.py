"""One HTTP/1.1 connection that asks one thing after the other; bodies are handed on as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from hutong.client.address import Address
from hutong.client.carrier import CarrierError, check_pin, tls_context
from hutong.client.sockets import prepare_socket

_HEAD_BYTES_MAX = 16 * 1024

OnBody = Callable[[bytes], object]


class HttpConnection(asyncio.Protocol):
    """Made by `connect_http`. After an error, or a `close`, it is of no use any more."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._on_body: OnBody | None = None
        self._answer: asyncio.Future[int] | None = None
        self._ended = asyncio.get_running_loop().create_future()
        self._head_bytes = 0
        self.headers: dict[str, str] = {}  # of the last answer, names in lower case

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        return self._transport is not None and self._answer is None and not self._ended.done()

    async def ask(self, head: bytes, body: bytes, on_body: OnBody) -> int:
        """Send a request, hand what the answer's body holds to `on_body`, return its status.

        Raises `OSError` when the connection ends before the answer does.
        """
        assert self.usable
        assert self._transport is not None
        self.headers = {}
        self._head_bytes = 0
        self._on_body = on_body
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(head + body)
        try:
            return await self._answer
        finally:
            finished = self._answer.done() and not self._answer.cancelled()
            self._answer = self._on_body = None
            if not finished:
                self.close()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()

    async def wait_closed(self) -> None:
        """Return when it has ended."""
        if self._transport is not None:
            await asyncio.shield(self._ended)

    # ---- protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready to ask."""
        # A cast, because uvloop's TLS transport does not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        prepare_socket(transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, as long as the head stays within its bound."""
        if self._answer is None:
            self.close()  # nobody asked
            return
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(OSError(f"no HTTP answer: {error}"))
        if self._head_bytes > _HEAD_BYTES_MAX:
            self._fail(OSError("the head of the answer has no end"))

    def connection_lost(self, error: Exception | None) -> None:
        """Answer whoever waits."""
        if not self._ended.done():
            self._ended.set_result(None)
        self._fail(error if isinstance(error, OSError) else ConnectionResetError("the server hung up"))

    def _fail(self, error: OSError) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # ---- parser ----

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Leave the body to whoever takes it."""
        self._head_bytes = -(1 << 62)

    def on_body(self, body: bytes) -> None:
        """Hand it on, if it is what was asked for."""
        if self._on_body is not None and self._parser.get_status_code() == 200:
            self._on_body(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())
        if not self._parser.should_keep_alive():
            self.close()
        self._parser = httptools.HttpResponseParser(self)


async def connect_http(address: Address) -> HttpConnection:
    """Return a connection to an `http(s)://` address. Raises `OSError`, `ssl.SSLError`, `CarrierError`."""
    loop = asyncio.get_running_loop()
    secure = address.scheme == "https"
    transport, connection = await loop.create_connection(
        HttpConnection,
        address.host,
        address.port,
        ssl=tls_context(address) if secure else None,
        server_hostname=address.host if secure else None,
    )
    try:
        check_pin(transport, address)
    except CarrierError:
        connection.close()
        await connection.wait_closed()
        raise
    return connection
