"""Where a core takes edges: `host:port` or `unix:/path`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from hutong.platform.settings import SettingsError

_UNIX = "unix:"


def check(address: str) -> None:
    """Raise `SettingsError` for what is no address."""
    if not address.startswith(_UNIX):
        _split(address)


async def connect(address: str, protocol: asyncio.Protocol) -> None:
    """Connect a protocol. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    if address.startswith(_UNIX):
        await loop.create_unix_connection(lambda: protocol, address.removeprefix(_UNIX))
    else:
        host, port = _split(address)
        await loop.create_connection(lambda: protocol, host, port)


async def listen(address: str, protocol: Callable[[], asyncio.Protocol]) -> tuple[asyncio.Server, str]:
    """Listen; return the server and the address in force. Raises `OSError` and `SettingsError`."""
    loop = asyncio.get_running_loop()
    if address.startswith(_UNIX):
        path = Path(address.removeprefix(_UNIX))
        # Of a core that was killed; one that lives holds the data folder's lock.
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            server = await loop.create_unix_server(protocol, path)
        finally:
            os.umask(before)
        return server, address
    host, port = _split(address)
    server = await loop.create_server(protocol, host, port)
    return server, f"{host}:{server.sockets[0].getsockname()[1]}"


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingsError(f"core_address cannot be {address!r}: it is host:port or unix:/path.")
    return host.strip("[]"), int(port)
