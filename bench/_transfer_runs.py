"""One hand-over at a time, by every way that `bench.transfer` compares."""

from __future__ import annotations

import asyncio
import filecmp
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import _wormhole
from bench._server import serve
from bench._shaped import shaped

SHAPED_BITS_PER_S, SHAPED_ROUND_TRIP_S = 100e6, 0.040


def _same(one: Path, other: Path) -> bool:
    if one.is_file():
        return filecmp.cmp(one, other, shallow=False)
    names = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    _, different, missing = filecmp.cmpfiles(one, other, [str(name) for name in names], shallow=False)
    return not different and not missing


class _End:
    """A process of `bench._transfer_end`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout

    async def hear(self) -> dict[str, Any]:
        """Return what it says next."""
        line = await asyncio.wait_for(self._stdout.readline(), 600)
        if not line:
            raise RuntimeError("a client ended")
        said: dict[str, Any] = json.loads(line)
        return said

    def say(self, line: str) -> None:
        """Tell it something."""
        self._stdin.write(line.encode() + b"\n")

    async def end(self) -> None:
        """End it."""
        self._process.terminate()
        await self._process.wait()


@asynccontextmanager
async def _end(*arguments: str, relayed: bool) -> AsyncIterator[_End]:
    command = [sys.executable, "-m", "bench._transfer_end", *arguments]
    environment = {**os.environ, "HUTONG_BENCH_RELAY": str(int(relayed))}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    end = _End(process)
    try:
        await end.hear()
        yield end
    finally:
        await end.end()


@dataclass(slots=True)
class Sent:
    """One hand-over: how long it took, and the most memory each side has held by then."""

    seconds: float
    sender_peak_bytes: int
    receiver_peak_bytes: int


async def measure_hutong(folder: Path, paths: list[Path], *, relayed: bool = False) -> list[Sent]:
    """Send files and folders one after the other, with the whole client and a server."""
    folder.mkdir()
    sent: list[Sent] = []
    ends = folder / "sender", folder / "receiver"
    for each in ends:
        each.mkdir()
    # The two are on this machine, and the relay has to be allowed to reach it.
    os.environ["HUTONG_RELAY_PRIVATE_PEERS"] = "true"
    async with serve(folder) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with (
            _end(url, str(ends[1]), "receive", relayed=relayed) as receiver,
            _end(url, str(ends[0]), "send", relayed=relayed) as sender,
        ):
            receiver.say("sender")
            await receiver.hear()
            for path in paths:
                sender.say(str(path))
                told, taken = await asyncio.gather(sender.hear(), receiver.hear())
                assert told["way"] == ("relayed" if relayed else "direct"), told
                arrived = Path(taken["path"])
                assert await asyncio.to_thread(_same, path, arrived)
                await asyncio.to_thread(shutil.rmtree if arrived.is_dir() else Path.unlink, arrived)
                sent.append(Sent(told["seconds"], told["peak_bytes"], taken["peak_bytes"]))
    return sent


async def measure_line(folder: Path, path: Path, *, is_shaped: bool) -> float:
    """Return the seconds over a direct line alone, on the shaped path or on loopback."""
    folder.mkdir()
    command = [sys.executable, "-m", "bench._transfer_line"]
    receiver = await asyncio.create_subprocess_exec(
        *command, "receive", str(folder), str(path), stdout=subprocess.PIPE
    )
    assert receiver.stdout is not None
    port = int(await receiver.stdout.readline())
    path_to = shaped(port, bits_per_s=SHAPED_BITS_PER_S, round_trip_s=SHAPED_ROUND_TRIP_S)
    async with path_to if is_shaped else nullcontext(port) as where:
        arguments = ["send", str(path), str(where)]
        sender = await asyncio.create_subprocess_exec(*command, *arguments, stdout=subprocess.PIPE)
        said, _ = await asyncio.wait_for(sender.communicate(), 600)
        await receiver.wait()
    assert await asyncio.to_thread(_same, path, folder / path.name)
    await asyncio.to_thread(shutil.rmtree, folder)
    return float(said)


async def measure_tcp(folder: Path, file: Path) -> float:
    """Return the seconds of a plain copy."""
    command = [sys.executable, "-m", "bench._plain_tcp"]
    receiver = await asyncio.create_subprocess_exec(
        *command, "receive", str(folder / "copy"), stdout=subprocess.PIPE
    )
    assert receiver.stdout is not None
    port = (await receiver.stdout.readline()).decode().strip()
    sender = await asyncio.create_subprocess_exec(*command, "send", str(file), port, stdout=subprocess.PIPE)
    said, _ = await sender.communicate()
    await receiver.wait()
    return float(said)


async def measure_wormhole(folder: Path, small: Path, large: Path) -> float:
    """Return the seconds of the large file, without what the small one takes."""
    await asyncio.to_thread(_wormhole.install)
    async with _wormhole.mailbox(folder) as url:
        start_up = await _wormhole.seconds(url, small, folder / "small.wormhole", "1-bench-small")
        whole = await _wormhole.seconds(url, large, folder / "large.wormhole", "2-bench-large")
    assert await asyncio.to_thread(filecmp.cmp, large, folder / "large.wormhole", shallow=False)
    return whole - start_up
