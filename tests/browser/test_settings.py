"""The list of conversations as one wants it, and what one's account is made of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TITLES = ("Tea at four", "Choir", "Garden")


class Member(Person):
    """Somebody who is in the groups of Bob."""

    @property
    def rows(self) -> Locator:
        return self.page.get_by_role("list", name="Chats").get_by_role("link")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has_text=title)

    async def choose(self, title: str, action: str) -> None:
        """Open a conversation's menu, and choose one of it."""
        await self.row(title).click(button="right")
        await self.page.get_by_role("menuitem", name=action).click()

    async def first_is(self, title: str) -> None:
        await expect(self.rows.first).to_contain_text(title)


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def member_of(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, locale: str = "en-US"
) -> Member:
    """Return Anna, who came into three groups by their links: the last one is the newest."""
    anna = Member(browsers.new("anna", viewport, locale), server, "anna", "Anna Lin")
    async with Client(server.url, home=bob.folder.with_name("anna")) as client:
        await client.sign_up("anna", PASSWORD, name="Anna Lin")
        for title in TITLES:
            group = await bob.groups.create(title)
            await client.invites.join(await bob.invites.make(group))
            await bob.send_text(group, f"Welcome to {title}")
    await anna.open()
    return anna


async def test_the_list_is_put_in_order(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client
) -> None:
    anna = await member_of(server, browsers, viewport, bob)
    await anna.log_in()
    await anna.first_is("Garden")

    await anna.choose("Tea at four", "Pin to the top")
    await anna.first_is("Tea at four")
    await anna.choose("Tea at four", "Mute")
    await anna.sheet.get_by_role("button", name="8 hours").click()
    await expect(anna.row("Tea at four").get_by_role("img", name="Muted")).to_be_visible()

    # Read and unread, by hand.
    await expect(anna.row("Choir").get_by_role("img", name="1 unread")).to_be_visible()
    await anna.choose("Choir", "Mark as read")
    await expect(anna.row("Choir").get_by_role("img", name="1 unread")).to_have_count(0)
    await anna.choose("Choir", "Mark as unread")
    await expect(anna.row("Choir").get_by_role("img", name="Marked as unread")).to_be_visible()

    # Hidden until somebody writes.
    await anna.choose("Garden", "Hide")
    await expect(anna.row("Garden")).to_have_count(0)
    await anna.browser.screenshot("list")
    garden = next(each for each in await bob.conversations() if each.title == "Garden")
    await bob.send_text(garden, "The beans are up")
    await expect(anna.row("Garden")).to_contain_text("The beans are up", timeout=PATIENCE_MS)

    # The menu key does what the right button does, and everything was kept on the server.
    await anna.row("Garden").focus()
    await anna.page.keyboard.press("Shift+F10")
    await expect(anna.page.get_by_role("menu", name="What to do with Garden")).to_be_visible()
    await anna.page.keyboard.press("Escape")
    await expect(anna.row("Garden")).to_be_focused()
    await anna.page.reload()
    await anna.first_is("Tea at four")
    await expect(anna.row("Choir").get_by_role("img", name="Marked as unread")).to_be_visible()

    # Notes to oneself.
    await anna.page.get_by_role("button", name="New", exact=True).click()
    await anna.page.get_by_role("menuitem", name="Saved messages").click()
    await anna.say("Buy plums")
    await anna.reads("Buy plums")
    await anna.go("")
    await expect(anna.row("Saved messages")).to_contain_text("Buy plums")
    assert anna.browser.errors == []


