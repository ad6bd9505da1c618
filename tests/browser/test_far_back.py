"""Messages thousands of others ago, which no device holds: who goes there sees them as they stand now."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.history import LOG, give_history, go_on
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.writer import Writer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BEFORE, BETWEEN, SINCE = 200, 5_000, 400


async def test_far_back_it_stands_as_it_stands_now(
    server: Server, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUTONG_RECALL_WITHIN_S", "86400")
    await give_history(server, BEFORE, BEFORE, time.time_ns() // 1_000_000)
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        plan = await bob.send_text(LOG, "The old plan")
        poll = await bob.send_poll(LOG, "When do we eat?", ["At six", "At seven"])
        wrong = await bob.send_text(LOG, "A slip of the tongue")
        other = await bob.send_text(LOG, "Another slip")
    await go_on(server, BETWEEN)
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.edit(plan, "The new plan")
        await bob.react(plan, "🥟")
        await bob.vote(poll, 0)
        await bob.pin(plan)
        await bob.pin(other)
    await go_on(server, SINCE)
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.reply(wrong, "Did I say that?")

    anna = Writer(browsers.new("anna", DESKTOP), server, "anna", "Anna Lin")
    await anna.open()
    await anna.log_in()
    await anna.open_chat()
    await expect(anna.message(f"message {BEFORE + BETWEEN + SINCE + 4 + 5} ")).to_be_visible(
        timeout=PATIENCE_MS
    )
    async with Client(server.url, home=server.folder / "bob") as bob:
        # Taken back while nobody sees it: it is not pinned any more, and not there.
        pinned = anna.page.get_by_role("button", name="Pinned message")
        await expect(pinned).to_contain_text("Another slip", timeout=PATIENCE_MS)
        await bob.recall(other)
        await expect(pinned).to_contain_text("The new plan", timeout=PATIENCE_MS)
        quote = anna.message("Did I say that?").get_by_role("button", name="Show the message this refers to")
        await expect(quote).to_contain_text("A slip of the tongue", timeout=PATIENCE_MS)
        await bob.recall(wrong)
        await expect(quote).to_contain_text("not there any more", timeout=PATIENCE_MS)
        await pinned.click()
        row = anna.message("The new plan")
        await expect(row).to_be_in_viewport(timeout=PATIENCE_MS)
        await expect(row.get_by_text("edited")).to_be_visible()
        await expect(row.get_by_role("button", name="🥟")).to_be_visible()
        await expect(anna.message("recalled a message")).to_have_count(2)
        await expect(anna.message("slip")).to_have_count(0)
        asked = anna.message("When do we eat?")
        await expect(asked.get_by_role("radio", name="At six, 100%")).to_be_visible()
        await anna.browser.screenshot("far-back")

        # It goes on from there.
        await asked.get_by_role("radio", name="At seven").click()
        await expect(asked.get_by_role("radio", name="At seven, 50%")).to_be_checked(timeout=PATIENCE_MS)
        await bob.vote(poll, 1)
        await expect(asked.get_by_role("radio", name="At seven, 100%")).to_be_visible(timeout=PATIENCE_MS)
        await bob.recall(plan)
        await expect(row).to_have_count(0, timeout=PATIENCE_MS)
        await expect(pinned).to_have_count(0, timeout=PATIENCE_MS)
    assert anna.browser.errors == []
