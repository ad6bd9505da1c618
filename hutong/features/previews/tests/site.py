"""A web server of the tests' own that does as it is told, on a real socket."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Write = Callable[[bytes], Awaitable[None]]


class Site:
    """Answers by path with bytes, or with a function that writes as it likes; remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Callable[[Write], Awaitable[None]]] = {}
        self.asked: list[str] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    @asynccontextmanager
    async def open(cls, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
        site = cls()
        server = await asyncio.start_server(site._connected, "127.0.0.1", 0, ssl=tls)
        site.port = server.sockets[0].getsockname()[1]
        try:
            yield site
        finally:
            server.close()
            for task in site._tasks:
                task.cancel()
            await asyncio.gather(*site._tasks, return_exceptions=True)

    def html(self, path: str, html: str, *headers: str, status: str = "200 OK") -> None:
        self.pages[path] = answer(html.encode(), "text/html; charset=utf-8", *headers, status=status)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(request)
                page = self.pages.get(request.split(" ")[1], answer(b"", "text/plain", status="404 No"))
                if isinstance(page, bytes):
                    writer.write(page)
                    await writer.drain()
                else:
                    await page(lambda data: _write(writer, data))
        finally:
            writer.transport.abort()
            self._tasks.discard(task)


async def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


def answer(body: bytes, media_type: str, *headers: str, status: str = "200 OK", sized: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", *headers]
    if sized:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def page(**properties: str) -> str:
    metas = "".join(f'<meta property="og:{name}" content="{value}">' for name, value in properties.items())
    return f"<!doctype html><html><head><title>Plain title</title>{metas}</head><body>text</body></html>"
