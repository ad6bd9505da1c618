"""Two people on a real server, with a real WebRTC channel between them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hutong.client import Client, Conversation
from hutong.client.direct import DirectText, allow
from hutong.client.direct_channel import DirectChannel
from hutong.client.peers.session import PeerSession
from hutong.platform.errors import NotFound
from hutong.protocols.direct import State, encode
from hutong.protocols.direct.receiving import SHOWN_MAX
from hutong.schema import direct_pb2 as pb
from hutong.schema import peers_pb2
from tests.client.live import PASSWORD, LiveServer, running, until


class Pair:
    """Lin and Bob, with their conversation open on both devices."""

    def __init__(self, server: LiveServer, lin: Client, bob: Client, conversation: Conversation) -> None:
        self.server = server
        self.lin, self.bob = lin, bob
        self.conversation = conversation
        self.seen: list[list[str]] = []  # what Bob's screen showed as arriving

    def direct(self, client: Client) -> DirectText:
        def draw() -> None:
            if client is self.bob:
                self.seen.append([each.words.text for each in bobs.arriving])

        bobs = DirectText(client.connection, client.pushes, client.me.user, self.conversation, on_change=draw)
        return bobs

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[tuple[DirectText, DirectText]]:
        """Both have the conversation open, and the channel is."""
        async with self.direct(self.lin) as lins, self.direct(self.bob) as bobs:
            await until(lambda: lins.open and bobs.open, 60)
            yield lins, bobs

    async def texts(self) -> list[str]:
        """Return what the log says."""
        return [message.text for message in await self.bob.history(self.conversation)]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    async with running(tmp_path) as server, server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD)
        await bob.sign_up("bob", PASSWORD)
        await server.befriend(lin, bob)
        for each in (lin, bob):
            await allow(each.connection, direct=True)
        yield Pair(server, lin, bob, await lin.open("bob"))


@asynccontextmanager
async def held_back(server: LiveServer) -> AsyncIterator[None]:
    """The server takes what comes, and has nothing on disk until the end."""
    gate = threading.Event()
    work = asyncio.ensure_future(server.core.platform.writer.work(lambda _tx: gate.wait(30)))
    try:
        yield
    finally:
        gate.set()
        await work


async def test_a_text_is_there_before_the_server_has_it(pair: Pair) -> None:
    """DIRECT3, DIRECT5: shown at once, in no log; then the log's event is there alone."""
    async with pair.opened() as (lins, bobs):
        async with held_back(pair.server):
            sending = asyncio.ensure_future(lins.send("on my way"))
            await until(lambda: bobs.arriving)
            assert [each.words.text for each in bobs.arriving] == ["on my way"]
            assert not sending.done()
            assert await pair.texts() == []
        sent = await sending
        await until(lambda: not bobs.arriving)
        (message,) = await pair.bob.history(pair.conversation)
        assert (message.seq, message.text, message.mine) == (sent.seq, "on my way", False)


async def test_both_talk_at_once_and_nothing_is_doubled_or_moved(pair: Pair) -> None:
    """DIRECT6: the same words too."""
    async with pair.opened() as (lins, bobs):
        texts = ["ok", "ok", "and then?", "ok", "never mind"]

        async def say(direct: DirectText) -> list[int]:
            return [(await direct.send(text)).seq for text in texts]

        hers, his = await asyncio.gather(say(lins), say(bobs))
        await until(lambda: not (lins.arriving or bobs.arriving))
        messages = await pair.bob.history(pair.conversation)
        assert [each.text for each in messages if not each.mine] == texts
        assert sorted(hers + his) == [each.seq for each in messages]
        assert hers == sorted(hers)


async def test_what_the_server_refuses_is_said_to_be_refused(pair: Pair) -> None:
    """DIRECT9."""
    async with pair.opened() as (lins, bobs):
        with pytest.raises(NotFound):
            await lins.send("ok", reply_to=999)
        await until(lambda: bobs.arriving)
        await until(lambda: bobs.arriving[0].state is State.WITHDRAWN)
        assert await pair.texts() == []


async def test_a_relay_is_no_path(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """DIRECT2: both ends let go, and messages go by the server alone."""
    monkeypatch.setattr(PeerSession, "channel_path", lambda _self: peers_pb2.PATH_RELAYED)
    tried: list[DirectChannel] = []
    begin = DirectChannel.__init__

    def noted(self: DirectChannel, *arguments: Any) -> None:
        begin(self, *arguments)
        tried.append(self)

    monkeypatch.setattr(DirectChannel, "__init__", noted)
    async with pair.direct(pair.lin) as lins, pair.direct(pair.bob) as bobs:
        await until(lambda: len(tried) == 2, 60)
        await until(lambda: all(each.ended for each in tried), 60)
        await lins.send("by the server")
        assert not lins.open
        assert not bobs.open
        assert not any(pair.seen)


async def test_who_does_not_allow_it_opens_no_path(pair: Pair) -> None:
    """DIRECT1: switched off while it is open, it ends at once; messages go on."""
    async with pair.opened() as (lins, bobs):
        await allow(pair.bob.connection, direct=False)
        await until(lambda: not (lins.open or bobs.open))
        await lins.send("by the server")
        assert await pair.texts() == ["by the server"]
        assert not any(pair.seen)
    async with pair.direct(pair.bob) as bobs:
        assert not bobs.allowed


async def test_who_closes_the_conversation_parts_and_comes_back(pair: Pair) -> None:
    """DIRECT4: a new channel counts anew."""
    async with pair.direct(pair.lin) as lins:
        for text in ("one", "two"):
            async with pair.direct(pair.bob) as bobs:
                await until(lambda: lins.open and bobs.open, 60)
                async with held_back(pair.server):
                    sending = asyncio.ensure_future(lins.send(text))
                    await until(lambda: bobs.arriving)
                await sending
            await until(lambda: not lins.open)
    assert await pair.texts() == ["one", "two"]


async def test_a_flood_ends_the_channel_and_not_the_conversation(pair: Pair) -> None:
    """DIRECT12."""
    async with pair.opened() as (lins, bobs):
        channel = lins._channel
        assert channel is not None
        for count in range(1, 400):
            channel.send(encode(pb.Record(preview=pb.Preview(count=count, after=9, text="x"))))
        await until(lambda: not bobs.open)
        assert len(bobs.arriving) <= SHOWN_MAX
        await lins.send("still here")
        assert await pair.texts() == ["still here"]


async def test_a_server_that_restarts_brings_them_together_again(pair: Pair) -> None:
    """DIRECT1: it has forgotten who attends, and is told."""
    async with pair.opened() as (lins, bobs):
        await pair.server.stop()
        await pair.server.start()
        before = lins._channel
        await until(lambda: lins._channel is not before and lins.open and bobs.open, 60)
        async with held_back(pair.server):
            sending = asyncio.ensure_future(lins.send("again"))
            await until(lambda: [each.words.text for each in bobs.arriving] == ["again"])
        await sending
        await until(lambda: not bobs.arriving)
