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
import os
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench import _browser_transfer
from bench._report import report
from bench._transfer_runs import (
    SHAPED_BITS_PER_S,
    measure_hutong,
    measure_line,
    measure_tcp,
    measure_wormhole,
)

_MB = 1_000_000
_BLOCK_BYTES = 16 * _MB
_RUNS = 3
_SMALL_FILES = 10_000
_SMALL_FILE_BYTES = 1_000
# Against which the memory of the large file is held.
_LITTLE_BYTES = 25 * _MB
_SHAPED_BYTES = 64 * _MB
_RELAYED_BYTES = 16 * _MB


@dataclass(slots=True)
class Found:
    """What the parts have measured so far."""

    metrics: dict[str, float] = field(default_factory=dict)
    peers: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)


def _fill(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        for at in range(0, size_bytes, _BLOCK_BYTES):
            file.write(os.urandom(min(_BLOCK_BYTES, size_bytes - at)))
    return path


def _fill_folder(folder: Path) -> Path:
    for number in range(_SMALL_FILES):
        place = folder / f"{number // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.bin").write_bytes(os.urandom(_SMALL_FILE_BYTES))
    return folder


async def _large(folder: Path, found: Found, size_bytes: int) -> None:
    """One large file, and what else can carry one; the best of three for what takes a moment."""
    small, large = _fill(folder / "small.bin", 1_000), _fill(folder / "large.bin", size_bytes)
    little = _fill(folder / "little.bin", _LITTLE_BYTES)
    tcp_s = min([await measure_tcp(folder, large) for _ in range(_RUNS)])
    line_s = min([await measure_line(folder / "line", large, is_shaped=False) for _ in range(_RUNS)])
    sent = await measure_hutong(folder / "direct", [*[small] * _RUNS, little, *[large] * _RUNS])
    # The same load again after the plain copy was measured at its best: both had quiet and busy moments.
    tcp_s = min(tcp_s, await measure_tcp(folder, large))
    wormhole_s = await measure_wormhole(folder, small, large)
    start_s = min(each.seconds for each in sent[:_RUNS])
    before, whole = sent[_RUNS], sent[_RUNS + 1 :]
    whole_s = min(each.seconds for each in whole)
    found.metrics |= {
        "direct_mb_per_s": size_bytes / _MB / whole_s,
        "line_mb_per_s": size_bytes / _MB / line_s,
        "small_file_s": start_s,
        "peak_rss_mb": max(max(each.sender_peak_bytes, each.receiver_peak_bytes) for each in whole) / _MB,
        # From a little file to the whole one: flat means that nothing grows with it.
        "sender_rss_growth_mb": (whole[-1].sender_peak_bytes - before.sender_peak_bytes) / _MB,
        "receiver_rss_growth_mb": (whole[-1].receiver_peak_bytes - before.receiver_peak_bytes) / _MB,
    }
    found.peers |= {
        "plain_tcp_mb_per_s": size_bytes / _MB / tcp_s,
        "wormhole_mb_per_s": size_bytes / _MB / wormhole_s,
    }
    found.ratios |= {
        "ratio_to_tcp": tcp_s / whole_s,
        "ratio_to_tcp_line_alone": tcp_s / line_s,
        # What starting up takes is taken off both.
        "ratio_to_wormhole": wormhole_s / (whole_s - start_s),
    }


async def _many(folder: Path, found: Found, _size_bytes: int) -> None:
    """Thousands of small files."""
    many = await asyncio.to_thread(_fill_folder, folder / "many")
    sent = await measure_hutong(folder / "direct", [many] * 2)
    found.metrics["small_files_per_s"] = _SMALL_FILES / min(each.seconds for each in sent)


async def _shaped(folder: Path, found: Found, _size_bytes: int) -> None:
    """A path of 100 Mbit/s and 40 ms there and back."""
    file = _fill(folder / "shaped.bin", _SHAPED_BYTES)
    bits_per_s = _SHAPED_BYTES * 8 / await measure_line(folder / "line", file, is_shaped=True)
    found.metrics["shaped_mbit_per_s"] = bits_per_s / 1e6
    found.ratios["shaped_path_share"] = bits_per_s / SHAPED_BITS_PER_S


async def _relayed(folder: Path, found: Found, _size_bytes: int) -> None:
    """Over the built-in relay."""
    files = [_fill(folder / "small.bin", 1_000), _fill(folder / "relayed.bin", _RELAYED_BYTES)]
    start, whole = await measure_hutong(folder / "relayed", files, relayed=True)
    found.metrics["relayed_mb_per_s"] = _RELAYED_BYTES / _MB / (whole.seconds - start.seconds)


async def _browsers(_folder: Path, found: Found, _size_bytes: int) -> None:
    found.metrics |= await _browser_transfer.rows()


_PARTS: dict[str, Callable[[Path, Found, int], Awaitable[None]]] = {
    "large": _large,
    "many": _many,
    "shaped": _shaped,
    "relayed": _relayed,
    "browsers": _browsers,
}


async def main(parts: list[str], size_bytes: int) -> None:
    """Measure the parts, one after the other."""
    found = Found()
    for part in parts:
        with tempfile.TemporaryDirectory() as name:
            await _PARTS[part](Path(name), found, size_bytes)
    report("transfer", found.metrics, found.peers, found.ratios)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the last line is JSON (always)")
    parser.add_argument("--long", action="store_true", help="1 GB instead of 256 MB, and browsers")
    parser.add_argument("--only", help=f"parts by name: {','.join(_PARTS)}")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else [each for each in _PARTS if each != "browsers"]
    if arguments.long and not arguments.only:
        chosen.append("browsers")
    if unknown := set(chosen) - set(_PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    uvloop.run(main(chosen, 1_000 * _MB if arguments.long else 256 * _MB))
