"""Two whole clients and a server, each a process, killed and cut off again and again: little goes twice."""

from __future__ import annotations

import asyncio
import filecmp
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from hutong.client import Client
from hutong.client.transfers.source import Source
from tests.client.live import until
from tests.edge.serving import Serve, serving

from .cut_end import Count

CUTS = int(os.environ.get("HUTONG_TRANSFER_CUTS", "4"))
ROOT = Path(__file__).resolve().parents[2]
_MB = 1_000_000
_SIZE_BYTES = 40 * _MB if CUTS < 50 else 600 * _MB
# Where it is cut, so much more may be sent before the cut is over.
_UNDER_WAY_BYTES = 4 * _MB
# A client that was killed begins with its imports; a busy machine takes a while for them.
_MOVES_WITHIN_S = 90

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120 + 15 * CUTS)]


class Person:
    """A client's process, and what it says of itself."""

    def __init__(self, role: str, url: str, home: Path, path: Path) -> None:
        for name in ("count", "online", "until"):
            (home / name).write_bytes(bytes(8))
        self._arguments = [role, url, str(home), str(path)]
        self.count, self._online = Count(home / "count"), Count(home / "online")
        self.until = Count(home / "until")
        self.process: asyncio.subprocess.Process

    @property
    def online(self) -> bool:
        return bool(self._online.value) or self.process.returncode is not None

    async def start(self) -> None:
        command = [sys.executable, "-m", "tests.transfer.cut_client", *self._arguments]
        self.process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        self._online.value = 0


async def meet(url: str, folder: Path, source: Path, into: Path) -> tuple[Person, Person]:
    """Two people who know each other, and whose devices will be signed in."""
    homes = folder / "sender", folder / "receiver"
    async with Client(url, home=homes[0]) as one, Client(url, home=homes[1]) as other:
        await one.sign_up("sender", "correct horse")
        await other.sign_up("receiver", "correct horse")
        await one.contacts.ask((await one.contacts.find("receiver")).person)
        await other.contacts.ask((await other.contacts.find("sender")).person)
    return Person("send", url, homes[0], source), Person("receive", url, homes[1], into)


async def moved(sender: Person, receiver: Person, to_bytes: int) -> bool:
    """Wait until so much is kept; tell whether it is not over yet."""
    async with asyncio.timeout(_MOVES_WITHIN_S):
        while receiver.count.value < to_bytes and sender.process.returncode is None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    return sender.process.returncode is None


async def cut(kind: str, server: Serve, sender: Person, receiver: Person) -> None:
    match kind:
        case "server":
            await server.kill()
            await server.start()
        case "network":
            sender.process.send_signal(signal.SIGUSR1)
        case _:
            person = sender if kind == "sender" else receiver
            await person.kill()
            await person.start()
    # What is sent to somebody who is away is stored, and nothing is left to be cut.
    await until(lambda: sender.online and receiver.online, _MOVES_WITHIN_S)


async def test_the_server_restarts_again_and_again_too(tmp_path: Path) -> None:
    """XFER8, XFER12, XFER13, XFER18, TRANSFER2. 4 are each kind once; `HUTONG_TRANSFER_CUTS=100` are many."""
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    # Each in a part of the file of its own, so that what one of them loses is not small by chance.
    part_bytes = (_SIZE_BYTES - 8 * _MB) / CUTS
    places = [int(part_bytes * (number + chance.uniform(0.2, 0.8))) for number in range(CUTS)]
    # Those that could lose what came last: by then it is more than four chunks a cut.
    kinds = ["server", "network", "sender", "receiver"]
    source, into = tmp_path / "source.bin", tmp_path / "into"
    source.write_bytes(os.urandom(_SIZE_BYTES))
    into.mkdir()
    cuts: Counter[str] = Counter()
    async with serving(tmp_path / "server", relay_port=0, relay_private_peers=True) as server:
        url = f"http://127.0.0.1:{server.port}"
        sender, receiver = await meet(url, tmp_path, source, into)
        await receiver.start()
        await until(lambda: receiver.online, _MOVES_WITHIN_S)
        await sender.start()
        try:
            for number, place_bytes in enumerate(places):
                sender.until.value = place_bytes + _UNDER_WAY_BYTES
                assert await moved(sender, receiver, place_bytes)
                kind = kinds[number] if number < len(kinds) else chance.choice(kinds)
                print(f"{kind} at {place_bytes}")
                await cut(kind, server, sender, receiver)
                cuts[kind] += 1
            sender.until.value = 2 * _SIZE_BYTES
            async with asyncio.timeout(_MOVES_WITHIN_S):
                assert (await sender.process.wait(), await receiver.process.wait()) == (0, 0)
        finally:
            await sender.kill()
            await receiver.kill()
    assert await asyncio.to_thread(filecmp.cmp, source, into / "source.bin", shallow=False)
    again_bytes = sender.count.value - _SIZE_BYTES
    chunks_a_cut = again_bytes / cuts.total() / Source(source).manifest.chunk_bytes
    print(f"{dict(cuts)}: {again_bytes} bytes were handed to a line again, {chunks_a_cut:.2f} chunks a cut")
    assert again_bytes >= 0
    # A few cuts may all be dear ones: on its way, in the receiver's hands and begun are one to four chunks.
    assert chunks_a_cut <= (1 if CUTS >= 50 else 4) or again_bytes < _SIZE_BYTES // 100
