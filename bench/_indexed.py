"""Lets a server take everything into its search index, which would be in the way of what is measured."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench._link import Asking, connect
from bench._people import Person
from bench._server import serve
from hutong.schema import search_pb2

SEARCH = 2001


async def index(folder: Path, person: Person) -> None:
    """Run a server until nothing is missing in what `person` may search."""
    async with serve(folder) as server:
        asking = Asking(await connect(server, person))
        request = search_pb2.MessagesRequest(text="anything").SerializeToString()
        async with asyncio.timeout(120):
            while search_pb2.MessagesReply.FromString(  # noqa: ASYNC110  what people see, too
                await asking.ask(SEARCH, request)
            ).behind:
                await asyncio.sleep(0.5)
