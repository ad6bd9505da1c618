"""Folders to a contact: directly, through the server, half and half; what is left when it is called off."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hutong.client.storage import Storage
from hutong.client.transfers import CancelledTransferError, Progress, Received, TransferError, Way
from hutong.client.transfers.receiving_files import ReceivingFiles
from tests.client.live import LiveServer, until
from tests.client.test_transfers import Pair, pair


def fill(folder: Path, large_bytes: int = 2_000_000) -> None:
    (folder / "deep/er").mkdir(parents=True)
    (folder / "none").mkdir()
    (folder / "deep/er/large.bin").write_bytes(os.urandom(large_bytes))
    (folder / "empty").touch()
    (folder / "走.sh").write_text("#!/bin/sh\n")
    (folder / "走.sh").chmod(0o755)
    for number in range(20):
        (folder / f"{number:03}.txt").write_text(str(number))


def look(folder: Path) -> dict[str, object]:
    """What is below: bytes and whether it may be run, or None for a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


async def hand_over(both: Pair, source: Path) -> Received:
    waiting = asyncio.create_task(both.offered())
    sending = asyncio.create_task(both.lin.transfers.send(both.conversation, source))
    received = await both.bob.transfers.receive(await waiting, both.into)
    delivered = await sending
    assert delivered.way is received.way
    assert look(received.path) == look(source)
    assert [path.name for path in both.into.iterdir()] == [source.name]
    return received


async def test_a_folder_goes_directly(server: LiveServer, tmp_path: Path) -> None:
    """XFER2, XFER3."""
    fill(tmp_path / "walk")
    async with pair(server) as both:
        received = await hand_over(both, tmp_path / "walk")
        assert received.way is Way.DIRECT
        assert received.path == both.into / "walk"


async def test_a_folder_for_somebody_away_is_stored(server: LiveServer, tmp_path: Path) -> None:
    """XFER19."""
    fill(tmp_path / "walk")
    async with pair(server) as both:
        pass
    async with server.client("lin") as lin:
        delivered = await lin.transfers.send(await lin.open("bob"), tmp_path / "walk")
        assert delivered.way is Way.STORED
    async with server.client("bob") as bob:
        (offer,) = await bob.transfers.open_offers(bob.me.user)
        assert offer.files
        received = await bob.transfers.receive(offer, both.into)
        assert received.way is Way.STORED
    assert look(both.into / "walk") == look(tmp_path / "walk")
    assert [path.name for path in both.into.iterdir()] == ["walk"]


async def test_the_rest_of_a_folder_comes_from_the_server(
    server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XFER19: what came directly is not fetched again."""
    fill(tmp_path / "walk", 6_000_000)
    monkeypatch.setattr("hutong.client.transfers.outgoing._STALLED_AFTER_S", 0.3)
    monkeypatch.setattr("hutong.client.transfers.outgoing._BROKEN_AFTER_S", 1.0)
    taken: Callable[..., None] = ReceivingFiles.piece
    read: list[int] = []
    fetch = Storage._read

    def deaf(self: ReceivingFiles, line: Any, piece: Any) -> None:
        if self.received_bytes < 3_000_000:
            taken(self, line, piece)

    async def counted(self: Storage, blob: str, offset: int) -> Any:
        read.append(offset)
        return await fetch(self, blob, offset)

    monkeypatch.setattr(ReceivingFiles, "piece", deaf)
    monkeypatch.setattr(Storage, "_read", counted)
    async with pair(server) as both:
        assert (await hand_over(both, tmp_path / "walk")).way is Way.STORED
    assert min(read) > 2_000_000


async def test_a_folder_that_has_nothing_in_it(server: LiveServer, tmp_path: Path) -> None:
    """XFER2."""
    (tmp_path / "walk").mkdir()
    async with pair(server) as both:
        received = await hand_over(both, tmp_path / "walk")
        assert received.path.is_dir()


async def test_a_link_is_followed_and_keeps_its_name(server: LiveServer, tmp_path: Path) -> None:
    """XFER3."""
    (tmp_path / "report-17.pdf").write_bytes(b"pdf")
    (tmp_path / "report.pdf").symlink_to("report-17.pdf")
    async with pair(server) as both:
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, tmp_path / "report.pdf"))
        received = await both.bob.transfers.receive(await waiting, both.into)
        await sending
        assert received.path == both.into / "report.pdf"
        assert received.path.read_bytes() == b"pdf"


async def test_what_cannot_be_sent_is_said_before_it_is_offered(server: LiveServer, tmp_path: Path) -> None:
    """XFER3."""
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk/a\nb").touch()
    async with pair(server) as both:
        with pytest.raises(TransferError, match="name"):
            await both.lin.transfers.send(both.conversation, tmp_path / "walk")
        assert await both.bob.transfers.open_offers(both.bob.me.user) == []


async def test_called_off_it_leaves_nothing(server: LiveServer) -> None:
    """XFER20."""
    async with pair(server) as both:
        both.fill(60_000_000)
        progress: list[Progress] = []
        waiting = asyncio.create_task(both.offered())
        sending = asyncio.create_task(both.lin.transfers.send(both.conversation, both.source))
        receiving = asyncio.create_task(
            both.bob.transfers.receive(await waiting, both.into, on_progress=progress.append)
        )
        await until(lambda: any(each.done_bytes for each in progress))
        sending.cancel()
        with pytest.raises(CancelledTransferError):
            await receiving
        assert list(both.into.iterdir()) == []
