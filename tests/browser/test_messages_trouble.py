"""Messages that wait, fail and go away."""

from __future__ import annotations

import re
import sqlite3
import time

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client, Conversation, Person
from tests.browser.conftest import Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HOUR_MS = 3_600_000
# The server wants ten seconds' notice; some more for the way there.
SOON_MS = 14_000


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
        # One that cannot be sent when its time comes, and two that cannot be sent now.
        await other.schedule(group, "Bring paper", time.time_ns() // 1_000_000 + SOON_MS)
        await bob.groups.mute(group, other.me, time.time_ns() // 1_000_000 + HOUR_MS)
        await _not_sent(anna, bob, group, other.me)
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
    await expect(anna.sheet).to_have_count(1)
    await expect(anna.sheet.get_by_role("listitem")).to_contain_text("Lanterns at nine")
    await anna.sheet.get_by_role("button", name="Close").first.click()


async def _not_sent(anna: Writer, bob: Client, group: Conversation, author: Person) -> None:
    failed = anna.messages.get_by_role("alert").filter(has_text="Not sent.")
    for text in ("Can you read this?", "Never mind"):
        await anna.say(text)
        alert = anna.message(text).get_by_role("alert")
        await expect(alert).to_contain_text("You cannot write in this group", timeout=PATIENCE_MS)
    await anna.looks("failed")
    await anna.message("Never mind").get_by_role("button", name="Discard").click()
    await expect(anna.message("Never mind")).to_have_count(0)
    await anna.page.get_by_role("button", name="A message could not be sent").click(timeout=PATIENCE_MS)
    late = anna.sheet.get_by_role("listitem").filter(has_text="Bring paper")
    await expect(late.get_by_role("alert")).to_have_text("You could not write in this group then.")
    await anna.looks("later-failed")

    # She may write again: each is sent, or will be.
    await bob.groups.mute(group, author, 0)
    await late.get_by_role("button", name="Edit").click()
    await anna.sheet.get_by_role("button", name="In an hour").click()
    await anna.sheet.get_by_role("button", name="Send then").click()
    await expect(anna.sheet).to_have_count(1)
    await expect(late.get_by_role("alert")).to_have_count(0)
    await anna.sheet.get_by_role("button", name="Close").first.click()
    await expect(anna.page.get_by_role("button", name="2 messages to be sent later")).to_be_visible()
    await failed.get_by_role("button", name="Try again").click()
    said = anna.message("Can you read this?").get_by_test_id("message")
    await expect(said).to_have_attribute("data-delivery", re.compile("sent|delivered"), timeout=PATIENCE_MS)
    await expect(failed).to_have_count(0)
    assert [one.text for one in await bob.history(group) if one.text] == ["Can you read this?"]


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
