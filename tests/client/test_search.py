"""Searching from Python."""

from __future__ import annotations

import asyncio

import pytest

from hutong.client import Client
from hutong.client.search import Hit
from hutong.platform.errors import InvalidArgument
from tests.client.live import PASSWORD, LiveServer


async def _found(client: Client, text: str, count: int, **wanted: object) -> list[Hit]:
    """Return what is found, once the server has taken in so much."""
    async with asyncio.timeout(60):
        while True:
            hits = [hit async for hit in client.search(text, **wanted)]  # type: ignore[arg-type]
            if len(hits) >= count and not any(hit.behind for hit in hits):
                return hits
            await asyncio.sleep(0.2)  # the server gives a person a pace


async def test_searching(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD, name="Lin")
        await bob.sign_up("bob", PASSWORD, name="Bob")
        await server.befriend(lin, bob)
        talk = await lin.open("bob")
        sent = [await lin.send_text(talk, f"海底捞 number {number}") for number in range(60)]
        asked = await bob.send_text(await bob.open("lin"), "海底捞 tonight?")
        hits = await _found(bob, "海底", 61)
        assert [hit.message.seq for hit in hits] == [asked.seq, *(each.seq for each in reversed(sent))]
        first = hits[0]
        assert (first.message.text, first.message.mine) == ("海底捞 tonight?", True)
        assert (first.message.author, first.message.log) == (bob.me, talk.log)
        assert [first.excerpt[start : start + length] for start, length in first.spans] == ["海底"]
        assert [hit.message.seq for hit in await _found(bob, "海底", 1, author=bob.me)] == [asked.seq]
        assert [hit async for hit in bob.search("海底", of=talk, kind="file")] == []
        assert len(await _found(bob, "海底", 7, limit=7)) == 7
        with pytest.raises(InvalidArgument):
            await anext(bob.search(""))
