"""A mapped port for whoever gathers candidates for a direct path."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hutong.client.portmap.gateway import default_gateway, local_host
from hutong.client.portmap.mapping import PortMapping
from hutong.protocols.stun import Address

# Of this program together: the tables of home routers are small, and everybody in the house shares them.
MAPPINGS_MAX = 8

_open: set[tuple[str, int]] = set()


@asynccontextmanager
async def map_port(
    kind: str, local_port: int, *, towards: str | None = None
) -> AsyncIterator[Address | None]:
    """Have the router forward a port ("udp", "tcp") for as long as the context lasts: its outside address.

    None comes after a second at most when there is no mapping; at once when `MAPPINGS_MAX` are open, this
    one is, or the way to `towards` (the server all devices meet at) does not lead through the router: then
    there is nothing to map, and nothing is sent. Raises `ValueError` for a port that is none.
    """
    mapping = PortMapping.open(kind, local_port)
    wanted = (kind, local_port)
    if wanted in _open or len(_open) >= MAPPINGS_MAX or not await _leaves_by_router(towards):
        yield None
        return
    _open.add(wanted)
    try:
        async with mapping:
            yield mapping.external
    finally:
        _open.discard(wanted)


async def _leaves_by_router(towards: str | None) -> bool:
    gateway = default_gateway()
    if gateway is None:
        return False
    if towards is None:
        return True
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(towards, 9, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except OSError:
        return False
    return local_host((str(found[0][4][0]), 9)) == gateway.local_host
