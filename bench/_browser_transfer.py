"""Files between browsers, and between a browser and `hutong` on the command line, for `bench.transfer`.

The peer is a bare data channel between two pages of Chromium: 16 KiB messages, nothing read, hashed or
written. Ours goes through the web client as people use it, by a code, from file to disk.

Estimate before measuring: a bare channel did 14 MB/s on two cores, both ends together; its SCTP and DTLS are
what everything here pays. Ours adds hashing (1 GB/s) and a disk, so it should be level. A packet of ours
costs 20 microseconds: 50 MB/s a core, more than Chromium leaves it. The same work between two browsers is the
other thing to compare with: our client at both ends, from file to disk.
"""

from __future__ import annotations

import asyncio
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench._server import serve

_MB = 1_000_000
_SIZE_BYTES = 64 * _MB
# The second size shows whether memory grows with it.
_LARGE_BYTES = 256 * _MB
_RUNS = 3
_WITHIN_S = 600
_LOOK_EVERY_S = 0.1
_MESSAGE_BYTES = 16 * 1024
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]
_CODE = re.compile(r"\b\d{4,5}(?:-[a-z]+){3}\b")
# How much of everything is there, and whether it is all.
_PROGRESS = """() => ({
    percent: Number(document.querySelector('[role=progressbar]')?.ariaValueNow ?? -1),
    done: /Everything (is here|has arrived)/.test(document.body.innerText),
    failed: document.querySelector('[role=alert]')?.innerText ?? '',
})"""
_OFFER = """async () => {
    window.peer = new RTCPeerConnection()
    window.channel = peer.createDataChannel('bare')
    await peer.setLocalDescription()
    await new Promise(resolve => {
        const look = () => peer.iceGatheringState === 'complete' && resolve()
        peer.onicegatheringstatechange = look
        look()
    })
    return peer.localDescription.sdp
}"""
_ANSWER = """async (sdp) => {
    window.peer = new RTCPeerConnection()
    window.received = 0
    peer.ondatachannel = ({ channel }) => {
        channel.binaryType = 'arraybuffer'
        channel.onmessage = ({ data }) => { window.received += data.byteLength }
    }
    await peer.setRemoteDescription({ type: 'offer', sdp })
    await peer.setLocalDescription()
    await new Promise(resolve => {
        const look = () => peer.iceGatheringState === 'complete' && resolve()
        peer.onicegatheringstatechange = look
        look()
    })
    return peer.localDescription.sdp
}"""
_SEND = """async ([sdp, size, message]) => {
    await peer.setRemoteDescription({ type: 'answer', sdp })
    if (channel.readyState !== 'open') await new Promise(resolve => { channel.onopen = resolve })
    channel.bufferedAmountLowThreshold = 256 * 1024
    const data = new Uint8Array(message)
    let sent = 0
    const fill = () => {
        while (sent < size && channel.bufferedAmount < 1024 * 1024) { channel.send(data); sent += message }
    }
    channel.onbufferedamountlow = fill
    fill()
}"""


class _Heap:
    """Watches what a page's scripts hold, their buffers included."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self.peak_bytes = 0.0

    async def look(self) -> None:
        """Take a sample."""
        usage = await self._session.send("Runtime.getHeapUsage")
        held = usage["usedSize"] + usage.get("backingStorageSize", 0)
        self.peak_bytes = max(self.peak_bytes, held)


class _Pages:
    """Two browsers, as two people have them, and the server both use."""

    def __init__(self, url: str, folder: Path, one: Browser, other: Browser) -> None:
        self.url = url
        self.folder = folder
        self.one = one
        self.other = other

    @asynccontextmanager
    async def page(self, browser: Browser, route: str) -> AsyncIterator[Page]:
        """A page of somebody without an account."""
        context = await browser.new_context(locale="en-US", accept_downloads=True)
        # Playwright answers the dialog of <input type=file> only.
        await context.add_init_script("delete window.showOpenFilePicker")
        page = await context.new_page()
        page.set_default_timeout(60_000)
        await page.goto(f"{self.url}/#/{route}")
        try:
            yield page
        finally:
            await context.close()

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """The command line of somebody without an account."""
        hutong = str(Path(sys.executable).with_name("hutong"))
        environment = {**os.environ, "HUTONG_SERVER": self.url, "HUTONG_HOME": str(self.folder / "home")}
        return [hutong, *arguments], environment


async def _seconds(page: Page, heap: _Heap | None = None) -> float:
    """Return how long it takes from the first bytes to the last, checked."""
    started = 0.0
    ends = time.monotonic() + _WITHIN_S
    while time.monotonic() < ends:
        now = await page.evaluate(_PROGRESS)
        if now["failed"]:
            raise RuntimeError(now["failed"])
        if not started and (now["percent"] > 0 or now["done"]):
            started = time.monotonic()
        if now["done"]:
            return time.monotonic() - started
        if heap is not None:
            await heap.look()
        await asyncio.sleep(_LOOK_EVERY_S)
    raise TimeoutError("a transfer does not end")


async def _offered(page: Page, file: Path) -> str:
    """Choose a file on the sender's page; return the code."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose files", exact=True).click()
    await (await chooser.value).set_files(file)
    return await page.get_by_test_id("quick-code").inner_text()


