"""A group from its first day to the day it is handed over, in the browser of whoever runs it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


class Host(Person):
    """Somebody who runs a group."""

    @property
    def details(self) -> Locator:
        return self.page.get_by_role("complementary", name="Details")

    async def make_group(self, title: str) -> None:
        await self.go("")
        await self.page.get_by_role("button", name="New", exact=True).click()
        await self.page.get_by_role("menuitem", name="New group").click()
        await self.sheet.get_by_role("textbox", name="Group name").fill(title)
        await self.sheet.get_by_role("button", name="Create group").click()
        await expect(self.composer).to_be_visible()

    async def open_details(self) -> None:
        await self.page.get_by_role("button", name="Details").last.click()
        await expect(self.details).to_be_visible()

    async def make_link(self) -> str:
        """Return the token of a new link into the open group."""
        await self.details.get_by_role("button", name="Invite by link").click()
        await self.sheet.get_by_role("button", name="Make a link").click()
        await expect(self.sheet.get_by_role("img", name=re.compile("QR code of the link"))).to_be_visible()
        address = await self.sheet.get_by_role("textbox", name="Invite by link").input_value()
        await self.close_sheet()
        return address.rpartition("/")[2]

    async def close_sheet(self) -> None:
        await self.page.keyboard.press("Escape")
        await expect(self.page.get_by_role("dialog")).to_have_count(0)

    async def with_member(self, name: str, action: str, details: Locator | None = None) -> None:
        """Open what may be done with a member, and choose one of it."""
        await (details or self.details).get_by_role("button", name=name).click()
        # A row's name goes on with what it explains.
        await self.sheet.get_by_role("button", name=re.compile(f"^{action}")).click()

    async def note(self, text: str) -> None:
        await expect(self.message(text)).to_have_count(1, timeout=PATIENCE_MS)


@pytest.fixture
async def guests(server: Server, tmp_path: Path) -> AsyncIterator[dict[str, Client]]:
    """Two people without a browser."""
    async with AsyncExitStack() as stack:
        found = {}
        for handle, name in (("bob", "Bob Chen"), ("lin", "Lin Jing")):
            found[handle] = await stack.enter_async_context(Client(server.url, home=tmp_path / handle))
            await found[handle].sign_up(handle, PASSWORD, name=name)
        yield found


async def host_of(server: Server, browsers: Browsers, viewport: ViewportSize) -> Host:
    anna = Host(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    await anna.make_group("Tea at four")
    return anna


async def test_a_group_is_made_filled_governed_and_handed_over(
    server: Server, browsers: Browsers, viewport: ViewportSize, guests: dict[str, Client]
) -> None:
    bob, lin = guests["bob"], guests["lin"]
    anna = await host_of(server, browsers, viewport)
    await anna.open_details()

    # By a link at once.
    token = await anna.make_link()
    group = await bob.invites.join(token)
    assert group is not None
    await expect(anna.details.get_by_role("button", name="Bob Chen @bob")).to_be_visible(timeout=PATIENCE_MS)

    # By a link, when an admin agrees.
    await anna.details.get_by_role("button", name="Group settings").click()
    await anna.sheet.get_by_role("switch", name="Let people in one by one").check()
    await anna.sheet.get_by_role("textbox", name="Announcement").fill("Bring your own cup.")
    await anna.sheet.get_by_role("button", name="Save").click()
    await expect(anna.details.get_by_text("Bring your own cup.")).to_be_visible()
    assert await lin.invites.join(token, "From next door") is None
    await expect(anna.details.get_by_role("img", name="1 person waits")).to_be_visible(timeout=PATIENCE_MS)
    await anna.browser.screenshot("group-details")
    await anna.details.get_by_role("button", name="Requests to join").click()
    await expect(anna.sheet.get_by_text("From next door")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Let in Lin Jing").click()
    await expect(anna.sheet.get_by_text("Nobody waits")).to_be_visible()
    await anna.close_sheet()
    await expect(anna.details.get_by_role("button", name="Lin Jing @lin")).to_be_visible()

    # Roles, and what is done to members.
    await anna.with_member("Bob Chen", "Make an admin")
    await expect(anna.details.get_by_role("button", name="Bob Chen @bob Admin")).to_be_visible()
    await anna.with_member("Lin Jing", "Mute")
    await anna.sheet.get_by_role("button", name="1 hour").click()
    await expect(anna.details.get_by_role("button", name="Lin Jing @lin Muted")).to_be_visible()
    await anna.with_member("Lin Jing", "Remove from the group")
    await anna.sheet.get_by_role("button", name="Remove Lin Jing").click()
    await expect(anna.details.get_by_role("button", name="Lin Jing")).to_have_count(0)
    await anna.with_member("Bob Chen", "Hand the group over")
    await expect(anna.sheet.get_by_text("Only Bob Chen can give it back")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Hand the group over").click()
    await expect(anna.details.get_by_role("button", name="Bob Chen @bob Owner")).to_be_visible()

    # What came of it is told between the messages.
    await anna.details.get_by_role("button", name="Close").click()
    for told in (
        "Bob Chen joined",
        "Lin Jing joined",
        "You made Bob Chen an admin",
        "You muted Lin Jing",
        "You removed Lin Jing",
        "You made Bob Chen the owner",
    ):
        await anna.note(told)

    # An admin may not govern the owner, and leaves like anybody.
    await anna.open_details()
    await anna.details.get_by_role("button", name="Bob Chen").click()
    await expect(anna.sheet.get_by_role("link", name="Profile")).to_be_visible()
    await expect(anna.sheet.get_by_role("button", name="Remove from the group")).to_have_count(0)
    await anna.close_sheet()
    await anna.details.get_by_role("button", name="Leave group").click()
    await anna.sheet.get_by_role("button", name="Leave group").click()
    await expect(anna.page.get_by_role("link", name="Tea at four")).to_have_count(0)
    assert anna.browser.errors == []


async def test_a_link_is_followed_by_somebody_who_has_to_log_in_first(
    server: Server, browsers: Browsers, guests: dict[str, Client]
) -> None:
    group = await guests["bob"].groups.create("Tea at four")
    invite = await guests["bob"].invites.make(group)
    lin = Host(browsers.new("lin", PHONE), server, "lin", "Lin Jing")
    await lin.open(f"/#/join/{invite.token}")
    await lin.log_in()
    await expect(lin.sheet.get_by_role("heading", name="Tea at four")).to_be_visible(timeout=PATIENCE_MS)
    await lin.browser.screenshot("join")
    await lin.sheet.get_by_role("button", name="Join", exact=True).click()
    await expect(lin.composer).to_be_visible(timeout=PATIENCE_MS)

    # Once more: one is in it already.
    await lin.go(f"join/{invite.token}")
    await expect(lin.sheet.get_by_text("You are in this group already")).to_be_visible()
    await lin.close_sheet()

    # A link that was taken back leads nowhere.
    await guests["bob"].invites.revoke(invite)
    await lin.go(f"join/{invite.token}")
    await expect(lin.sheet.get_by_role("alert")).to_be_visible()
    assert lin.browser.errors == []


async def test_a_group_in_chinese_on_a_phone(
    server: Server, browsers: Browsers, guests: dict[str, Client]
) -> None:
    bob, lin = guests["bob"], guests["lin"]
    anna = Host(browsers.new("anna", PHONE, "zh-CN"), server, "anna", "安娜")
    await anna.open()
    page = anna.page
    await page.get_by_text("注册", exact=True).first.click()
    await page.get_by_role("textbox", name="名字", exact=True).fill("安娜")
    await page.get_by_role("textbox", name="账号").fill("anna")
    await page.get_by_role("textbox", name="密码").fill(PASSWORD)
    await page.get_by_role("button", name="注册账号").click()
    await page.get_by_role("button", name="新建", exact=True).click(timeout=PATIENCE_MS)
    await page.get_by_role("menuitem", name="发起群聊").click()
    await anna.sheet.get_by_role("textbox", name="群名").fill("读书会")
    await anna.sheet.get_by_role("button", name="创建").click()
    await expect(page.get_by_role("textbox", name="发消息给 读书会")).to_be_visible()

    details = page.get_by_role("complementary", name="详情")
    await page.get_by_role("button", name="详情").last.click()
    await details.get_by_role("button", name="通过链接邀请").click()
    await anna.sheet.get_by_role("button", name="新建链接").click()
    await expect(anna.sheet.get_by_role("img", name="加入“读书会”的二维码")).to_be_visible()
    address = await anna.sheet.get_by_role("textbox", name="通过链接邀请").input_value()
    await anna.browser.screenshot("invite-zh")
    await anna.close_sheet()
    token = address.rpartition("/")[2]
    await bob.invites.join(token)

    await details.get_by_role("button", name="群设置").click()
    await anna.sheet.get_by_role("switch", name="入群需要同意").check()
    await anna.sheet.get_by_role("textbox", name="群公告").fill("周五八点")
    await anna.sheet.get_by_role("button", name="保存").click()
    await lin.invites.join(token, "我也想来")
    await details.get_by_role("button", name="入群申请").click(timeout=PATIENCE_MS)
    await anna.sheet.get_by_role("button", name="同意 Lin Jing 入群").click()
    await expect(anna.sheet.get_by_text("没有人等待入群。")).to_be_visible()
    await anna.close_sheet()
    await anna.with_member("Bob Chen", "设为管理员", details)
    await expect(details.get_by_role("button", name="Bob Chen @bob 管理员")).to_be_visible()
    await anna.with_member("Lin Jing", "禁言", details)
    await anna.sheet.get_by_role("button", name="1小时").click()
    await expect(details.get_by_role("button", name="Lin Jing @lin 禁言中")).to_be_visible()
    await anna.browser.screenshot("group-details-zh")
    await details.get_by_role("button", name="关闭").click()
    messages = page.get_by_role("listitem")
    for told in ("Bob Chen 加入了", "Lin Jing 加入了", "你将 Bob Chen 设为管理员", "你将 Lin Jing 禁言"):
        await expect(messages.filter(has_text=told)).to_have_count(1, timeout=PATIENCE_MS)
    await anna.browser.screenshot("group-zh")

    await page.get_by_role("button", name="详情").last.click()
    await details.get_by_role("button", name="退出群聊").click()
    await anna.sheet.get_by_role("button", name="退出群聊").click()
    await expect(page.get_by_role("link").filter(has_text="读书会")).to_have_count(0)
    assert anna.browser.errors == []


async def test_what_programs_post_to_is_made_and_shown_once(server: Server, browsers: Browsers) -> None:
    anna = await host_of(server, browsers, DESKTOP)
    await anna.open_details()
    await anna.details.get_by_role("button", name="Webhooks").click()
    await anna.sheet.get_by_role("textbox", name="Name", exact=True).fill("Weather")
    await anna.sheet.get_by_role("button", name="Make an address").click()
    address = await anna.sheet.get_by_role("textbox", name="Address of Weather").input_value()
    answer = await anna.page.request.post(
        f"{server.url}/hooks/{address.partition('/hooks/')[2]}", data={"text": "Rain at four"}
    )
    assert answer.ok
    await anna.close_sheet()
    await expect(anna.message("Rain at four")).to_have_count(1, timeout=PATIENCE_MS)
    await anna.details.get_by_role("button", name="Webhooks").click()
    await anna.sheet.get_by_role("button", name="Remove Weather").click()
    await expect(anna.sheet.get_by_text("Its address works no longer")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Remove Weather").click()
    await expect(anna.page.get_by_role("button", name="Remove Weather")).to_have_count(0)
    assert anna.browser.errors == []
