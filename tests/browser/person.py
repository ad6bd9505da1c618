"""What a person does with the web client, by the names a screen reader would say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Error, Locator, Page, expect

from tests.browser.conftest import Browser, Server

PASSWORD = "correct horse battery"
PATIENCE_MS = 30_000
_LOOK_EVERY_MS = 50


async def comes_true(page: Page, script: str) -> None:
    """Wait until an async function says true: `wait_for_function` takes its promise for the answer."""
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while not await page.evaluate(script):
            await page.wait_for_timeout(_LOOK_EVERY_MS)


class Person:
    """One person, one browser."""

    def __init__(self, browser: Browser, server: Server, handle: str, name: str) -> None:
        self.browser = browser
        self.handle = handle
        self.name = name
        self._server = server

    @property
    def page(self) -> Page:
        return self.browser.page

    @property
    def sheet(self) -> Locator:
        """What is open above everything else."""
        return self.page.get_by_role("dialog").last

    async def open(self, path: str = "/") -> None:
        await self.browser.start(self._server.url + path)

    async def go(self, route: str) -> None:
        await self.page.goto(f"{self._server.url}/#/{route}")

    # ---- coming in ----

    async def sign_up(self) -> None:
        await self.fill_sign_up()
        await self.page.get_by_role("button", name="Create account").click()
        await self.is_in()

    async def fill_sign_up(self) -> None:
        await self.page.get_by_text("Sign up", exact=True).first.click()
        await self.page.get_by_role("textbox", name="Name", exact=True).fill(self.name)
        await self.page.get_by_role("textbox", name="Handle").fill(self.handle)
        await self.page.get_by_role("textbox", name="Password").fill(PASSWORD)

    async def log_in(self) -> None:
        await self.page.get_by_text("Log in", exact=True).first.click()
        await self.page.get_by_role("textbox", name="Handle").fill(self.handle)
        await self.page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Log in").click()
        await self.is_in()

    async def is_in(self) -> None:
        await expect(self.page.get_by_role("navigation", name="Main sections")).to_be_attached(
            timeout=PATIENCE_MS
        )

    # ---- people ----

    async def ask(self, other: Person, greeting: str = "") -> None:
        await self.go(f"add/{other.handle}")
        card = self.page.get_by_role("dialog")
        if greeting:
            await card.get_by_role("textbox", name="A word of greeting").fill(greeting)
        await card.get_by_role("button", name="Ask to connect").click()
        await expect(self.page.get_by_text(f"{other.name} was asked").first).to_be_visible()
        await card.get_by_role("button", name="Close").first.click()

    async def accept(self, other: Person) -> None:
        await self.go("requests")
        accept = self.page.get_by_role("article", name=other.name).get_by_role("button", name="Accept")
        await accept.click()
        await expect(accept).to_be_hidden()

    async def chat_with(self, other: Person) -> None:
        await self.go("contacts")
        await self.page.get_by_role("link", name=f"{other.name} @{other.handle}").click()
        await self.page.get_by_role("button", name="Message").click()
        await expect(self.composer).to_be_visible()

    # ---- messages ----

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message to")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("region", name="Messages").get_by_role("listitem")

    def message(self, text: str) -> Locator:
        return self.messages.filter(has_text=text)

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def reads(self, text: str) -> None:
        await expect(self.message(text)).to_have_count(1, timeout=PATIENCE_MS)

    # ---- calls ----

    async def video_plays(self) -> None:
        """Wait until the other's picture moves: frames are decoded and the clock of the video runs."""
        await self.until(
            """() => [...document.querySelectorAll('video')].some(video => {
                const frames = video.getVideoPlaybackQuality().totalVideoFrames
                return !video.muted && video.videoWidth > 0 && frames > 5
            })"""
        )

    async def is_sent(self, text: str) -> None:
        """Wait until the server has a message."""
        await expect(self.message(text)).not_to_have_attribute("data-seq", "0")

    async def until(self, script: str, timeout_ms: int = PATIENCE_MS) -> Any:
        return await self.page.wait_for_function(script, timeout=timeout_ms)

    # ---- files ----

    async def send_directly(self, path: Path) -> None:
        await self.page.get_by_role("button", name="Attach").click()
        async with self.page.expect_file_chooser() as chooser:
            await self.page.get_by_text("Send a file directly").click()
        await (await chooser.value).set_files(path)

    async def send_stored(self, path: Path) -> None:
        await self.page.get_by_role("button", name="Attach").click()
        async with self.page.expect_file_chooser() as chooser:
            await self.page.get_by_role("menuitem", name="File", exact=True).click()
        await (await chooser.value).set_files(path)
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def saved(self, start: Callable[[], Awaitable[object]]) -> bytes:
        """Return the bytes of the download that `start` begins."""
        async with self.page.expect_download(timeout=PATIENCE_MS) as download:
            await start()
        return Path(await (await download.value).path()).read_bytes()

    # ---- accidents ----

    async def crash(self) -> None:
        """Lose the browser without a word."""
        await self.browser.kill()

    async def come_back(self, path: str = "/") -> None:
        """Open the same profile again."""
        try:
            await self.open(path)
        except Error:
            # The profile's lock may outlive its killed owner for a moment.
            await self.browser.kill()
            await self.open(path)


async def meet(one: Person, other: Person) -> None:
    """Sign both up; they become contacts and open their conversation."""
    for person in (one, other):
        await person.open()
        await person.sign_up()
    await other.ask(one)
    await one.accept(other)
    await one.chat_with(other)
    await other.chat_with(one)
