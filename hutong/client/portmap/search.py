"""Where the router's UPnP description is: asked of the router, and of the house, which old routers want."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from hutong.client.portmap.gateway import Gateway
from hutong.protocols.portmap import MalformedError, Resend, SilentError
from hutong.protocols.portmap.http import Url
from hutong.protocols.portmap.ssdp import MULTICAST_HOST, PORT, TARGETS, encode_search, parse_answer

# UPnP Device Architecture 1.1 section 1.3.2: no further than the next router.
_TTL = 2
# Devices may wait a second before they answer the house.
_GIVE_UP_S = 2.0


class _Search(asyncio.DatagramProtocol):
    """Waits for the router's answer; what others say is dropped."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self.found: asyncio.Future[Url] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if self.found.done():
            return
        try:
            self.found.set_result(parse_answer(data, str(addr[0]), self._gateway))
        except MalformedError:
            return


async def search_description(gateway: Gateway) -> Url:
    """Return where the description is. Raises `SilentError`, `OSError`."""
    loop = asyncio.get_running_loop()
    _, search = await loop.create_datagram_endpoint(lambda: _Search(gateway.host), sock=_socket(gateway))
    resend = Resend(loop.time(), _GIVE_UP_S)
    try:
        while not search.found.done():
            if resend.over(loop.time()):
                raise SilentError("no router answers")
            if resend.take(loop.time()):
                for host in (gateway.host, MULTICAST_HOST):
                    for target in TARGETS:
                        search.transport.sendto(encode_search(target, host), (host, PORT))
            await asyncio.wait([search.found], timeout=max(0.0, resend.deadline - loop.time()))
        return search.found.result()
    finally:
        search.found.cancel()
        search.transport.close()


def _socket(gateway: Gateway) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _TTL)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(gateway.local_host))
        opened.bind((gateway.local_host, 0))
    except OSError:
        opened.close()
        raise
    return opened
