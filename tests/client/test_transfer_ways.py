"""The ways between two Python clients: doors, relay, storage, and what is told in the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hutong.client.peers.session import PeerSession
from hutong.client.storage import Storage
from hutong.client.transfers import Progress, Way
from hutong.client.transfers.line import RANK_DOOR
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source
from hutong.protocols.transfer import StoppedError, root
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


async def test_what_is_told_to_everybody_is_the_root(server: LiveServer) -> None:
    """XFER6, XFER17: leaves are BLAKE3 between two programs."""
    async with pair(server) as both:
        both.fill(900_000)
        way, sha256 = await hand_over(both)
        assert way is Way.DIRECT
        assert sha256 == manifest_root(both.source)


@pytest.mark.parametrize("newer", ["sender", "receiver"])
async def test_another_version_is_said_and_the_server_helps(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, newer: str
) -> None:
    """XFER0: both hear that their versions differ; the sender stores, the receiver takes it there."""
    monkeypatch.setattr(f"hutong.protocols.transfer.{newer}.VERSION", 3)
    said: list[int] = []
    take = SendingFiles.message

    def listen(self: SendingFiles, line: Any, message: pb.ChannelMessage) -> None:
        take(self, line, message)
        with contextlib.suppress(asyncio.InvalidStateError, asyncio.CancelledError):
            error = self.finished.exception()
            assert isinstance(error, StoppedError)
            said.append(error.reason)

    monkeypatch.setattr(SendingFiles, "message", listen)
    async with pair(server) as both:
        both.fill(300_000)
        way, _ = await hand_over(both)
        assert way is Way.STORED
    assert said == [pb.STOP_VERSION]


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
