"""First flights played again and again against one ticket store, by processes that get killed.

A million of them: `python -m tests.contracts.replays --long`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hutong.edge.tickets import DatabaseTickets, KeptTicket

NOW_MS = 1_800_000_000_000
AT_ONCE = 128
BYTES = 32


@dataclass(frozen=True)
class Outcome:
    attempts: int
    accepted: int
    doubled: int  # tickets that were accepted more than once
    left: int  # tickets that nobody got, though they were shown


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'tickets.db'}"


async def replay(folder: Path, *, attempts: int, tickets: int, processes: int, kills: int) -> Outcome:
    """Show `tickets` tickets `attempts` times in all; kill every process `kills` times."""
    identities = [os.urandom(BYTES) for _ in range(tickets)]
    (folder / "identities").write_bytes(b"".join(identities))
    store = DatabaseTickets(_url(folder))
    for start in range(0, tickets, 1000):
        keeps = [
            store.keep(each, KeptTicket(b"psk" + each, os.urandom(16), NOW_MS + 1))
            for each in identities[start : start + 1000]
        ]
        await asyncio.gather(*keeps)
    await store.close()
    async with asyncio.TaskGroup() as group:
        for number in range(processes):
            group.create_task(_keep_running(folder, number, attempts // processes, kills))
    accepted: Counter[bytes] = Counter()
    shown = 0
    for path in folder.glob("worker-*"):
        lines = path.read_bytes().splitlines()
        accepted.update(line for line in lines if len(line) == 2 * BYTES)
        shown += sum(int(line[1:]) for line in lines if line.startswith(b"+"))
    store = DatabaseTickets(_url(folder))
    left = [each for each in identities if await store.consume(each, NOW_MS) is not None]
    await store.close()
    doubled = sum(1 for times in accepted.values() if times > 1)
    return Outcome(shown, len(accepted), doubled, len(left))


async def _keep_running(folder: Path, number: int, attempts: int, kills: int) -> None:
    """Run one process to its end, started again after each kill."""
    shares = kills + 1
    for life in range(shares):
        target = -(-attempts // shares)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.contracts.replays",
            str(folder),
            f"{number}-{life}",
            str(target),
            # Those to be killed go on until it happens.
            "on" if life < kills else "once",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            assert await process.stdout.readline() == b"enough\n"
            if life < kills:
                process.kill()
            await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _work(folder: Path, name: str, target: int, *, goes_on: bool) -> None:
    """Show identities in an order of its own, and write down each that was accepted."""
    data = (folder / "identities").read_bytes()
    identities = [data[start : start + BYTES] for start in range(0, len(data), BYTES)]
    order = random.Random(name)
    store = DatabaseTickets(_url(folder))
    shown = 0
    with (folder / f"worker-{name}").open("ab", buffering=0) as results:
        while shown < target or goes_on:
            # Around a place that all processes come by at the same time, so that they do race.
            place = int(time.time() * 20) * AT_ONCE % len(identities)
            near = [identities[(place + step) % len(identities)] for step in range(4 * AT_ONCE)]
            chosen = order.sample(near, AT_ONCE)
            found = await asyncio.gather(*(store.consume(each, NOW_MS) for each in chosen))
            lines = [each.hex() for each, ticket in zip(chosen, found, strict=True) if ticket is not None]
            results.write("".join(f"{line}\n" for line in [*lines, f"+{len(chosen)}"]).encode())
            before, shown = shown, shown + len(chosen)
            if before < target <= shown:
                print("enough", flush=True)
        if not goes_on:  # what nobody came by in time
            for each in identities:
                if await store.consume(each, NOW_MS) is not None:
                    results.write(f"{each.hex()}\n".encode())
    await store.close()


async def _long() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        outcome = await replay(Path(folder), attempts=1_000_000, tickets=20_000, processes=4, kills=2)
        print(outcome, f"{time.monotonic() - began:.0f} s")
        assert outcome.attempts >= 1_000_000
        assert outcome.doubled == outcome.left == 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--long"]:
        asyncio.run(_long())
    else:
        place, name, target, mode = sys.argv[1:]
        asyncio.run(_work(Path(place), name, int(target), goes_on=mode == "on"))
