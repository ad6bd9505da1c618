"""A file from one Python client to another, directly, whole and checked.

Estimate before measuring: a plain TCP copy to disk on two shared cores does about 1 GB/s. We read, hash,
seal, send, open, hash and write: each at 1.5-5 GB/s a core, and the receiver's share is the larger one, so
half of plain TCP is the most to hope for. magic-wormhole did 100 MB/s on such a machine.
"""

from __future__ import annotations

import argparse
import asyncio
import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

from bench import _wormhole
from bench._report import report
from bench._server import serve

_MB = 1_000_000
_BLOCK_BYTES = 16 * _MB


def _fill(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        for at in range(0, size_bytes, _BLOCK_BYTES):
            file.write(os.urandom(min(_BLOCK_BYTES, size_bytes - at)))


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
async def _end(*arguments: str) -> AsyncIterator[_End]:
    command = [sys.executable, "-m", "bench._transfer_end", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    end = _End(process)
    try:
        await end.hear()
        yield end
    finally:
        await end.end()


async def measure_hutong(folder: Path, files: list[Path]) -> tuple[list[float], int]:
    """Send the files one after the other; return seconds each, and the larger process's peak memory."""
    seconds: list[float] = []
    peak_bytes = 0
    ends = folder / "sender", folder / "receiver"
    for each in ends:
        each.mkdir()
    async with serve(folder) as server:
        url = f"http://127.0.0.1:{server.port}"
        async with (
            _end(url, str(ends[1]), "receive") as receiver,
            _end(url, str(ends[0]), "send") as sender,
        ):
            receiver.say("sender")
            await receiver.hear()
            for file in files:
                sender.say(str(file))
                sent, received = await asyncio.gather(sender.hear(), receiver.hear())
                assert sent["way"] == "direct", sent
                assert await asyncio.to_thread(filecmp.cmp, file, received["path"], shallow=False)
                seconds.append(sent["seconds"])
                peak_bytes = max(peak_bytes, sent["peak_bytes"], received["peak_bytes"])
    return seconds, peak_bytes


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


async def main(size_bytes: int) -> None:
    """Measure all in one run, best of three for what takes a moment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "small.bin", folder / "large.bin"
        _fill(small, 1_000)
        _fill(large, size_bytes)
        tcp_s = min([await measure_tcp(folder, large) for _ in range(3)])
        seconds, peak_bytes = await measure_hutong(folder, [small, large, large, large])
        wormhole_s = await measure_wormhole(folder, small, large)
    hutong_s = min(seconds[1:])
    metrics = {
        "direct_mb_per_s": size_bytes / _MB / hutong_s,
        "small_file_s": seconds[0],
        "peak_memory_mb": peak_bytes / _MB,
    }
    peers = {
        "plain_tcp_mb_per_s": size_bytes / _MB / tcp_s,
        "wormhole_mb_per_s": size_bytes / _MB / wormhole_s,
    }
    ratios = {"ratio_to_tcp": tcp_s / hutong_s, "ratio_to_wormhole": wormhole_s / hutong_s}
    report("transfer", metrics, peers, ratios)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the last line is JSON (always)")
    parser.add_argument("--long", action="store_true", help="1 GB instead of 256 MB")
    arguments = parser.parse_args()
    uvloop.run(main(1_000 * _MB if arguments.long else 256 * _MB))
