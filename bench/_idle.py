"""What a connection costs that is silent: most of them are, most of the time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench._link import Link, connect
from bench._people import put_messages
from bench._server import Pair, Server
from hutong.platform.database import create_engine

# More than the first page of a conversation.
_EVENTS = 200
_AT_ONCE = 50


def fill(folder: Path, pairs: list[Pair]) -> None:
    """Give the conversations something that a device gets when it follows them."""
    engine = create_engine(f"sqlite:///{folder / 'hutong.db'}", readonly=False)
    with engine.begin() as connection:
        put_messages(connection, ((pair.log, pair.other.user) for pair in pairs), _EVENTS)
    engine.dispose()


async def bytes_each(server: Server, pairs: list[Pair], count: int) -> tuple[float, float]:
    """Return the memory for each connection that is signed in, follows a conversation, and is silent.

    Of the first `count`, with all that a server needs once, and of as many that come after them.
    """
    links: list[Link] = []
    sizes = [server.resident_bytes()]
    for _ in range(2):
        for start in range(0, count, _AT_ONCE):
            batch = [pairs[n % len(pairs)] for n in range(start, min(start + _AT_ONCE, count))]
            links += await asyncio.gather(*(connect(server, pair.one, pair.log) for pair in batch))
        await asyncio.sleep(1)
        sizes.append(server.resident_bytes())
    assert len(links) == 2 * count
    return (sizes[1] - sizes[0]) / count, (sizes[2] - sizes[1]) / count
