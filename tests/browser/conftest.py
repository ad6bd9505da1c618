"""A real server and real Chromium profiles that can be killed and come back."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.async_api import BrowserContext, Page, Playwright, ViewportSize, async_playwright, expect

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
VIEWPORTS = {"phone": PHONE, "desktop": DESKTOP}
# The screenshots of a run, for looking at.
SCREENSHOTS = ROOT / "test-results" / "screenshots"
# Behind many an expectation stand a round trip, an upload or a module that is fetched first.
expect.set_options(timeout=30_000)
PORT_ATTEMPTS = 10
# Of what a page says at the end of a failed test, in characters.
WORDS_MAX = 4_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests need chromium and the built client; in CI nothing may be skipped."""
    reason = ""
    if CHROMIUM is None:
        reason = "chromium is not installed"
    elif not (ROOT / "web/dist/index.html").exists():
        reason = "the web client is not built"
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
            if reason and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=reason))


class Server:
    """`hutong serve` in a process of its own, on one folder and one port for its life."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.admin_link = ""
        self._port = "0"
        self._public_url = ""
        self._process: asyncio.subprocess.Process | None = None

    def listen(self, port: int, public_url: str) -> None:
        """Before the first start: listen on this port, and be known by this address."""
        self._port, self._public_url = str(port), public_url

    async def start(self) -> None:
        for _ in range(PORT_ATTEMPTS):
            output = await self._start()
            if output == "":
                return
            # Between two starts somebody else may have been given the port, for a moment.
            assert "in use" in output, f"hutong serve ended: {output}"
            await asyncio.sleep(0.5)
        pytest.fail(f"port {self._port} stays taken")

    async def _start(self) -> str:
        """Return what the server said if it ended, else ''."""
        environment = {
            **os.environ,
            "HUTONG_DATA": str(self.folder),
            "HUTONG_PORT": self._port,
            "HUTONG_PUBLIC_URL": self._public_url,
            "HUTONG_LINK_PORT": "0",
            "HUTONG_RELAY_PORT": "0",
            "HUTONG_RELAY_PRIVATE_PEERS": "true",
            "HUTONG_RATE_LIMIT_FACTOR": "1000",
            "HUTONG_LOG_LEVEL": "warning",
        }
        self._process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("hutong")), "serve", env=environment, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        output = ""
        while "Data:" not in output:
            line = await asyncio.wait_for(self._process.stdout.readline(), 60)
            if not line:
                await self._process.wait()
                return output or "nothing"
            output += line.decode()
        found = re.search(r"http://[\d.]+:(\d+)", output)
        assert found is not None
        self.url = found[0]
        if self._port == "0":
            self._port = found[1]
        invited = re.search(r"http://\S+/#/join/\S+", output)
        self.admin_link = invited[0] if invited else ""
        return ""

    async def kill(self) -> None:
        """End without a chance to tidy up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await asyncio.wait_for(self._process.wait(), 20)


class Browser:
    """One person's Chromium with a profile that outlives it."""

    def __init__(
        self, playwright: Playwright, folder: Path, viewport: ViewportSize, name: str, locale: str
    ) -> None:
        self.name = name
        self.errors: list[str] = []
        self._playwright = playwright
        self._folder = folder
        self._viewport = viewport
        self._locale = locale
        self._context: BrowserContext | None = None
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    async def start(self, url: str) -> Page:
        """Open the profile and the page."""
        self._context = await self._playwright.chromium.launch_persistent_context(
            str(self._folder),
            executable_path=CHROMIUM,
            args=FLAGS,
            headless=True,
            viewport=self._viewport,
            locale=self._locale,
            has_touch=self._viewport["width"] < 600,
            permissions=["camera", "microphone", "notifications", "clipboard-read", "clipboard-write"],
            accept_downloads=True,
        )
        self._context.set_default_timeout(60_000)
        # Playwright can answer the dialog of <input type=file> only, which the client uses without these.
        await self._context.add_init_script(
            "delete window.showOpenFilePicker; delete window.showSaveFilePicker"
        )
        self._page = self._context.pages[0] if self._context.pages else await self._context.new_page()
        self._page.on("pageerror", lambda error: self.errors.append(str(error)))
        await self._page.goto(url)
        return self._page

    def processes(self) -> list[psutil.Process]:
        """Return the browser's main processes: those with our profile that no other of them started."""
        mine = []
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if f"--user-data-dir={self._folder}" in command and not any(
                each.startswith("--type=") for each in command
            ):
                mine.append(process)
        return mine

    async def kill(self) -> None:
        """End without a chance to tidy up, as a phone that runs out of battery."""
        family = [each for main in self.processes() for each in (main, *main.children(recursive=True))]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        # One that comes back opens the same files.
        await asyncio.to_thread(psutil.wait_procs, family, 10)
        if self._context is not None:
            try:
                await self._context.close()
            except Exception:  # it is gone already, in whatever way
                self._context = None
        # A killed browser leaves its lock behind, and would refuse the profile.
        for lock in self._folder.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    async def close(self) -> None:
        if self._context is not None:
            await self._context.close()

    async def set_offline(self, *, offline: bool) -> None:
        """Take the network away from the pages, or give it back; they are told."""
        assert self._context is not None
        await self._context.set_offline(offline)

    async def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}-{self._viewport['width']}.png")


class Browsers:
    """All browsers of a test; a failed test leaves a picture of each."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self.all: list[Browser] = []

    def new(self, name: str, viewport: ViewportSize, locale: str = "en-US") -> Browser:
        folder = self._folder / f"profile-{name}"
        folder.mkdir()
        browser = Browser(self._playwright, folder, viewport, name, locale)
        self.all.append(browser)
        return browser


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = Server(tmp_path / "data")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def browsers(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Browsers]:
    async with async_playwright() as playwright:
        opened = Browsers(playwright, tmp_path)
        yield opened
        report = request.node.stash.get(REPORT, None)
        for browser in opened.all:
            if report is not None and report.failed:
                try:
                    await browser.screenshot(f"failed-{request.node.name}-{browser.name}")
                    # Where nobody can see the picture, its words are in the report.
                    words = await browser.page.locator("body").aria_snapshot()
                    sys.stderr.write(f"{browser.name} has, at last:\n{words[-WORDS_MAX:]}\n")
                except Exception as error:  # the test's own failure matters more
                    sys.stderr.write(f"no screenshot of {browser.name}: {error}\n")
            await browser.close()


REPORT = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture(params=list(VIEWPORTS))
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    return VIEWPORTS[request.param]
