"""How much earlier a text is on the other screen by direct text than by the log alone.

Estimate before measuring: by the log a message goes up, waits for the disk and comes down, half a round
trip of each device to the server and a few milliseconds; on a channel between devices of one network it takes
a millisecond or two, whatever lies between them and the server.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import uvloop

from bench._report import report
from bench._server import serve
from bench._shaped import shaped
from hutong.client import Client
from hutong.client.direct import DirectText, allow

_BITS_PER_S, _ROUND_TRIP_S = 100e6, 0.040
_PASSWORD = "correct horse battery"


class _Screen:
    """When each text was seen as arriving, and when as a message of the log."""

    def __init__(self, client: Client, log: str) -> None:
        self.direct = DirectText(client.connection, client.pushes, client.me.user, log, on_change=self._draw)
        self.arriving_at: dict[str, float] = {}

    def _draw(self) -> None:
        for each in self.direct.arriving:
            self.arriving_at.setdefault(each.words.text, time.perf_counter())


@asynccontextmanager
async def _people(folder: Path, port: int) -> AsyncIterator[tuple[Client, Client, str]]:
    """Yield two contacts who allow direct text, and their conversation."""
    url = f"http://127.0.0.1:{port}"
    one, other = f"anna{port}", f"bob{port}"
    async with Client(url, home=folder / one) as anna, Client(url, home=folder / other) as bob:
        for handle, client in ((one, anna), (other, bob)):
            await client.sign_up(handle, _PASSWORD)
            await allow(client.connection, direct=True)
        await anna.contacts.ask(bob.me)
        await bob.contacts.answer(anna.me, accept=True)
        yield anna, bob, (await anna.open(bob.me)).log


async def _measure(folder: Path, port: int, texts: int) -> dict[str, float]:
    """Return medians until a text is on the other screen in any way, and by the log; and how many came ahead.

    A message that is missed, doubled or out of order ends the run.
    """
    async with AsyncExitStack() as stack:
        anna, bob, log = await stack.enter_async_context(_people(folder, port))
        events = bob.messages()
        stack.push_async_callback(events.aclose)
        await bob.caught_up()
        hers, his = _Screen(anna, log), _Screen(bob, log)
        for screen in (hers, his):
            await stack.enter_async_context(screen.direct)
        async with asyncio.timeout(30):
            while not (hers.direct.open and his.direct.open):  # noqa: ASYNC110  only the screen is told
                await asyncio.sleep(0.01)
        ahead = 0
        first: list[float] = []
        by_log: list[float] = []
        seen: list[int] = []
        for number in range(texts):
            text = f"text {port}-{number}"
            said_at = time.perf_counter()
            sending = asyncio.ensure_future(hers.direct.send(text))
            message = await anext(events)
            heard_at = time.perf_counter()
            assert message.text == text
            seen.append(message.seq)
            by_log.append(heard_at - said_at)
            ahead += text in his.arriving_at
            first.append(his.arriving_at.get(text, heard_at) - said_at)
            await sending
            await asyncio.sleep(0.35)  # the pace a sender keeps to (DIRECT3)
        assert not his.direct.arriving
        assert seen == sorted(set(seen))
    return {
        "direct_ms": 1000 * statistics.median(first),
        "log_ms": 1000 * statistics.median(by_log),
        "ahead_share": ahead / texts,
    }


async def _run(texts: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "server").mkdir()
        async with serve(folder / "server") as server:
            near = await _measure(folder, server.port, texts)
            async with shaped(server.port, bits_per_s=_BITS_PER_S, round_trip_s=_ROUND_TRIP_S) as port:
                far = await _measure(folder, port, texts)
    return {"near": near, "far": far}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="only the JSON line")
    parser.add_argument("--texts", type=int, default=40)
    arguments = parser.parse_args()
    found = uvloop.run(_run(arguments.texts))
    if not arguments.json:
        for where, figures in found.items():
            sys.stdout.write(f"{where}: {figures}\n")
    metrics = {f"{where}_{name}": value for where, each in found.items() for name, value in each.items()}
    report("direct", metrics, {}, {"far_log_to_direct": found["far"]["log_ms"] / found["far"]["direct_ms"]})


if __name__ == "__main__":
    main()
