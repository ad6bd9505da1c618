"""Writing in Chinese: the same things, by their Chinese names."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import Browsers, Server
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.writer import anna_writes, bob_says

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUR_MS = 3_600_000
JOINING = ("陈波", "林静", "王芳")


async def test_the_same_in_chinese(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = await anna_writes(server, browsers, viewport)
    await anna.page.evaluate("""localStorage['hutong.preferences'] = '{"language":"zh"}'""")
    await anna.page.reload()
    page = anna.page
    composer = anna.composer
    messages = page.get_by_role("region", name="消息", exact=True).get_by_role("listitem")
    await expect(messages.filter(has_text="message 6 ")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    # Answered, reacted to, changed.
    await bob_says(server, "吃了吗")
    asked = messages.filter(has_text="吃了吗")
    await expect(asked).to_be_visible(timeout=PATIENCE_MS)
    await anna.rests()
    await asked.locator(".bubble").click(button="right", position={"x": 6, "y": 6})
    await anna.looks("zh-menu")
    await page.get_by_role("menuitemcheckbox", name="用 👍 回应").click()
    await expect(asked.get_by_role("button", name="回应了 👍")).to_be_visible(timeout=PATIENCE_MS)
    await anna.rests()
    await asked.locator(".bubble").click(button="right", position={"x": 6, "y": 6})
    await page.get_by_role("menuitem", name="回复", exact=True).click()
    await expect(page.get_by_role("group", name="回复")).to_contain_text("吃了吗")
    await composer.fill("还没有")
    await page.get_by_role("button", name="发送", exact=True).click()
    said = messages.filter(has_text="还没有")
    await expect(said.get_by_role("button", name="查看所引用的消息")).to_contain_text("吃了吗")
    await expect(said.get_by_role("img", name="已发送")).to_be_attached(timeout=PATIENCE_MS)
    await composer.press("ArrowUp")
    await composer.fill("还没有呢")
    await page.get_by_role("button", name="保存修改").click()
    await expect(said.get_by_text("已编辑")).to_be_visible(timeout=PATIENCE_MS)

    # Several come in by a link: one row says so. And who said something without a network,
    # and may not write when it is back, hears why in Chinese.
    async with Client(server.url, home=server.folder / "bob2") as bob:
        await bob.log_in("bob", PASSWORD)
        (me,) = [one.person for one in (await bob.conversation(LOG)).members if one.person.handle == "anna"]
        group = await bob.create_group("灯笼作坊", [me])
        invite = await bob.invites.make(group)
        for number, name in enumerate(JOINING):
            async with Client(server.url, home=server.folder / f"guest{number}") as other:
                await other.sign_up(f"guest{number}", PASSWORD, name=name)
                await other.invites.join(invite)
        await anna.go("")
        await anna.open_chat(group.log)
        await expect(messages.filter(has_text="加入了")).to_have_count(1, timeout=PATIENCE_MS)
        await expect(messages.filter(has_text="、".join(JOINING))).to_be_visible()
        await anna.browser.set_offline(offline=True)
        await anna.composer.fill("你们好")
        await page.get_by_role("button", name="发送", exact=True).click()
        await expect(messages.filter(has_text="你们好")).to_be_visible()
        await bob.groups.mute(group, me, time.time_ns() // 1_000_000 + HOUR_MS)
        await anna.browser.set_offline(offline=False)
        alert = messages.filter(has_text="你们好").get_by_role("alert")
        await expect(alert).to_contain_text("未发送。 你暂时不能在本群发言。", timeout=PATIENCE_MS)
        await anna.looks("zh-failed")
    assert anna.browser.errors == []
