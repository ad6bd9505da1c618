"""The link as people meet it: a network that refuses WebSockets, one that comes and goes, another server."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Request, ViewportSize, WebSocket, expect

from tests.browser.conftest import DESKTOP, PHONE, Browser, Browsers, Server
from tests.browser.middlebox import Middlebox, behind_middlebox
from tests.browser.person import PASSWORD, PATIENCE_MS, Person, meet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MESSAGES = 20
UPLOAD_BYTES = 3 * 1024 * 1024
# Of all that a page may have to be gone through with the Tab key.
TABS_MAX = 40


async def friends(server: Server, browsers: Browsers) -> tuple[Person, Person]:
    """Sign up two people on computers who have each other's conversation open."""
    anna = Person(browsers.new("anna", DESKTOP), server, "anna", "Anna Lin")
    bob = Person(browsers.new("bob", DESKTOP), server, "bob", "Bob Chen")
    await meet(anna, bob)
    return anna, bob


async def hurry(browser: Browser) -> None:
    """Change the network, so that the page looks for its server at once (CONN19)."""
    await browser.set_offline(offline=True)
    await browser.set_offline(offline=False)


async def connection(person: Person, way: str) -> None:
    """Look at the page about the connection until it names `way`."""
    await person.go("me/connection")
    row = person.page.get_by_role("group", name="Way", exact=True)
    await expect(row).to_have_accessible_description(re.compile(way), timeout=PATIENCE_MS)


async def who_sees_what(person: Person, root: str) -> None:
    """Read on that page what an onlooker learns, and take the server's key from it by keyboard."""
    group = person.page.get_by_role("group", name="On the way")
    await expect(group).to_have_accessible_description(re.compile("times and rough sizes; not what is in it"))
    group = person.page.get_by_role("group", name="On the server")
    await expect(group).to_have_accessible_description(re.compile("operator can read"))
    await person.browser.screenshot("link-connection")
    await press(person.page, person.page.get_by_role("button", name=re.compile("^Copy the server")))
    await expect(person.page.get_by_text("Copied.")).to_be_visible()
    assert await person.page.evaluate("navigator.clipboard.readText()") == root


async def press(page: Page, button: Locator) -> None:
    """Reach a button by the Tab key alone, and press it."""
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        if await button.evaluate("element => element === document.activeElement"):
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not lead to {button}")


