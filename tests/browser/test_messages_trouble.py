"""Messages that wait, fail and go away."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUR_MS = 3_600_000
# The server wants ten seconds' notice; as much again for the way there.
SOON_MS = 20_000
LOOK_EVERY_MS = 200
SAID_OFFLINE = ("Can you read this?", "Never mind")


async def test_what_waits_and_what_fails(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = await anna_writes(server, browsers, viewport)
    async with (
        Client(server.url, home=server.folder / "anna") as other,
        Client(server.url, home=server.folder / "bob") as bob,
    ):
        await other.log_in("anna", PASSWORD)
        await bob.log_in("bob", PASSWORD)
        group = await bob.create_group("Lantern makers", [other.me])
        await anna.go("")
        await anna.open_chat(group.log)
        await _changed_before_it_is_sent(anna)
        # One that cannot be sent when its time comes, and two that cannot be sent when the network is back.
        await anna.browser.set_offline(offline=True)
        for text in SAID_OFFLINE:
            await anna.say(text)
        await other.schedule(group, "Bring paper", time.time_ns() // 1_000_000 + SOON_MS)
        await bob.groups.mute(group, other.me, time.time_ns() // 1_000_000 + HOUR_MS)
        await anna.browser.set_offline(offline=False)
        await _not_sent(anna, other)
        # She may write again: each is sent, or will be.
        await bob.groups.mute(group, other.me, 0)
        await _sent_after_all(anna)
        assert [one.text for one in await bob.history(group) if one.text] == [SAID_OFFLINE[0]]
    await _gone(anna, server)
    assert anna.browser.errors == []


async def _changed_before_it_is_sent(anna: Writer) -> None:
    await anna.composer.fill("Lanterns at eight")
    await anna.page.get_by_role("button", name="Send", exact=True).click(button="right")
    await anna.page.get_by_role("menuitem", name="Send later").click()
    await anna.sheet.get_by_role("button", name="Send then").click()
    await anna.page.get_by_role("button", name="1 message to be sent later").click()
    await anna.sheet.get_by_role("button", name="Edit").click()
    await anna.sheet.get_by_role("textbox", name="Message").fill("Lanterns at nine")
    await anna.looks("later-changed")
    await anna.sheet.get_by_role("button", name="Send then").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(1)
    await expect(anna.sheet.get_by_role("listitem")).to_contain_text("Lanterns at nine")
    await anna.sheet.get_by_role("button", name="Close").first.click()


async def _not_sent(anna: Writer, other: Client) -> None:
    for text in SAID_OFFLINE:
        alert = anna.message(text).get_by_role("alert")
        await expect(alert).to_contain_text("You cannot write in this group", timeout=PATIENCE_MS)
    await anna.looks("failed")
    await anna.message(SAID_OFFLINE[1]).get_by_role("button", name="Discard").click()
    await expect(anna.message(SAID_OFFLINE[1])).to_have_count(0)
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while not any(one.problem for one in await other.scheduled()):
            await anna.page.wait_for_timeout(LOOK_EVERY_MS)


async def _sent_after_all(anna: Writer) -> None:
    failed = anna.messages.get_by_role("alert").filter(has_text="Not sent.")
    await anna.page.get_by_role("button", name="A message could not be sent").click(timeout=PATIENCE_MS)
    late = anna.sheet.get_by_role("listitem").filter(has_text="Bring paper")
    await expect(late.get_by_role("alert")).to_have_text("You could not write in this group then.")
    await anna.looks("later-failed")
    await late.get_by_role("button", name="Edit").click()
    await anna.sheet.get_by_role("button", name="In an hour").click()
    await anna.sheet.get_by_role("button", name="Send then").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(1)
    await expect(late.get_by_role("alert")).to_have_count(0)
    await anna.sheet.get_by_role("button", name="Close").first.click()
    await expect(anna.page.get_by_role("button", name="2 messages to be sent later")).to_be_visible()
    await failed.get_by_role("button", name="Try again").click()
    said = anna.message(SAID_OFFLINE[0]).get_by_test_id("message")
    await expect(said).to_have_attribute("data-delivery", re.compile("sent|delivered"), timeout=PATIENCE_MS)
    await expect(failed).to_have_count(0)


async def _gone(anna: Writer, server: Server) -> None:
    await anna.go("")
    await anna.open_chat()
    await anna.page.get_by_role("button", name="Details").last.click()
    choice = anna.page.get_by_role("combobox", name="Messages disappear after")
    await choice.select_option("3600")
    await anna.looks("disappearing-chosen")
    await anna.page.get_by_role("complementary", name="Details").get_by_role("button", name="Close").click()
    await anna.say("Only for a while")
    said = anna.message("Only for a while")
    await expect(said.get_by_role("img", name="Sent", exact=True)).to_be_attached(timeout=PATIENCE_MS)
    await expect(said.get_by_role("img", name="This message will disappear")).to_be_attached()
    await anna.looks("disappearing")

    # The hour is over.
    await server.stop()
    with sqlite3.connect(server.folder / "hutong.db") as database:
        assert database.execute("UPDATE expiry SET due_ms = 1").rowcount == 1
    database.close()
    await server.start()
    await expect(said).to_have_count(0, timeout=PATIENCE_MS)
    await expect(anna.page.get_by_role("link").filter(has_text="Only for a while")).to_have_count(0)
    await expect(anna.message("message 6 ")).to_be_visible()
    await anna.looks("disappeared")
