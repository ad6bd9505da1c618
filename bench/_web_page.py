"""The web client in Chromium, and what a person would notice of its speed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page, ViewportSize, async_playwright, expect

from bench._web_fill import PASSWORD

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
# A slow phone network: what Chromium's own tools call "fast 3G", and 4 times fewer cycles.
DOWN_BYTES_PER_S = 1_600_000 / 8
UP_BYTES_PER_S = 750_000 / 8
LATENCY_MS = 150
CPU_THROTTLING = 4
FLING_PX_PER_S = 3_000
FRAME_MS = 1000 / 60

# From the click until the frame that shows messages has been painted.
_OPEN = """
log => new Promise(done => {
  const link = document.querySelector(`a[href="#/chat/${encodeURIComponent(log)}"]`)
  const begin = performance.now()
  const look = () => {
    const shown = document.querySelectorAll('[data-testid=message]').length > 5
    if (!shown) { requestAnimationFrame(look); return }
    requestAnimationFrame(() => {
      const painted = new MessageChannel()
      painted.port1.onmessage = () => done(performance.now() - begin)
      painted.port2.postMessage(0)
    })
  }
  link.click()
  look()
})
"""
# Runs before the page's own scripts: notes when the frame has been painted that has a field to sign in with.
_FIRST = """
window.firstLoadMs = new Promise(done => {
  const look = () => {
    if (!document.querySelector('input')?.getClientRects().length) { requestAnimationFrame(look); return }
    requestAnimationFrame(() => {
      const painted = new MessageChannel()
      painted.port1.onmessage = () => done(performance.now())
      painted.port2.postMessage(0)
    })
  }
  requestAnimationFrame(look)
})
"""
# Notes every frame and every task of more than 50 ms until `window.notes` is read.
_WATCH = """
() => {
  const notes = window.notes = { frames: [], tasks: [] }
  new PerformanceObserver(list => notes.tasks.push(...list.getEntries().map(each => each.duration)))
    .observe({ type: 'longtask' })
  const frame = now => { notes.frames.push(now); requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
}
"""


@dataclass(slots=True)
class Fling:
    """What ten seconds of scrolling looked like."""

    longest_task_ms: float  # 0: none was longer than 50 ms
    longest_task_cpu_ms: float
    long_tasks: int
    dropped_share: float  # of the frames a 60 Hz screen could have shown
    messages: float  # that passed


@dataclass(slots=True)
class FirstLoad:
    """A first visit by a slow phone."""

    seconds: float
    kb: float
    requests: dict[str, float] = field(default_factory=dict)  # grows while the visit goes on


class WebPage:
    """One browser that is signed in, or is not yet."""

    def __init__(self, page: Page, cdp: CDPSession, url: str) -> None:
        self.page = page
        self._cdp = cdp
        self._url = url

    async def first_load(self) -> FirstLoad:
        """Visit for the first time over a slow network with a slow processor, until one can sign in."""
        received: dict[str, float] = {}
        names: dict[str, str] = {}
        self._cdp.on(
            "Network.responseReceived", lambda e: names.update({e["requestId"]: e["response"]["url"]})
        )
        self._cdp.on(
            "Network.loadingFinished",
            lambda e: received.update({names.get(e["requestId"], "?"): e["encodedDataLength"] / 1024}),
        )
        await self._cdp.send("Network.enable")
        await self._cdp.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": DOWN_BYTES_PER_S,
                "uploadThroughput": UP_BYTES_PER_S,
            },
        )
        await self._cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_THROTTLING})
        # The page itself says when: to ask it over and over would take a good part of the slow processor.
        await self.page.add_init_script(_FIRST)
        await self.page.goto(self._url, wait_until="commit")
        milliseconds: float = await asyncio.wait_for(self.page.evaluate("window.firstLoadMs"), 60)
        await expect(self.page.get_by_role("textbox", name="Handle").first).to_be_visible()
        kb = sum(received.values())
        await self._cdp.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        await self._cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        return FirstLoad(milliseconds / 1000, kb, received)

    async def log_in(self, handle: str) -> None:
        """Sign in on a page that nobody is signed in on."""
        await self.page.get_by_text("Log in", exact=True).first.click()
        await self.page.get_by_role("textbox", name="Handle").fill(handle)
        await self.page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Log in").click()
        await self.is_in()

    async def is_in(self) -> None:
        """Wait for the list of conversations."""
        await expect(self.page.get_by_role("list", name="Chats").get_by_role("listitem").first).to_be_visible(
            timeout=60_000
        )

    async def reload(self) -> None:
        """Start the client anew, at the list."""
        await self.page.goto(f"{self._url}/#/")
        await self.page.reload()
        await self.is_in()

    async def open_ms(self, log: str) -> float:
        """Press a conversation in the list; return how long it took until its messages were painted."""
        milliseconds: float = await self.page.evaluate(_OPEN, log)
        return milliseconds

    async def open_cpu_ms(self, log: str) -> tuple[float, float]:
        """Open it once more, away from it and back; return the longest and all tasks of the main thread."""
        await self.leave()
        await self._start_tracing()
        await self.open_ms(log)
        tasks = await self._tasks_cpu_ms()
        return max(tasks), sum(tasks)

    async def _start_tracing(self) -> None:
        await self._cdp.send(
            "Tracing.start", {"categories": "toplevel,__metadata", "transferMode": "ReportEvents"}
        )

    async def _tasks_cpu_ms(self) -> list[float]:
        """End the trace; return the processor time of each task of the page's main thread."""
        events: list[dict[str, Any]] = []
        ended = asyncio.get_running_loop().create_future()
        self._cdp.on("Tracing.dataCollected", lambda e: events.extend(e["value"]))
        self._cdp.once("Tracing.tracingComplete", lambda _e: ended.set_result(None))
        await self._cdp.send("Tracing.end")
        await asyncio.wait_for(ended, 60)
        threads = {
            (each["pid"], each["tid"])
            for each in events
            if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
        }
        return [
            each["tdur"] / 1000
            for each in events
            if each.get("ph") == "X" and "tdur" in each and (each["pid"], each["tid"]) in threads
        ]

    async def leave(self) -> None:
        """Go back to the list."""
        await self.page.goto(f"{self._url}/#/")

    async def fling(self, seconds: float, px_per_s: float = FLING_PX_PER_S) -> Fling:
        """Scroll towards the past by wheel, as the browser itself does it."""
        box = await self.page.get_by_role("region", name="Messages").bounding_box()
        assert box is not None
        before = await self._oldest_seq()
        await self.page.evaluate(_WATCH)
        await self._start_tracing()
        await self._cdp.send(
            "Input.synthesizeScrollGesture",
            {
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "yDistance": px_per_s * seconds,
                "speed": int(px_per_s),
                "gestureSourceType": "mouse",
                "preventFling": True,
            },
        )
        tasks = await self._tasks_cpu_ms()
        notes: dict[str, list[float]] = await self.page.evaluate("window.notes")
        frames = notes["frames"]
        passed = (frames[-1] - frames[0]) / FRAME_MS
        return Fling(
            max(notes["tasks"], default=0.0),
            max(tasks, default=0.0),
            len(notes["tasks"]),
            max(0.0, 1 - (len(frames) - 1) / passed),
            before - await self._oldest_seq(),
        )

    async def _oldest_seq(self) -> float:
        seq: float = await self.page.evaluate(
            "Math.min(...[...document.querySelectorAll('li[data-seq]')].map(each => +each.dataset.seq))"
        )
        return seq

    async def to_the_beginning(self, patience_s: float) -> None:
        """Scroll up without rest until the first message is there: then all of them are stored here."""
        await self.page.evaluate(
            """() => {
              const list = document.querySelector('[role=region] ol').parentElement
              window.climbing = setInterval(() => { list.scrollTop = 0 }, 10)
            }"""
        )
        await expect(self.page.locator('li[data-seq="1"]')).to_be_attached(timeout=patience_s * 1000)
        await self.page.evaluate("clearInterval(window.climbing)")

    async def heap_mb(self) -> float:
        """Return what the page keeps in memory after a collection."""
        await self._cdp.send("HeapProfiler.collectGarbage")
        await self._cdp.send("Performance.enable")
        metrics: list[dict[str, Any]] = (await self._cdp.send("Performance.getMetrics"))["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")) / 1e6


@asynccontextmanager
async def open_page(profile: Path, url: str) -> AsyncIterator[WebPage]:
    """Run Chromium on a profile of its own."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "the benchmark needs Debian's chromium"
    async with async_playwright() as playwright:
        context: BrowserContext = await playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=chromium,
            args=FLAGS,
            headless=True,
            viewport=VIEWPORT,
            locale="en-US",
        )
        try:
            page = context.pages[0]
            yield WebPage(page, await context.new_cdp_session(page), url)
        finally:
            await context.close()
