"""A path of a given rate and round trip, in user space: a TCP proxy that holds everything back for as long.

The kernel here has no netem. What waits is bounded by the path's own bandwidth-delay product, as in a router
with a sensible queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BLOCK_BYTES = 16 * 1024


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_per_s: float, delay_s: float
) -> None:
    loop = asyncio.get_running_loop()
    blocks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(
        max(1, int(2 * bytes_per_s * delay_s) // _BLOCK_BYTES)
    )
    free_at = 0.0

    async def hand_on() -> None:
        while True:
            due, data = await blocks.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    task = loop.create_task(hand_on())
    try:
        while data := await reader.read(_BLOCK_BYTES):
            free_at = max(free_at, loop.time()) + len(data) / bytes_per_s
            # Sleeping here for each block would lose what the timer is late by; a full queue holds back too.
            await blocks.put((free_at + delay_s, data))
        await blocks.put((free_at + delay_s, b""))
        await task
    except OSError:
        writer.close()
    finally:
        task.cancel()


@asynccontextmanager
async def shaped(port: int, *, bits_per_s: float, round_trip_s: float) -> AsyncIterator[int]:
    """Yield the port at which `port` is reached over such a path."""

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        both = bits_per_s / 8, round_trip_s / 2
        await asyncio.gather(_carry(reader, behind_writer, *both), _carry(behind_reader, writer, *both))

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
