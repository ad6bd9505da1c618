"""Anna and Bob in a short conversation: Anna at a browser, Bob as a program."""

from __future__ import annotations

import time

from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import Browsers, Server
from tests.browser.history import LOG, give_history
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

MESSAGES = 6


class Writer(Person):
    """Anna, who writes."""

    async def open_chat(self, log: str = LOG) -> None:
        await self.page.locator(f'a[href="#/chat/{log.replace(":", "%3A")}"]').click()
        await expect(self.composer).to_be_visible(timeout=PATIENCE_MS)

    async def menu_of(self, text: str) -> Locator:
        """Open the menu of a message, as a long press or the right mouse button does."""
        await self.message(text).locator(".bubble").first.click(button="right", position={"x": 6, "y": 6})
        menu = self.page.get_by_role("menu", name="Message actions")
        await expect(menu).to_be_visible()
        return menu

    async def choose(self, text: str, entry: str) -> None:
        menu = await self.menu_of(text)
        await menu.get_by_role("menuitem", name=entry, exact=True).click()
        await expect(menu).to_be_hidden()

    async def attach(self, entry: str) -> None:
        await self.page.get_by_role("button", name="Attach").click()
        await self.page.get_by_role("menuitem", name=entry, exact=True).click()

    @property
    def sheet(self) -> Locator:
        return self.page.get_by_role("dialog")

    async def looks(self, name: str) -> None:
        """Keep a picture in both lights."""
        await self.page.evaluate("document.documentElement.dataset.theme = 'light'")
        await self.browser.screenshot(name)
        await self.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        await self.browser.screenshot(f"{name}-dark")
        await self.page.evaluate("document.documentElement.dataset.theme = 'light'")


async def anna_writes(server: Server, browsers: Browsers, viewport: ViewportSize) -> Writer:
    """Let Anna open her conversation with Bob."""
    await give_history(server, MESSAGES, MESSAGES, time.time_ns() // 1_000_000)
    anna = Writer(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.log_in()
    await anna.open_chat()
    await expect(anna.message("message 6")).to_be_visible(timeout=PATIENCE_MS)
    return anna


async def bob_says(server: Server, text: str) -> None:
    async with Client(server.url) as bob:
        await bob.log_in("bob", PASSWORD)
        await bob.send_text(LOG, text)
