"""Two Python clients hand over in version 2, and in version 1 with whoever knows no other."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCDataChannel

from hutong.client.peers.session import PeerSession
from hutong.client.storage import Storage
from hutong.client.transfers import Progress, Way
from hutong.client.transfers.data_channel import tie
from hutong.client.transfers.ends import ReceivingEnd, SendingEnd
from hutong.client.transfers.line import RANK_DOOR
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.source import Source
from hutong.protocols.transfer import root
from hutong.schema import transfers_pb2 as pb
from tests.client.live import LiveServer, running, until
from tests.client.test_transfers import Pair, pair


@pytest.fixture
async def relayed_server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with running(tmp_path, rate_limit_factor=100, relay_port=0, relay_private_peers=True) as server:
        yield server


async def hand_over(both: Pair) -> tuple[Way, bytes]:
    waiting = asyncio.create_task(both.offered())
    sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
    received = await both.bob.transfers.receive(await waiting, both.into)
    delivered = await sending
    assert received.path.read_bytes() == both.source.read_bytes()
    assert [path.name for path in both.into.iterdir()] == ["photo.jpg"]
    assert delivered.way is received.way
    assert delivered.sha256 == (b"" if received.way is Way.STORED else received.sha256)
    return received.way, received.sha256


def manifest_root(path: Path) -> bytes:
    source = Source(path)
    manifest = source.manifest.hashed_by(pb.TREE_HASH_BLAKE3)
    leaves = b"".join(leaf for _, _, leaf in source.read(list(range(manifest.chunks)), manifest.hash))
    source.close()
    return root(manifest.digest, leaves)


async def test_two_python_clients_speak_version_2(server: LiveServer) -> None:
    """XFER0, XFER6, XFER17: what is told to everybody is the root; leaves are BLAKE3 between the two."""
    async with pair(server) as both:
        both.fill(900_000)
        way, sha256 = await hand_over(both)
        assert way is Way.DIRECT
        assert sha256 == manifest_root(both.source)


@pytest.mark.parametrize("old", ["sender", "receiver"])
async def test_version_1_with_who_knows_no_other(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, old: str
) -> None:
    """XFER0."""
    # Who knows no other version opens no paths of its own either.
    monkeypatch.setattr("hutong.client.punch.direct.DirectPaths.begin", lambda *_args, **_options: None)
    if old == "sender":
        monkeypatch.setattr("hutong.client.transfers.outgoing.PROTOCOL", "")

        def always_one(self: SendingEnd, channel: RTCDataChannel, on_state: Callable[[bool], None]) -> None:
            assert self._one is not None
            tie(channel, self._one, on_state)

        monkeypatch.setattr(SendingEnd, "tie", always_one)
    else:

        def one(self: ReceivingEnd, channel: RTCDataChannel) -> None:
            tie(channel, self._one, lambda _is_open: None)

        monkeypatch.setattr(ReceivingEnd, "tie", one)
    async with pair(server) as both:
        data = both.fill(900_000)
        way, sha256 = await hand_over(both)
        assert way is Way.DIRECT
        assert sha256 == hashlib.sha256(data).digest()


async def test_the_relay_is_left_for_a_direct_connection(
    relayed_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XFER10, XFER16: it begins on the relay, and goes on over TCP when a door opens."""
    ranks: list[int] = []
    taken = ReceivingFiles.piece

    def listen(self: ReceivingFiles, line: Any, piece: Any) -> None:
        ranks.append(line.rank)
        taken(self, line, piece)

    monkeypatch.setattr(ReceivingFiles, "piece", listen)
    for side in ("incoming", "outgoing"):
        monkeypatch.setattr(
            f"hutong.client.transfers.{side}.PeerSession",
            lambda *args, **options: PeerSession(*args, **{**options, "relay_only": True}),
        )
    async with pair(relayed_server) as both:
        both.fill(30_000_000)
        way, _ = await hand_over(both)
        assert way is Way.DIRECT
    assert RANK_DOOR in ranks
    assert ranks[-1] == RANK_DOOR


async def test_relay_only_opens_no_door(relayed_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """XFER16: a door is an address of ours."""

    def opened(_files: object) -> None:
        raise AssertionError("a door")

    monkeypatch.setattr("hutong.client.transfers.ends.Door", opened)
    async with pair(relayed_server) as both:
        both.fill(300_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(
            both.lin.transfers.send(both.conversation, both.source, relay_only=True)
        )
        received = await both.bob.transfers.receive(await waiting, both.into, relay_only=True)
        assert (received.way, (await sending).way) == (Way.RELAYED, Way.RELAYED)


async def test_a_server_that_restarts_does_not_stop_it(server: LiveServer) -> None:
    """XFER8: what flows meanwhile goes on flowing."""
    async with pair(server) as both:
        data = both.fill(60_000_000)
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        progress: list[Progress] = []
        receiving = asyncio.create_task(
            both.bob.transfers.receive(await waiting, both.into, on_progress=progress.append)
        )
        await until(lambda: progress and progress[-1].done_bytes > 5_000_000)
        await server.stop()
        await server.start()
        received = await receiving
        assert received.path.read_bytes() == data
        assert (await sending).way is Way.DIRECT


async def test_the_rest_comes_from_the_server(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender stores it when the path is lost: what came directly is not fetched again."""
    monkeypatch.setattr("hutong.client.transfers.outgoing._STALLED_AFTER_S", 0.3)
    monkeypatch.setattr("hutong.client.transfers.outgoing._BROKEN_AFTER_S", 1.0)
    read: list[int] = []
    taken = ReceivingFiles.piece

    def deaf(self: ReceivingFiles, line: Any, piece: Any) -> None:
        if self.received_bytes < 3_000_000:
            taken(self, line, piece)

    fetch = Storage._read

    async def counted(self: Storage, blob: str, offset: int) -> Any:
        read.append(offset)
        return await fetch(self, blob, offset)

    monkeypatch.setattr(ReceivingFiles, "piece", deaf)
    monkeypatch.setattr(Storage, "_read", counted)
    async with pair(server) as both:
        both.source.write_bytes(os.urandom(6_000_000))
        way, _ = await hand_over(both)
        assert way is Way.STORED
    assert min(read) > 2_000_000
