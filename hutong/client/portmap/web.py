"""Pages and orders of UPnP over TCP, from the router's own address only."""

from __future__ import annotations

import asyncio
import contextlib

from hutong.protocols.portmap.errors import MalformedError, SilentError
from hutong.protocols.portmap.http import HttpAnswer, HttpReader, Url

_TIMEOUT_S = 3.0
_READ_BYTES = 16 * 1024


async def ask_page(url: Url, request: bytes) -> HttpAnswer:
    """Send a request and return the answer. Raises `MalformedError`, `SilentError`."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            try:
                writer.write(request)
                return await _read(reader)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except MalformedError:
        raise
    except (OSError, TimeoutError) as error:
        raise SilentError(str(error) or "no answer in time") from error


async def _read(reader: asyncio.StreamReader) -> HttpAnswer:
    parser = HttpReader()
    while data := await reader.read(_READ_BYTES):
        answer = parser.feed(data)
        if answer is not None:
            return answer
    return parser.end()
