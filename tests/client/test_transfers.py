"""Files between two people on a real server, over real WebRTC connections."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client import Client, Conversation, Event
from hutong.client.peers.signalling import Signalling
from hutong.client.transfers import (
    CancelledTransferError,
    DeclinedError,
    IncomingOffer,
    Phase,
    Progress,
    Way,
)
from hutong.schema import peers_pb2
from tests.client.live import PASSWORD, LiveServer, Wire, running, until


class Pair:
    def __init__(self, lin: Client, bob: Client, conversation: Conversation, folder: Path) -> None:
        self.lin = lin
        self.bob = bob
        self.conversation = conversation
        self.into = folder / "into"
        self.into.mkdir()
        self.source = folder / "photo.jpg"
        self.progress: list[Progress] = []

    def fill(self, size_bytes: int) -> bytes:
        data = os.urandom(size_bytes)
        self.source.write_bytes(data)
        return data

    async def offered(self) -> IncomingOffer:
        """Wait for the offer to Bob."""
        stream = self.bob.events()
        await self.bob.caught_up()
        async with asyncio.timeout(60):
            async for event in stream:
                offer = IncomingOffer.of(event) if isinstance(event, Event) else None
                if offer is not None:
                    return offer
        raise AssertionError


@asynccontextmanager
async def pair(server: LiveServer) -> AsyncIterator[Pair]:
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD)
        await bob.sign_up("bob", PASSWORD)
        await server.befriend(lin, bob)
        conversation = await lin.open("bob")
        first = bob.events()
        await bob.caught_up()  # what is there when Bob first looks is history to him: the offer comes after
        await first.aclose()
        yield Pair(lin, bob, conversation, server.folder)


@pytest.fixture
async def relayed_server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with running(tmp_path, rate_limit_factor=100, relay_port=0, relay_private_peers=True) as server:
        yield server


async def test_a_file_goes_directly(relayed_server: LiveServer) -> None:
    async with pair(relayed_server) as both:
        data = both.fill(1_500_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(
            both.lin.transfers.send(both.conversation, both.source, on_progress=both.progress.append)
        )
        received = await both.bob.transfers.receive(await waiting, both.into)
        delivered = await sending
        assert received.path == both.into / "photo.jpg"
        assert received.path.read_bytes() == data
        assert (received.way, delivered.way) == (Way.DIRECT, Way.DIRECT)
        assert received.sha256 == delivered.sha256
        assert [path.name for path in both.into.iterdir()] == ["photo.jpg"]
        phases = [each.phase for each in both.progress]
        assert [phases[0], phases[-1]] == [Phase.WAITING, Phase.VERIFYING]
        assert max(each.done_bytes for each in both.progress) == 1_500_000


async def test_direct_candidates_are_alone_at_first(
    relayed_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else ICE takes the relay half of the time although a direct path would open."""
    # As towards a browser, which opens no paths of its own.
    monkeypatch.setattr("hutong.client.punch.direct.DirectPaths.begin", lambda *_args, **_options: None)
    said: list[peers_pb2.Signal] = []
    say = Signalling.say

    def listen(self: Signalling, signal: peers_pb2.Signal) -> None:
        said.append(signal)
        say(self, signal)

    monkeypatch.setattr(Signalling, "say", listen)
    async with pair(relayed_server) as both:
        both.fill(1000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        await both.bob.transfers.receive(await waiting, both.into)
        await sending
    descriptions = [each.description.sdp for each in said if each.HasField("description")]
    assert len(descriptions) == 2
    assert all("typ host" in sdp and "typ relay" not in sdp for sdp in descriptions)


async def test_the_relay_is_taken_when_nothing_else_opens(
    relayed_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As towards a browser, which opens no paths of its own.
    monkeypatch.setattr("hutong.client.punch.direct.DirectPaths.begin", lambda *_args, **_options: None)
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: [])
    async with pair(relayed_server) as both:
        data = both.fill(100_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        received = await both.bob.transfers.receive(await waiting, both.into)
        assert received.path.read_bytes() == data
        assert (received.way, (await sending).way) == (Way.RELAYED, Way.RELAYED)


async def test_relay_only_goes_over_the_relay(relayed_server: LiveServer) -> None:
    async with pair(relayed_server) as both:
        data = both.fill(300_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(
            both.lin.transfers.send(both.conversation, both.source, relay_only=True)
        )
        received = await both.bob.transfers.receive(await waiting, both.into, relay_only=True)
        assert received.path.read_bytes() == data
        assert (received.way, (await sending).way) == (Way.RELAYED, Way.RELAYED)


async def test_a_file_for_somebody_away_is_stored(server: LiveServer) -> None:
    async with pair(server) as both:
        pass
    data = both.fill(700_000)
    async with server.client("lin") as lin:
        conversation = await lin.open("bob")
        delivered = await lin.transfers.send(conversation, both.source)
        assert delivered.way is Way.STORED
    async with server.client("bob") as bob:
        (offer,) = await bob.transfers.open_offers(bob.me.user)
        assert offer.blob
        received = await bob.transfers.receive(offer, both.into)
        assert received.path.read_bytes() == data
        assert received.way is Way.STORED


async def test_nobody_takes_it_in_time(server: LiveServer) -> None:
    async with pair(server) as both:
        both.fill(1000)
        delivered = await both.lin.transfers.send(both.conversation, both.source, accept_within_s=0.1)
        assert delivered.way is Way.STORED


async def test_no_path_means_storage_for_both(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without candidates no channel opens; the receiver that waits for one takes the stored file."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: [])
    monkeypatch.setattr("hutong.client.transfers.outgoing.CHANNEL_WITHIN_S", 1.0)
    async with pair(server) as both:
        data = both.fill(400_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        received = await both.bob.transfers.receive(await waiting, both.into)
        assert (received.way, (await sending).way) == (Way.STORED, Way.STORED)
        assert received.path.read_bytes() == data


async def test_declining_is_told(server: LiveServer) -> None:
    async with pair(server) as both:
        both.fill(1000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        await both.bob.transfers.decline(await waiting)
        with pytest.raises(DeclinedError):
            await sending


async def test_calling_it_off_ends_the_receiver_too(server: LiveServer) -> None:
    async with pair(server) as both:
        both.fill(60_000_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(
            both.lin.transfers.send(both.conversation, both.source, on_progress=both.progress.append)
        )
        receiving = asyncio.create_task(both.bob.transfers.receive(await waiting, both.into))
        await until(lambda: any(each.done_bytes for each in both.progress))
        sending.cancel()
        with pytest.raises(CancelledTransferError):
            await receiving
        assert [path for path in both.into.iterdir() if not path.name.startswith(".")] == []


async def test_calling_it_off_before_the_offer_is_answered(server: LiveServer) -> None:
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD)
        await bob.sign_up("bob", PASSWORD)
        await server.befriend(lin, bob)
        source = server.folder / "a.txt"
        source.write_text("a")
        conversation = await lin.open("bob")
    wire = Wire(server.addresses.port)
    async with (
        wire.open() as address,
        server.client("lin", address) as lin,
        server.client("bob") as bob,
    ):
        wire.swallow_answers = True
        sending = asyncio.create_task(lin.transfers.send(conversation, source))
        await until(lambda: wire.swallowed_bytes)  # the server has the offer, and we do not know
        assert await bob.transfers.open_offers(bob.me.user)
        sending.cancel()
        wire.swallow_answers = False
        wire.cut()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await bob.transfers.open_offers(bob.me.user) == []


async def test_an_interrupted_file_is_continued(server: LiveServer) -> None:
    async with pair(server) as both:
        data = both.fill(12_000_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        offer = await waiting
        first: list[Progress] = []
        receiving = asyncio.create_task(
            both.bob.transfers.receive(offer, both.into, on_progress=first.append)
        )
        await until(lambda: first and first[-1].done_bytes > 1_000_000)
        receiving.cancel()
        await asyncio.wait([receiving])
        again: list[Progress] = []
        received = await both.bob.transfers.receive(offer, both.into, on_progress=again.append)
        assert again[0].done_bytes > 1_000_000
        assert received.path.read_bytes() == data
        assert (await sending).way is Way.DIRECT


async def test_a_group_gets_it_as_a_message(server: LiveServer) -> None:
    async with pair(server) as both:
        both.fill(1000)
        group = await both.lin.create_group("Walks", [both.bob.me])
        delivered = await both.lin.send_file(group, both.source)
        assert delivered.way is Way.STORED
        (message,) = await both.bob.history(group.log)
        assert message.content.file.name == "photo.jpg"
