"""The web client with a conversation of 100,000 messages, in Chromium, on a real server.

Estimate before measuring: reading 100 events from IndexedDB takes 5-10 ms, folding and drawing the 15 rows of
a first picture 20-30 ms: a conversation opens in 50 ms however long it is. 250 KB at 1.6 Mbit/s take 1.2 s,
and 1.85 s with four round trips of 150 ms: two seconds for a first visit leave next to nothing for the
processor.
The `cpu` figures are processor time of the page's main thread: they say the same on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from bench._indexed import index
from bench._report import report
from bench._server import serve
from bench._web_fill import fill
from bench._web_page import Fling, open_page

MESSAGES = 100_000
OPENINGS = 7


async def run(messages: int) -> None:
    """Fill, serve, look."""
    metrics: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        long = await fill(folder / "data", messages)
        # Ten seconds of processor, of which the first visits would have half.
        await index(folder / "data", long.one)
        async with serve(folder / "data") as server:
            url = f"http://127.0.0.1:{server.port}"
            loads = []
            for visit in range(3):
                async with open_page(folder / f"visitor-{visit}", url) as page:
                    loads.append(await page.first_load())
                    await page.log_in(long.one.user)
            metrics["first_load_s"] = statistics.median(load.seconds for load in loads)
            metrics["first_load_kb"] = loads[0].kb
            metrics["chat_list_kb"] = statistics.median(sum(load.requests.values()) for load in loads)
            async with open_page(folder / "profile", url) as page:
                await page.page.goto(url)
                await page.log_in(long.one.user)
                metrics["open_ms_cold"] = await page.open_ms(long.log)
                metrics |= _figures("scroll", await page.fling(10))
                await page.to_the_beginning(600)
                metrics["heap_mb"] = await page.heap_mb()
                cached = []
                for _ in range(OPENINGS):
                    await page.reload()
                    cached.append(await page.open_ms(long.log))
                metrics["open_ms"] = statistics.median(cached)
                metrics["open_ms_max"] = max(cached)
                metrics["open_longest_task_cpu_ms"], metrics["open_cpu_ms"] = await page.open_cpu_ms(long.log)
                metrics |= _figures("scroll_cached", await page.fling(10))
    report("web", metrics, {}, {})


def _figures(name: str, fling: Fling) -> dict[str, float]:
    return {
        f"{name}_longest_task_ms": fling.longest_task_ms,
        f"{name}_longest_task_cpu_ms": fling.longest_task_cpu_ms,
        f"{name}_long_tasks": fling.long_tasks,
        f"{name}_dropped_share": fling.dropped_share,
        f"{name}_messages": fling.messages,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="the only output there is")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    asyncio.run(run(parser.parse_args().messages))
