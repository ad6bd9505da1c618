"""Both ends in processes of their own, killed and cut off again and again: little goes twice."""

from __future__ import annotations

import asyncio
import contextlib
import filecmp
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client.transfers.source import Source
from tests.transfer.test_transfer_ends import mount, unmount

from .cut_end import NO_ROOM, Count
from .cut_network import Network

CUTS = int(os.environ.get("HUTONG_TRANSFER_CUTS", "4"))
ROOT = Path(__file__).resolve().parents[2]
_MB = 1_000_000
_SIZE_BYTES = 64 * _MB if CUTS < 50 else 600 * _MB

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 10 * CUTS)]


class End:
    """A process that is started again whenever it has ended before its time."""

    def __init__(self, role: str, path: Path, port: int, folder: Path) -> None:
        self._arguments = [role, str(path), str(_SIZE_BYTES), str(port), str(folder / f"{role}.count")]
        (folder / f"{role}.count").write_bytes(bytes(8))
        self.count = Count(folder / f"{role}.count")
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        command = [sys.executable, "-m", "tests.transfer.cut_end", *self._arguments]
        self.process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    @property
    def code(self) -> int | None:
        return self.process.returncode if self.process is not None else None


class Scene:
    def __init__(self, folder: Path, disk: Path, network: Network) -> None:
        self.source = folder / "source.bin"
        self.disk = disk
        self.network = network
        self.sender = End("send", self.source, network.ports[0], folder)
        self.receiver = End("receive", disk, network.ports[1], folder)

    async def moved(self, to_bytes: int) -> bool:
        """Wait until so much is kept; tell whether it is not over yet."""
        async with asyncio.timeout(60):
            while self.receiver.count.value < to_bytes and self.sender.code is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        return self.sender.code is None

    async def fill(self) -> None:
        """Take all the room there is, until both have noticed; then give it back."""
        filler = self.disk / "filler"
        with contextlib.suppress(OSError):
            filler.write_bytes(bytes(2 * _SIZE_BYTES))
        for end in (self.sender, self.receiver):
            assert end.process is not None
            async with asyncio.timeout(60):
                assert await end.process.wait() in {NO_ROOM, 0}
        filler.unlink()

    async def cut(self, kind: str) -> None:
        match kind:
            case "network":
                self.network.cut()
            case "sender":
                await self.sender.kill()
                await self.sender.start()
            case "receiver":
                await self.receiver.kill()
                await self.receiver.start()
            case "disk":
                await self.fill()
                await self.sender.start()
                await self.receiver.start()


@asynccontextmanager
async def scene(folder: Path, disk: Path) -> AsyncIterator[Scene]:
    network = Network()
    await network.open()
    both = Scene(folder, disk, network)
    with both.source.open("wb") as file:
        for _ in range(_SIZE_BYTES // _MB):
            file.write(os.urandom(_MB))
    try:
        await both.receiver.start()
        await both.sender.start()
        yield both
    finally:
        for end in (both.sender, both.receiver):
            await end.kill()
        await network.close()


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Path]:
    """A disk that a test can fill, where it may mount one."""
    disk = folder / "into"
    disk.mkdir()
    if os.geteuid() != 0:
        yield disk
        return
    size = f"size={_SIZE_BYTES + 32 * _MB}"
    mount("-t", "tmpfs", "-o", size, "tmpfs", str(disk))
    try:
        yield disk
    finally:
        unmount(disk)


async def test_killed_and_cut_off_again_and_again(tmp_path: Path) -> None:
    """XFER8, XFER12, XFER13, XFER15, XFER18. `HUTONG_TRANSFER_CUTS=100` for the long run."""
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    places = sorted(chance.randrange(1, _SIZE_BYTES - 8 * _MB) for _ in range(CUTS))
    kinds = ["network", "sender", "receiver"] * 3 + (["disk"] if os.geteuid() == 0 else [])
    cuts: Counter[str] = Counter()
    async with small_disk(tmp_path) as disk, scene(tmp_path, disk) as both:
        for number, place_bytes in enumerate(places):
            if not await both.moved(place_bytes):
                break
            kind = kinds[number] if number < 3 else chance.choice(kinds)
            await both.cut(kind)
            cuts[kind] += 1
        assert both.sender.process is not None
        async with asyncio.timeout(60):
            assert await both.sender.process.wait() == 0
        assert await asyncio.to_thread(filecmp.cmp, both.source, disk / "arrived.bin", shallow=False)
        assert [each.name for each in disk.iterdir()] == ["arrived.bin"]
        again_bytes = both.sender.count.value - _SIZE_BYTES
    chunk_bytes = Source(both.source).manifest.chunk_bytes
    chunks_a_cut = again_bytes / cuts.total() / chunk_bytes
    print(f"{dict(cuts)}: {again_bytes} bytes were handed to a socket again, {chunks_a_cut:.2f} chunks a cut")
    assert again_bytes >= 0
    # A few cuts may all be dear ones: on its way, in the receiver's hands and begun are one to four chunks.
    assert chunks_a_cut <= (1 if CUTS >= 50 else 4) or again_bytes < _SIZE_BYTES // 100
