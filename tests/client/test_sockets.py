"""How the carriers' sockets are set (LINK57), and how they end (LINK58)."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
import uvloop

from hutong.client import Client
from tests.client.live import PASSWORD, LiveServer, running


def _sockets_of(client: Client) -> list[Any]:
    """The TCP sockets of the client's carrier."""
    link: Any = client.connection._life.link
    carrier = link._carrier
    if client.connection.carrier == "POST":
        transports = [carrier._poll._transport]
    elif client.connection.carrier == "WebSocket":
        transports = [carrier._transport.underlying_transport]
    else:
        transports = [carrier._transport]
    return [transport.get_extra_info("socket") for transport in transports]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("address", ["url", "link"])
def test_link57_sockets_are_set_for_small_messages(tmp_path: Path, address: str, run: Any) -> None:
    async def look() -> None:
        async with running(tmp_path) as server, server.client("lin", getattr(server, address)) as lin:
            (sock,) = _sockets_of(lin)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 16 * 1024
            assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 18 << 2

    run(look())


@pytest.mark.parametrize("address", ["url", "link"])
async def test_link58_leaving_tells_the_server_and_waits_for_it(server: LiveServer, address: str) -> None:
    """No ResourceWarning, no TLS that complains; the server knows by the time we are gone."""
    async with server.client("lin", getattr(server, address)) as lin:
        await lin.sign_up("lin", PASSWORD)
        (sock,) = _sockets_of(lin)
    assert sock.fileno() == -1
