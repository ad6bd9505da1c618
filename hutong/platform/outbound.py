"""Requests to servers whose address somebody else has chosen, without being led anywhere else.

The addresses of a name are looked at once, all of them have to be public, and the connection goes to one that
was looked at: what the name means a moment later does not matter. HTTP is read with httptools over asyncio's
streams: a client library would resolve names itself, keep cookies, follow redirects and look for proxies.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httptools

from hutong import __version__
from hutong.platform.addresses import is_public
from hutong.platform.urls import Url, UrlError

REDIRECTS_MAX = 3
HEAD_BYTES_MAX = 64 * 1024
HEADERS_MAX = 100
_ADDRESSES_MAX = 3
_READ_BYTES = 64 * 1024
# Who asks for other ports of public machines wants to know which are open.
_PORTS = {80, 443, 8080, 8443}
# A thread that waits for a slow name server cannot be called back.
_RESOLVERS = 8

Resolve = Callable[[str, int], list[str]]
Enough = Callable[[bytearray], bool]


class FetchError(Exception):
    """There is nothing to show, and the asker need not know why."""


@dataclass(slots=True)
class Answer:
    """What a server said."""

    url: Url
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    @property
    def media_type(self) -> str:
        """What the body says it is, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system knows them. Called on a thread. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Fetcher:
    """Gets what stands behind links, and posts to addresses. `hosts` may be reached wherever they are.

    `purpose` is what the other side reads in the User-Agent.
    """

    def __init__(
        self, hosts: Iterable[str], resolve: Resolve = resolve, *, purpose: str = "link preview"
    ) -> None:
        self._agent = f"Hutong/{__version__} ({purpose})"
        self._hosts = frozenset(hosts)
        self._resolve = resolve
        self._pool = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")
        self._tls: ssl.SSLContext | None = None

    def close(self) -> None:
        """Let go of the threads, those that wait for a name server too."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def get(
        self,
        url: Url,
        media_types: Iterable[str],
        size_bytes_max: int,
        enough: Enough | None = None,
    ) -> Answer:
        """Return an answer of one of these types. Raises `FetchError`. The caller bounds the time.

        The body is whole, and not larger than this; or with `enough`, cut there or at this size.
        """
        for _ in range(REDIRECTS_MAX + 1):
            answer = await self._get_one(url, frozenset(media_types), size_bytes_max, enough)
            if answer.status // 100 != 3:
                return answer
            try:
                url = url.join(answer.headers.get("location", ""))
            except UrlError as error:
                raise FetchError("redirected to nowhere") from error
        raise FetchError("too many redirects")

    async def post(self, url: Url, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body; return status and headers of the answer, whatever they are, and nothing of its body.

        Raises `FetchError` when there is no answer. No redirect is followed. The caller bounds the time.
        """
        lines = [*(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}"]
        request = _head("POST", url, self._agent, lines) + body
        return await self._ask(url, request, _Reading(Answer(url), None, 0, None))

    async def _get_one(
        self,
        url: Url,
        media_types: frozenset[str],
        size_bytes_max: int,
        enough: Enough | None,
    ) -> Answer:
        lines = [f"Accept: {', '.join(sorted(media_types))}", "Accept-Encoding: identity"]
        request = _head("GET", url, self._agent, lines)
        return await self._ask(url, request, _Reading(Answer(url), media_types, size_bytes_max, enough))

    async def _ask(self, url: Url, request: bytes, reading: _Reading) -> Answer:
        reader, writer = await self._connect(url)
        try:
            writer.write(request)
            while not reading.done:
                data = await reader.read(_READ_BYTES)
                if not data:
                    return reading.ended()
                reading.feed(data)
            return reading.answer
        except (OSError, EOFError) as error:
            raise FetchError("the connection broke") from error
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self, url: Url) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        addresses = await self._addresses(url)
        tls = self._context() if url.scheme == "https" else None
        for address in addresses[:_ADDRESSES_MAX]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(
                    address, url.port, ssl=tls, server_hostname=url.host if tls else None
                )
        raise FetchError("nobody answers")

    async def _addresses(self, url: Url) -> list[str]:
        """Return where a host is. One address that is not public is one too many."""
        private = url.host in self._hosts
        if not private and url.port not in _PORTS:
            raise FetchError("not a port of web servers")
        loop = asyncio.get_running_loop()
        try:
            addresses = await loop.run_in_executor(self._pool, self._resolve, url.host, url.port)
        except (OSError, UnicodeError) as error:
            raise FetchError("no such host") from error
        if not private and not all(is_public(address) for address in addresses):
            raise FetchError("not a public address")
        return addresses

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class _Reading:
    """One answer on its way in; the parser's callbacks. Without `media_types` its head is all of it."""

    def __init__(
        self,
        answer: Answer,
        media_types: frozenset[str] | None,
        size_bytes_max: int,
        enough: Enough | None,
    ) -> None:
        self.answer = answer
        self.done = False
        self._media_types = media_types
        self._size_bytes_max = size_bytes_max
        self._enough = enough
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = 0
        self._in_body = False

    def feed(self, data: bytes) -> None:
        """Take what came. Raises `FetchError`."""
        if not self._in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            raise FetchError("not what was asked for") from error
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise FetchError("not HTTP") from error
        if not self._in_body and self._head_bytes > HEAD_BYTES_MAX:
            raise FetchError("too much before the page")
        if self._in_body and self._enough is not None and self._enough(self.answer.body):
            self.done = True

    def ended(self) -> Answer:
        """The other side closed: fine after a body without a length."""
        cut = "content-length" in self.answer.headers or "transfer-encoding" in self.answer.headers
        if not self._in_body or cut:
            raise FetchError("the connection broke")
        return self.answer

    # ---- httptools ----

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self.answer.headers
        if len(headers) >= HEADERS_MAX:
            raise FetchError("too many headers")
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self.answer.headers.clear()  # an interim answer; the real one follows
            return
        self.answer.status = status
        if status // 100 == 3 or self._media_types is None:
            self.done = True
            return
        if status != 200 or self.answer.media_type not in self._media_types:
            raise FetchError("not what was asked for")
        # Nobody was asked to compress: what unpacks to a thousand times its size does not come in.
        if self.answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise FetchError("compressed")
        self._in_body = True

    def on_body(self, data: bytes) -> None:
        if self.done:
            return
        body = self.answer.body
        body += data
        if len(body) > self._size_bytes_max:
            if self._enough is None:
                raise FetchError("too large")
            del body[self._size_bytes_max :]
            self.done = True

    def on_message_complete(self) -> None:
        if self.answer.status:
            self.done = True


def _head(method: str, url: Url, agent: str, lines: Iterable[str]) -> bytes:
    head = [
        f"{method} {url.target} HTTP/1.1",
        f"Host: {url.authority}",
        f"User-Agent: {agent}",
        *lines,
        "Connection: close",
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode("ascii")
