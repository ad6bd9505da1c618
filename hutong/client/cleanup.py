"""Letting go of sockets and files even when whoever does it is called off meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do the work whole; a cancellation takes effect after it."""
    task = asyncio.get_running_loop().create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


async def call_off(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and see each to its end."""
    for task in tasks:
        task.cancel()
    await to_the_end(_ended(tasks))


async def _ended(tasks: Collection[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(tasks)
