"""Every main screen, looked at by axe-core: at phone and desktop size, in both lights and both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client, Conversation, GroupSettings
from tests.browser.axe import Inspection, complaints
from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

GROUP = "Tea at four"


class Visitor(Person):
    """Somebody who looks into every room."""

    @property
    def details(self) -> Locator:
        return self.page.get_by_role("complementary", name="Details")

    async def press(self, name: str, *, role: Literal["button", "menuitem"] = "button") -> None:
        await self.page.get_by_role(role, name=name).last.click()

    async def close(self) -> None:
        """Close what is open above everything else."""
        await self.page.keyboard.press("Escape")
        await expect(self.page.get_by_role("dialog")).to_have_count(0)
        await expect(self.page.get_by_role("menu")).to_have_count(0)


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def a_life(server: Server, bob: Client, folder: Path) -> Conversation:
    """Give Anna a contact, somebody who asks to be one, and a group of her own where much was said."""
    async with AsyncExitStack() as stack:
        anna = await stack.enter_async_context(Client(server.url, home=folder / "anna"))
        lin = await stack.enter_async_context(Client(server.url, home=folder / "lin"))
        await anna.sign_up("anna", PASSWORD, name="Anna Lin")
        await lin.sign_up("lin", PASSWORD, name="林静")
        await bob.contacts.ask((await bob.contacts.find("anna")).person, "From next door")
        await anna.contacts.answer(bob.me, accept=True)
        await lin.contacts.ask((await lin.contacts.find("anna")).person, "我是林静")
        group = await anna.groups.create(GROUP, [bob.me])
        await anna.groups.decide(group, GroupSettings(approval=True, announcement="Bring your own cup."))
        await lin.invites.join(await anna.invites.make(group), "From the tea house")
        said = await anna.send_text(group, "Have you eaten? 吃了吗 https://example.org")
        await bob.reply(said, "Not yet, come over @Anna Lin", mentions=[anna.me])
        await bob.react(said, "🥟")
        await bob.send_location(group, 39.9402, 116.4033, name="The bell tower")
        await bob.send_card(group, lin.me)
        await bob.send_poll(group, "When do we eat?", ["At six", "At seven"])
        notes = folder / "notes.txt"
        notes.write_text("Dumplings\n" * 99)
        await bob.send_file(group, notes)
        await anna.pin(said)
        await bob.send_text(await bob.open(anna.me), "Only for you")
        return group


async def test_a_fault_is_found(browsers: Browsers) -> None:
    page = await browsers.new("anna", DESKTOP).start("about:blank")
    await page.set_content("<html lang=en><title>A page</title><main><h1>Tea</h1><button></button></main>")
    assert [each.split(":")[0] for each in await complaints(page)] == ["critical button-name"]


async def test_the_door(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = Visitor(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    inspection = Inspection(anna.browser)
    await expect(anna.page.get_by_role("button", name="Log in")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-log-in")
    await anna.page.get_by_text("Sign up", exact=True).first.click()
    await inspection.look("axe-sign-up")
    await anna.page.get_by_text("By QR code", exact=True).first.click()
    await expect(anna.page.get_by_role("img", name="QR code to sign in this device")).to_be_visible()
    await inspection.look("axe-by-code")
    await anna.go("send")
    await expect(anna.page.get_by_role("button", name="Choose files")).to_be_visible()
    await inspection.look("axe-send")
    await anna.go("receive")
    await expect(anna.page.get_by_role("textbox", name="Code")).to_be_visible()
    await inspection.look("axe-receive")
    assert not inspection.complaints, "\n".join(inspection.complaints)


async def visitor(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, folder: Path
) -> Visitor:
    """Return Anna, who is in and has a life."""
    await a_life(server, bob, folder)
    anna = Visitor(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.log_in()
    return anna


async def test_the_rooms(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, tmp_path: Path
) -> None:
    anna = await visitor(server, browsers, viewport, bob, tmp_path)
    page, inspection = anna.page, Inspection(anna.browser)

    row = page.get_by_role("link").filter(has_text=GROUP)
    await expect(row).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-chats")
    await anna.press("New")
    await inspection.look("axe-new")
    await anna.press("New group", role="menuitem")
    await inspection.look("axe-new-group")
    await anna.close()
    await row.click(button="right")
    await inspection.look("axe-chats-menu")
    await anna.press("Mute", role="menuitem")
    await inspection.look("axe-mute")
    await anna.close()
    await page.keyboard.press("Control+k")
    await anna.sheet.get_by_role("combobox", name="Name or handle").fill("eaten")
    await expect(anna.sheet.get_by_role("list", name="Messages")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-find")
    await anna.close()
    await page.keyboard.press("?")
    await inspection.look("axe-keys")
    await anna.close()

    await row.click()
    await expect(anna.message("When do we eat?").first).to_be_visible(timeout=PATIENCE_MS)
    await expect(anna.message("notes.txt")).to_be_visible()
    await inspection.look("axe-chat")
    await anna.press("Emoji")
    await inspection.look("axe-emoji")
    await page.keyboard.press("Escape")
    await anna.press("Attach")
    await inspection.look("axe-attach")
    for entry, picture in (
        ("Location", "axe-location"),
        ("Contact card", "axe-card"),
        ("Poll", "axe-poll"),
        ("Sticker", "axe-sticker"),
    ):
        await page.get_by_role("menuitem", name=entry).click()
        await expect(anna.sheet).to_be_visible()
        await inspection.look(picture)
        await anna.close()
        await anna.press("Attach")
    await page.keyboard.press("Escape")
    await (
        anna.message("The bell tower")
        .locator(".bubble")
        .first.click(button="right", position={"x": 6, "y": 6})
    )
    await inspection.look("axe-message-menu")
    await anna.press("Forward", role="menuitem")
    await inspection.look("axe-forward")
    await anna.close()

    await anna.press("Details")
    await expect(anna.details).to_be_visible()
    await inspection.look("axe-details")
    for entry, picture in (
        ("Group settings", "axe-group-settings"),
        ("Add people", "axe-add-people"),
        ("Rename group", "axe-rename"),
        ("My name in this group", "axe-nickname"),
        ("Invite by link", "axe-invite"),
        ("Requests to join", "axe-group-requests"),
        ("Webhooks", "axe-hooks"),
        ("Bob Chen @bob", "axe-member"),
        ("Leave group", "axe-leave"),
    ):
        await anna.details.get_by_role("button", name=entry).click()
        await expect(anna.sheet).to_be_visible()
        await inspection.look(picture)
        await anna.close()
    assert not inspection.complaints, "\n".join(inspection.complaints)


async def test_oneself(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, tmp_path: Path
) -> None:
    anna = await visitor(server, browsers, viewport, bob, tmp_path)
    page, inspection = anna.page, Inspection(anna.browser)

    await anna.go("contacts")
    await expect(page.get_by_role("link", name="Bob Chen")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-contacts")
    await page.get_by_role("link", name="Bob Chen").click()
    await expect(page.get_by_role("button", name="Message")).to_be_visible()
    await inspection.look("axe-person")
    await anna.go("requests")
    await expect(page.get_by_role("article", name="林静")).to_be_visible()
    await inspection.look("axe-requests")
    await anna.go("add/lin")
    await expect(anna.sheet).to_be_visible()
    await inspection.look("axe-add")
    await anna.close()
    await anna.go("me")
    await expect(page.get_by_role("button", name="Storage")).to_be_visible()
    await inspection.look("axe-me")
    for entry, picture in (
        ("Storage", "axe-storage"),
        ("A copy of your data", "axe-copy"),
        ("Delete the account", "axe-end"),
        ("Sign out", "axe-sign-out"),
    ):
        await page.get_by_role("button", name=entry).click()
        await expect(anna.sheet.get_by_role("heading").first).to_be_visible()
        await inspection.look(picture)
        await anna.close()
    for name in ("profile", "code", "devices", "password", "connection"):
        await anna.go(f"me/{name}")
        await expect(page.get_by_role("heading", level=1).last).to_be_visible()
        await inspection.look(f"axe-{name}")
    assert not inspection.complaints, "\n".join(inspection.complaints)