async def test_without_websockets(browsers: Browsers, tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    async with behind_middlebox(server) as middlebox:
        middlebox.passes_websockets = False
        anna, bob = await friends(server, browsers)
        assert middlebox.websockets_refused > 0
        await anna.say("Does this reach you?")
        await bob.reads("Does this reach you?")
        await bob.say("Letter by letter")
        await anna.reads("Letter by letter")
        await connection(anna, "Single requests")
        await who_sees_what(anna, root=server.admin_link.partition("root=")[2])

        middlebox.passes_websockets = True
        await hurry(anna.browser)
        await connection(anna, "A line that stays open")
        await anna.chat_with(bob)
        await anna.say("Now it is a line")
        await bob.reads("Now it is a line")
        assert anna.browser.errors + bob.browser.errors == []


async def test_network_that_comes_and_goes(browsers: Browsers, tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    async with behind_middlebox(server) as middlebox:
        anna, bob = await friends(server, browsers)
        sent = tmp_path / "scroll.bin"
        sent.write_bytes(os.urandom(UPLOAD_BYTES))
        await anna.send_stored(sent)
        for number in range(MESSAGES):
            if number % 5 == 1:
                await lose(anna, middlebox)
            await anna.say(f"Line {number:02}.")
            if number == 1:
                await expect(anna.page.get_by_text("No connection.")).to_be_visible(timeout=PATIENCE_MS)
                waiting = anna.message("Line 01.").get_by_role("img", name="Waiting to be sent")
                await expect(waiting).to_be_attached()
                await anna.browser.screenshot("link-offline")
            if number % 5 == 3:
                await anna.browser.set_offline(offline=False)
        await expect(anna.page.get_by_text("No connection.")).to_be_hidden(timeout=PATIENCE_MS)

        for person in (anna, bob):
            await expect(person.message("scroll.bin")).to_have_count(1, timeout=PATIENCE_MS)
            for number in range(MESSAGES):
                await person.reads(f"Line {number:02}.")
            await expect(person.messages.filter(has_text="Line ")).to_have_count(MESSAGES)
        assert await order(bob) == [f"Line {number:02}." for number in range(MESSAGES)]
        save = bob.message("scroll.bin").get_by_role("button", name="Save scroll.bin")
        assert await bob.saved(save.click) == sent.read_bytes()
        await anna.browser.screenshot("link-again")
        assert anna.browser.errors + bob.browser.errors == []


async def lose(person: Person, middlebox: Middlebox) -> None:
    """Take the network away: the browser is told, and what was open is dead."""
    await person.browser.set_offline(offline=True)
    await middlebox.cut()


async def order(person: Person) -> list[str]:
    texts = await person.messages.filter(has_text="Line ").all_inner_texts()
    return [found[0] for text in texts if (found := re.search(r"Line \d\d\.", text))]


WARNING = {
    "en-US": ("This is not the server you know", "Try again", "has confirmed", "Trust the new key"),
    "zh-CN": ("这不是你认识的那台服务器", "重试", "管理者已确认", "信任新密钥"),
}
INSIDE = {"en-US": "Main sections", "zh-CN": "主要栏目"}


class Overheard:
    """What a page says to the link, by the first byte of each carrier message."""

    def __init__(self, page: Page) -> None:
        self.kinds: list[int] = []
        page.on("websocket", self._websocket)
        page.on("request", self._request)

    @property
    def for_anybody(self) -> list[int]:
        """Return what is sealed to keys agreed with whoever answers: all but an OPEN and early records."""
        return [kind for kind in self.kinds if kind != 0x01 and kind & 0xC0 != 0xC0]

    def _websocket(self, websocket: WebSocket) -> None:
        websocket.on("framesent", self._sent)

    def _sent(self, message: bytes | str) -> None:
        assert isinstance(message, bytes)
        self.kinds.append(message[0])

    def _request(self, request: Request) -> None:
        body = request.post_data_buffer if request.url.endswith("/link") else None
        while body:
            size = int.from_bytes(body[:2], "big")
            self.kinds.append(body[2])
            body = body[2 + size :]


@pytest.mark.parametrize(("locale", "size"), [("zh-CN", PHONE), ("en-US", DESKTOP)])
async def test_another_server_at_the_address(
    server: Server, browsers: Browsers, tmp_path: Path, locale: str, size: ViewportSize
) -> None:
    title, again, confirmed, trust = WARNING[locale]
    browser = browsers.new("anna", size, locale)
    page = await browser.start(server.admin_link)
    form = page.locator("form")
    for number, text in enumerate(("Anna Lin", "anna")):
        await form.get_by_role("textbox").nth(number).fill(text)
    await form.locator("input[type=password]").fill(PASSWORD)
    await form.locator("button[type=submit]").click()
    inside = page.get_by_role("navigation", name=INSIDE[locale])
    await expect(inside).to_be_attached(timeout=PATIENCE_MS)
    # The invitation was used, and is not taken for another one.
    await expect(page).to_have_url(f"{server.url}/#/")
    await expect(page.get_by_role("status").filter(has_text=re.compile("invitation|邀请"))).to_have_count(0)

    known = server.folder
    await server.stop()
    server.folder = tmp_path / "other"
    overheard = Overheard(page)
    await server.start()
    await hurry(browser)
    warning = page.get_by_role("alert")
    await expect(warning.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE_MS)
    await expect(inside).to_have_count(0)
    await expect(warning.locator("code")).to_have_count(2)
    await browser.screenshot("link-another-server")
    assert overheard.kinds
    assert overheard.for_anybody == []

    if size is DESKTOP:  # a false alarm: trying again changes nothing, until the server that is known is back
        async with page.expect_event("load"):
            await press(page, warning.get_by_role("button", name=again))
        await expect(warning.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE_MS)
        assert overheard.for_anybody == []
        await server.stop()
        server.folder = known
        await server.start()
        await hurry(browser)
        await expect(inside).to_be_attached(timeout=PATIENCE_MS)
        return
    await press(page, warning.get_by_role("button", name=confirmed))
    await expect(warning).to_be_visible()
    assert overheard.for_anybody == []
    await press(page, warning.get_by_role("button", name=trust))
    await expect(page.locator("input[type=password]")).to_be_visible(timeout=PATIENCE_MS)
    assert browser.errors == []
