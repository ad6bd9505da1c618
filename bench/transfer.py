"""Files and folders from one Python client to another, whole and checked; in `--long`, browsers too.

Estimate before measuring: a plain TCP copy to disk on two shared cores does about 1 GB/s, three quarters of
it in the kernel. We read, hash, seal, send, open, hash and write; hashing and sealing take 0.15 and 0.07 s a
gigabyte on each side, Python some 50 us for a piece of 256 KiB: 0.2 s. So we should come near plain TCP, and
reach it where its page cache costs more than our writing past it. magic-wormhole did 100 to 190 MB/s on such
a machine. A small file costs both sides some 100 us in system calls, messages and the journal: 3,000 to 5,000
a second.
"""

from __future__ import annotations

import argparse
import asyncio
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench import _browser_transfer, _wormhole
from bench._report import report
from bench._server import serve
from bench._shaped import shaped

_MB = 1_000_000
_BLOCK_BYTES = 16 * _MB
_RUNS = 3
_SMALL_FILES = 10_000
_SMALL_FILE_BYTES = 1_000
_SHAPED_BITS_PER_S, _SHAPED_ROUND_TRIP_S = 100e6, 0.040
_RELAYED_BYTES = 16 * _MB


def _fill(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        for at in range(0, size_bytes, _BLOCK_BYTES):
            file.write(os.urandom(min(_BLOCK_BYTES, size_bytes - at)))


def _fill_folder(folder: Path) -> None:
    for number in range(_SMALL_FILES):
        place = folder / f"{number // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.bin").write_bytes(os.urandom(_SMALL_FILE_BYTES))


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
    path_to = shaped(port, bits_per_s=_SHAPED_BITS_PER_S, round_trip_s=_SHAPED_ROUND_TRIP_S)
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


async def main(size_bytes: int, *, browsers: bool) -> None:
    """Measure all in one run, the best of three for what takes a moment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, medium, large = folder / "small.bin", folder / "medium.bin", folder / "large.bin"
        relayed, many = folder / "relayed.bin", folder / "many"
        _fill(small, 1_000)
        _fill(medium, size_bytes // 10)
        _fill(large, size_bytes)
        _fill(relayed, _RELAYED_BYTES)
        _fill_folder(many)
        tcp_s = min([await measure_tcp(folder, large) for _ in range(_RUNS)])
        line_s = min([await measure_line(folder / "line", large, is_shaped=False) for _ in range(_RUNS)])
        sent = await measure_hutong(
            folder / "direct", [*[small] * _RUNS, medium, *[large] * _RUNS, *[many] * 2]
        )
        # The same load again after the plain copy was measured at its best: both had quiet and busy moments.
        tcp_s = min(tcp_s, await measure_tcp(folder, large))
        shaped_s = await measure_line(folder / "shaped", medium, is_shaped=True)
        over_relay = await measure_hutong(folder / "relayed", [small, relayed], relayed=True)
        wormhole_s = await measure_wormhole(folder, small, large)
    start_s = min(each.seconds for each in sent[:_RUNS])
    before, whole = sent[_RUNS], sent[_RUNS + 1 : 2 * _RUNS + 1]
    whole_s = min(each.seconds for each in whole)
    many_s = min(each.seconds for each in sent[-2:])
    shaped_bytes_per_s = size_bytes // 10 / shaped_s
    metrics = {
        "direct_mb_per_s": size_bytes / _MB / whole_s,
        "line_mb_per_s": size_bytes / _MB / line_s,
        "small_file_s": start_s,
        "small_files_per_s": _SMALL_FILES / many_s,
        "shaped_mbit_per_s": shaped_bytes_per_s * 8 / 1e6,
        "relayed_mb_per_s": _RELAYED_BYTES / _MB / (over_relay[1].seconds - over_relay[0].seconds),
        "peak_rss_mb": max(max(each.sender_peak_bytes, each.receiver_peak_bytes) for each in whole) / _MB,
        # From a file of a tenth of the size to the whole one: flat means that nothing grows with it.
        "sender_rss_growth_mb": (whole[-1].sender_peak_bytes - before.sender_peak_bytes) / _MB,
        "receiver_rss_growth_mb": (whole[-1].receiver_peak_bytes - before.receiver_peak_bytes) / _MB,
    }
    peers = {
        "plain_tcp_mb_per_s": size_bytes / _MB / tcp_s,
        "wormhole_mb_per_s": size_bytes / _MB / wormhole_s,
    }
    ratios = {
        "ratio_to_tcp": tcp_s / whole_s,
        "ratio_to_tcp_line_alone": tcp_s / line_s,
        # What starting up takes is taken off both.
        "ratio_to_wormhole": wormhole_s / (whole_s - start_s),
        "shaped_path_share": shaped_bytes_per_s * 8 / _SHAPED_BITS_PER_S,
    }
    if browsers:
        metrics |= await _browser_transfer.rows()
    report("transfer", metrics, peers, ratios)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the last line is JSON (always)")
    parser.add_argument("--long", action="store_true", help="1 GB instead of 256 MB, and browsers")
    arguments = parser.parse_args()
    size_bytes = 1_000 * _MB if arguments.long else 256 * _MB
    uvloop.run(main(size_bytes, browsers=arguments.long))
