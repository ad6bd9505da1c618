"""Anna and Bob in a short conversation: Anna at a browser, Bob as a program."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import Browsers, Server
from tests.browser.history import LOG, give_history
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

MESSAGES = 6
# What moves without an end, as a spinner does, is not waited for.
STILL = """async theme => {
    document.documentElement.dataset.theme = theme
    const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(moving.map(one => one.finished))
}"""

# Neither what was sent nor what a finger has pushed is where it will be at once.
RESTS = """() => new Promise(done => {
    const view = document.querySelector('[role=region]')
    let [before, still] = ['', 0]
    const look = () => {
        const now = [view.scrollTop, view.scrollHeight, view.clientHeight].join()
        still = now === before ? still + 1 : 0
        before = now
        if (still > 12) done()
        else requestAnimationFrame(look)
    }
    look()
})"""


class Writer(Person):
    """Anna, who writes."""

    async def open_chat(self, log: str = LOG) -> None:
        await self.page.locator(f'a[href="#/chat/{log.replace(":", "%3A")}"]').click()
        await expect(self.composer).to_be_visible(timeout=PATIENCE_MS)

    @property
    def composer(self) -> Locator:
        """In whichever language."""
        return self.page.get_by_role("textbox", name=re.compile("^(Message to|发消息给) "))

    async def rests(self) -> None:
        """Wait until the messages stand still: they follow what is new, and a press would go beside."""
        await self.page.evaluate(RESTS)

    async def press(self, target: Locator) -> None:
        """Press something in a message that has just come."""
        await self.rests()
        await target.click()

    async def sees_pointed_out(self, text: str) -> None:
        """For a moment only: every frame is looked at."""
        await self.page.wait_for_function(
            "text => document.querySelector('li.pointed')?.innerText.includes(text)",
            arg=text,
            timeout=PATIENCE_MS,
        )

    async def menu_of(self, text: str) -> Locator:
        """Open the menu of a message, as a long press or the right mouse button does."""
        await self.rests()
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

    async def pick(self, entry: str, path: Path) -> None:
        """Choose a file behind the +; it waits beside the composer."""
        await self.page.get_by_role("button", name="Attach").click()
        async with self.page.expect_file_chooser() as chooser:
            await self.page.get_by_role("menuitem", name=entry, exact=True).click()
        await (await chooser.value).set_files(path)

    async def send(self) -> None:
        """Send what waits beside the composer."""
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def looks(self, name: str) -> None:
        """Keep a picture in both lights, once what comes in gently is there."""
        for theme, suffix in (("light", ""), ("dark", "-dark"), ("light", None)):
            await self.page.evaluate(STILL, theme)
            if suffix is not None:
                await self.browser.screenshot(name + suffix)


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
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        await bob.send_text(LOG, text)
