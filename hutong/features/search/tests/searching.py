"""How the tests ask, and wait for the index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from hutong.features.search.service import SearchService
from hutong.local import LocalServer
from hutong.schema import search_pb2 as pb
from hutong.testing import Client

_WAIT_S = 30.0


async def search(client: Client, text: str = "", **request: Any) -> pb.MessagesReply:
    """Return what is found, once the index has taken in everything."""
    await caught_up(client.server)
    reply: pb.MessagesReply = await client.call("Search.Messages", pb.MessagesRequest(text=text, **request))
    assert not reply.behind
    return reply


async def caught_up(server: LocalServer) -> None:
    """Wait until everything that was committed is in the index."""
    (service,) = (each for each in server.core.background if isinstance(each, SearchService))
    async with asyncio.timeout(_WAIT_S):
        while service.indexer.behind:  # noqa: ASYNC110  what it is for people, too
            await asyncio.sleep(0.005)


async def found(client: Client, text: str = "", **request: Any) -> list[int]:
    """Return the numbers of the messages that are found, the newest first."""
    return [hit.seq for hit in (await search(client, text, **request)).hits]


async def pages(client: Client, text: str, limit: int) -> AsyncIterator[list[int]]:
    """Yield the numbers of all that is found, a page at a time."""
    cursor = b""
    while True:
        reply = await search(client, text, cursor=cursor, limit=limit)
        yield [hit.seq for hit in reply.hits]
        cursor = reply.cursor
        if not cursor:
            return


def marked(hit: pb.Hit) -> list[str]:
    """Return the parts of an excerpt that the spans say were found."""
    return [hit.excerpt[span.start : span.start + span.length] for span in hit.spans]