async def test_what_is_mine_is_shown_copied_and_ended(
    server: Server, browsers: Browsers, bob: Client
) -> None:
    anna = await member_of(server, browsers, DESKTOP, bob)
    await anna.log_in()
    await anna.row("Choir").click()
    await anna.say("The last verse again")
    await anna.reads("The last verse again")
    await anna.go("me")

    await anna.page.get_by_role("button", name="Storage").click()
    await expect(anna.sheet.get_by_role("heading", name="On the server")).to_be_visible(timeout=PATIENCE_MS)
    await anna.browser.screenshot("storage")
    await anna.sheet.get_by_role("button", name="Clear Choir").click()
    await expect(anna.page.get_by_text("Cleared.").first).to_be_visible()
    await anna.page.keyboard.press("Escape")

    await anna.page.get_by_role("button", name="A copy of your data").click()
    await anna.sheet.get_by_role("button", name="Make a copy").click()
    save = anna.sheet.get_by_role("button", name=re.compile("^Save "))
    await expect(save).to_be_visible(timeout=PATIENCE_MS)
    async with anna.page.expect_download(timeout=PATIENCE_MS) as download:
        await save.click()
    with ZipFile(await (await download.value).path()) as copy:
        assert any(b"The last verse again" in copy.read(name) for name in copy.namelist())
    await anna.page.keyboard.press("Escape")

    await anna.page.get_by_role("button", name="Delete the account").click()
    await anna.sheet.get_by_role("textbox", name="Password").fill("not this one")
    await anna.sheet.get_by_role("button", name="Delete the account").click()
    await expect(anna.sheet.get_by_text("Wrong handle or password")).to_be_visible()
    await anna.sheet.get_by_role("textbox", name="Password").fill(PASSWORD)
    await anna.sheet.get_by_role("button", name="Delete the account").click()
    await expect(anna.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    await expect(anna.page.get_by_role("navigation", name="Main sections")).to_have_count(0)
    assert anna.browser.errors == []


async def test_the_pages_speak_chinese(server: Server, browsers: Browsers, bob: Client) -> None:
    anna = await member_of(server, browsers, PHONE, bob, "zh-CN")
    await anna.page.get_by_role("textbox", name="账号").fill("anna")
    await anna.page.get_by_role("textbox", name="密码").fill(PASSWORD)
    await anna.page.get_by_role("button", name="登录", exact=True).click()
    row = anna.page.get_by_role("link").filter(has_text="Garden")
    await row.click(button="right", timeout=PATIENCE_MS)
    await anna.page.get_by_role("menuitem", name="置顶").click()
    await expect(row).to_be_visible()
    await row.click()
    await anna.page.get_by_role("button", name="详情").last.click()
    details = anna.page.get_by_role("complementary", name="详情")
    await expect(details.get_by_role("switch", name="置顶")).to_be_checked()
    await expect(details.get_by_role("button", name="我在本群的昵称")).to_be_visible()
    await anna.browser.screenshot("details-zh")
    await details.get_by_role("switch", name="消息免打扰").click()
    await anna.page.get_by_role("dialog").get_by_role("button", name="直到我取消").click()
    await expect(details.get_by_role("switch", name="消息免打扰")).to_be_checked()
    assert anna.browser.errors == []


async def test_who_is_told_and_when(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client
) -> None:
    anna = await member_of(server, browsers, viewport, bob)
    await anna.log_in()
    await anna.first_is("Garden")
    await anna.go("me")
    told = anna.page.get_by_role("switch", name="On this device")
    await expect(told).not_to_be_checked(timeout=PATIENCE_MS)
    await told.click()
    await expect(told).to_be_checked()
    # Where no push service can be reached, it comes while the page is open.
    await expect(anna.page.get_by_text(re.compile("(Also while|While) Hutong is"))).to_be_visible(
        timeout=PATIENCE_MS
    )
    await anna.page.get_by_role("switch", name="Sound").click()
    # What the server keeps is shown when it has it.
    quiet = anna.page.get_by_role("switch", name="Do not disturb")
    await quiet.click()
    await expect(quiet).to_be_checked()
    await anna.page.get_by_label("From").fill("21:30")
    await anna.page.get_by_label("From").blur()
    await anna.browser.screenshot("notifications")
    # The page made anew shows what the server has taken.
    await anna.go("")
    await anna.go("me")
    await expect(anna.page.get_by_label("From")).to_have_value("21:30")
    await anna.page.reload()
    await expect(told).to_be_checked(timeout=PATIENCE_MS)
    await expect(anna.page.get_by_role("switch", name="Sound")).to_be_checked()
    await expect(quiet).to_be_checked()
    await expect(anna.page.get_by_label("From")).to_have_value("21:30")
    await quiet.click()
    await expect(anna.page.get_by_label("From")).to_have_count(0)

    # The tab and the title leave out what is silenced.
    tab = anna.page.get_by_role("navigation", name="Main sections").get_by_role("link", name="Chats")
    await expect(tab.get_by_role("img", name="3 unread")).to_be_attached()
    await anna.go("")
    await anna.choose("Choir", "Mute")
    await anna.sheet.get_by_role("button", name="8 hours").click()
    await expect(tab.get_by_role("img", name="2 unread")).to_be_attached()
    await anna.page.wait_for_function("() => document.title.startsWith('(2)')")
    assert anna.browser.errors == []


async def test_a_program_gets_an_account(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, tmp_path: Path
) -> None:
    anna = await member_of(server, browsers, viewport, bob)
    await anna.log_in()
    await anna.go("me")
    await anna.page.get_by_role("button", name="Bots").click()
    await anna.sheet.get_by_role("textbox", name="Name", exact=True).fill("Helper")
    await anna.sheet.get_by_role("textbox", name="Handle").fill("anna")
    await anna.sheet.get_by_role("button", name="Make a bot").click()
    await expect(anna.sheet.get_by_text("Somebody has this handle already")).to_be_visible()
    await anna.sheet.get_by_role("textbox", name="Handle").fill("helper")
    await anna.sheet.get_by_role("button", name="Make a bot").click()
    shown = anna.sheet.get_by_role("textbox", name="Token of Helper")
    await expect(shown).to_be_visible()
    first = await shown.input_value()
    assert first.startswith("helper:")
    await anna.browser.screenshot("bots")

    await anna.sheet.get_by_role("button", name="New token").click()
    await anna.sheet.get_by_role("button", name="New token").click()
    await expect(shown).not_to_have_value(first)
    async with Client(server.url, home=tmp_path / "helper") as helper:
        token = await shown.input_value()
        me = await helper.log_in("helper", token.partition(":")[2])
        assert me.name == "Helper"

    await anna.sheet.get_by_role("button", name="Remove Helper").click()
    await anna.sheet.get_by_role("button", name="Remove Helper").click()
    await expect(anna.sheet.get_by_text("@helper")).to_have_count(0)
    assert anna.browser.errors == []
