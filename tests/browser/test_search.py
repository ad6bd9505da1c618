"""Finding what was said: from anywhere, and in one conversation; in two languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BETWEEN = 60


class Seeker(Person):
    """Somebody who looks for a message."""

    @property
    def hits(self) -> Locator:
        return self.sheet.get_by_role("list", name="Messages").get_by_role("link")

    async def finds(self, text: str) -> Locator:
        """Wait until one message is found, and return it."""
        found = self.hits.filter(has_text=text)
        await expect(found).to_have_count(1, timeout=PATIENCE_MS)
        return found


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def seeker_of(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client, locale: str = "en-US"
) -> Seeker:
    """Return Anna at the door: in two groups, where Bob has said much since what she looks for."""
    async with Client(server.url, home=bob.folder.with_name("anna")) as client:
        await client.sign_up("anna", PASSWORD, name="Anna Lin")
        for title, text in (
            ("Kitchen", "The dumplings are on the stove 饺子在炉子上"),
            ("Garden", "No dumplings here"),
        ):
            group = await bob.groups.create(title)
            await client.invites.join(await bob.invites.make(group))
            await bob.send_text(group, text)
            if title == "Kitchen":
                for n in range(BETWEEN):
                    await bob.send_text(group, f"Line {n} of many")
    anna = Seeker(browsers.new("anna", viewport, locale), server, "anna", "Anna Lin")
    await anna.open()
    return anna


async def test_a_message_is_found_from_anywhere_and_shown_among_its_neighbours(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client
) -> None:
    anna = await seeker_of(server, browsers, viewport, bob)
    await anna.log_in()
    await anna.page.keyboard.press("Control+k")
    field = anna.sheet.get_by_role("combobox", name="Name or handle")
    await field.fill("dumplings")
    await expect(anna.hits).to_have_count(2, timeout=PATIENCE_MS)
    hit = await anna.finds("on the stove")
    await expect(hit.locator("mark")).to_have_text("dumplings")
    await anna.browser.screenshot("search")
    await field.fill("炉子")
    hit = await anna.finds("饺子在")
    await hit.focus()
    await anna.page.keyboard.press("Enter")
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    await expect(anna.message("on the stove")).to_be_in_viewport(timeout=PATIENCE_MS)
    assert anna.browser.errors == []


async def test_a_conversation_is_searched_by_word_kind_and_person(
    server: Server, browsers: Browsers, bob: Client
) -> None:
    anna = await seeker_of(server, browsers, DESKTOP, bob)
    await anna.log_in()
    await anna.page.get_by_role("link", name="Kitchen").click()
    await anna.say("I shall fetch dumplings")
    await anna.is_sent("I shall fetch")
    await anna.page.get_by_role("button", name="Search in this conversation").click()
    await anna.sheet.get_by_role("searchbox").fill("dumplings")
    await expect(anna.hits).to_have_count(2, timeout=PATIENCE_MS)
    await anna.sheet.get_by_role("combobox", name="From").select_option(label="Anna Lin")
    await expect(anna.hits).to_have_count(1)
    await anna.finds("I shall fetch")
    await anna.sheet.get_by_role("combobox", name="Kind").select_option(label="Files")
    await expect(anna.sheet.get_by_text("No message with that")).to_be_visible()
    assert anna.browser.errors == []


async def test_a_phone_in_chinese_finds_and_jumps(server: Server, browsers: Browsers, bob: Client) -> None:
    anna = await seeker_of(server, browsers, PHONE, bob, "zh-CN")
    page = anna.page
    await page.get_by_role("textbox", name="账号").fill("anna")
    await page.get_by_role("textbox", name="密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("link").filter(has_text="Kitchen").click(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="在此聊天中搜索").click()
    hits = anna.sheet.get_by_role("list", name="消息").get_by_role("link")
    await anna.sheet.get_by_role("searchbox").fill("饺子")
    await expect(hits).to_have_count(1, timeout=PATIENCE_MS)
    await expect(hits.locator("mark")).to_have_text("饺子")
    await anna.sheet.get_by_role("combobox", name="类型").select_option(label="图片")
    await expect(anna.sheet.get_by_text("没有找到消息。")).to_be_visible()
    await anna.sheet.get_by_role("combobox", name="类型").select_option(label="全部类型")
    await anna.sheet.get_by_role("combobox", name="时间").select_option(label="最近一天")
    await expect(hits).to_have_count(1)
    await anna.browser.screenshot("search-zh")
    await hits.click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    found = page.get_by_role("listitem").filter(has_text="饺子在炉子上")
    await expect(found).to_be_in_viewport(timeout=PATIENCE_MS)
    assert anna.browser.errors == []


async def test_somebody_of_a_group_is_found_by_name(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client
) -> None:
    anna = await seeker_of(server, browsers, viewport, bob)
    await anna.log_in()
    await anna.page.keyboard.press("Control+k")
    await anna.sheet.get_by_role("combobox", name="Name or handle").fill("chen")
    people = anna.sheet.get_by_role("region", name="People in your groups")
    person = people.get_by_role("link", name="Bob Chen")
    await expect(person).to_contain_text("@bob", timeout=PATIENCE_MS)
    await anna.browser.screenshot("search-people")
    await person.click()
    await expect(anna.sheet.get_by_role("button", name="Ask to connect")).to_be_visible(timeout=PATIENCE_MS)
    await expect(anna.sheet.get_by_role("heading", name="Bob Chen")).to_be_visible()
    assert anna.browser.errors == []