async def _take(page: Page) -> None:
    await page.get_by_role("button", name="Take it", exact=True).click()


async def _browser_to_browser(pages: _Pages, file: Path) -> tuple[float, float]:
    """Return seconds, and the larger page's peak in bytes."""
    async with pages.page(pages.one, "send") as sender:
        code = await _offered(sender, file)
        async with pages.page(pages.other, f"receive/{code}") as receiver:
            await _take(receiver)
            heaps = [_Heap(await page.context.new_cdp_session(page)) for page in (sender, receiver)]
            seconds, _ = await asyncio.gather(_seconds(receiver, heaps[1]), _seconds(sender, heaps[0]))
            return seconds, max(heap.peak_bytes for heap in heaps)


async def _browser_to_python(pages: _Pages, file: Path) -> float:
    into = pages.folder / "into"
    into.mkdir(exist_ok=True)
    async with pages.page(pages.one, "send") as sender:
        code = await _offered(sender, file)
        command, environment = pages.command("receive", code, "--yes", "--into", str(into))
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            seconds = await _seconds(sender)
            await asyncio.wait_for(process.wait(), 30)
        finally:
            await _end(process)
    assert await asyncio.to_thread(filecmp.cmp, file, into / file.name, shallow=False)
    (into / file.name).unlink()
    return seconds


async def _python_to_browser(pages: _Pages, file: Path) -> float:
    command, environment = pages.command("send", str(file))
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        found = None
        while found is None:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            if not line:
                raise RuntimeError("hutong send ended")
            found = _CODE.search(line.decode())
        rest = asyncio.create_task(process.stdout.read())
        async with pages.page(pages.one, f"receive/{found[0]}") as receiver:
            await _take(receiver)
            seconds = await _seconds(receiver)
        await asyncio.wait_for(rest, 30)
        return seconds
    finally:
        await _end(process)


async def _bare(pages: _Pages, size_bytes: int) -> float:
    """Return the seconds of a data channel with nothing around it, from the first bytes to the last."""
    async with pages.page(pages.one, "send") as sender, pages.page(pages.other, "send") as receiver:
        answer = await receiver.evaluate(_ANSWER, await sender.evaluate(_OFFER))
        await sender.evaluate(_SEND, [answer, size_bytes, _MESSAGE_BYTES])
        await receiver.wait_for_function("size => received > size / 100", arg=size_bytes)
        started = time.monotonic()
        await receiver.wait_for_function("size => received >= size", arg=size_bytes, timeout=_WITHIN_S * 1000)
        return time.monotonic() - started


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()


def _fill(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        for at in range(0, size_bytes, 16 * _MB):
            file.write(os.urandom(min(16 * _MB, size_bytes - at)))
    return path


async def rows() -> dict[str, float]:
    """Measure all in one run, taking turns; the middle one of three.

    MB/s each way, the slower way against the bare channel (`browser_python_ratio_to_chromium`) and against
    our client in two browsers (`browser_python_ratio_to_browsers`), and what a page's scripts held at most
    for a file of 64 MB and one of 256 MB.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise RuntimeError("chromium is not installed")
    seconds: dict[str, list[float]] = {name: [] for name in ("bare", "browser", "up", "down")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        small, large = _fill(folder / "small.bin", _SIZE_BYTES), _fill(folder / "large.bin", _LARGE_BYTES)
        async with serve(folder / "data") as server, async_playwright() as playwright:
            one, other = [
                await playwright.chromium.launch(executable_path=chromium, args=_FLAGS, headless=True)
                for _ in range(2)
            ]
            pages = _Pages(f"http://127.0.0.1:{server.port}", folder, one, other)
            heap_bytes = 0.0
            for _ in range(_RUNS):
                seconds["bare"].append(await _bare(pages, _SIZE_BYTES))
                took_s, heap_bytes = await _browser_to_browser(pages, small)
                seconds["browser"].append(took_s)
                seconds["up"].append(await _browser_to_python(pages, small))
                seconds["down"].append(await _python_to_browser(pages, small))
            _, large_heap_bytes = await _browser_to_browser(pages, large)
            await one.close()
            await other.close()
    mb_per_s = {each: _SIZE_BYTES / _MB / median(took) for each, took in seconds.items()}
    slower = min(mb_per_s["up"], mb_per_s["down"])
    return {
        "chromium_mb_per_s": mb_per_s["bare"],
        "browser_browser_mb_per_s": mb_per_s["browser"],
        "browser_to_python_mb_per_s": mb_per_s["up"],
        "python_to_browser_mb_per_s": mb_per_s["down"],
        "browser_ratio_to_chromium": mb_per_s["browser"] / mb_per_s["bare"],
        "browser_python_ratio_to_chromium": slower / mb_per_s["bare"],
        "browser_python_ratio_to_browsers": slower / mb_per_s["browser"],
        "browser_heap_mb": heap_bytes / _MB,
        "browser_heap_large_mb": large_heap_bytes / _MB,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(rows())) + "\n")
