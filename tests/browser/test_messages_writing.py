"""Answering, changing, naming, passing on: what is done with words."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.writer import anna_writes, bob_says

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_a_reply_a_change_and_what_was_chosen(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna = await anna_writes(server, browsers, viewport)

    # A reply shows what it answers, and leads there.
    await anna.choose("message 3 ", "Reply")
    await expect(anna.page.get_by_role("group", name="Replying")).to_contain_text("message 3")
    await expect(anna.composer).to_be_focused()
    await anna.say("That is what I meant")
    quote = anna.message("That is what I meant").get_by_role("button", name="Show the message this refers to")
    await expect(quote).to_contain_text("message 3")
    await expect(anna.page.get_by_role("group", name="Replying")).to_be_hidden()
    await anna.press(quote)
    await anna.sees_pointed_out("message 3 ")

    # The arrow takes up the newest of one's own; its wordings are kept.
    await anna.is_sent("That is what I meant")
    await anna.composer.press("ArrowUp")
    await expect(anna.composer).to_have_value("That is what I meant")
    await anna.composer.fill("That is what I meant to say")
    # On a phone Enter breaks the line.
    await anna.page.get_by_role("button", name="Save the change").click()
    changed = anna.message("meant to say")
    await expect(changed.get_by_text("edited")).to_be_visible(timeout=PATIENCE_MS)
    await expect(anna.composer).to_have_value("")
    await anna.choose("meant to say", "Earlier wordings")
    await expect(anna.sheet.get_by_role("listitem")).to_have_count(2)
    await anna.looks("wordings")
    await anna.sheet.get_by_role("button", name="Close").first.click()

    # Several are chosen and passed on as one.
    await anna.choose("message 4 ", "Select")
    await anna.message("message 5 ").get_by_role("checkbox").check()
    bar = anna.page.get_by_role("toolbar", name="Chosen messages")
    await expect(bar).to_contain_text("2 chosen")
    await anna.looks("choosing")
    await bar.get_by_role("button", name="Forward").click()
    await anna.sheet.get_by_text("As one", exact=True).click()
    await anna.sheet.get_by_role("checkbox").first.check()
    await anna.looks("forward")
    await anna.sheet.get_by_role("button", name="Forward").click()
    await expect(bar).to_be_hidden()
    bundle = anna.message("Chat history, 2 messages")
    await expect(bundle).to_be_visible(timeout=PATIENCE_MS)
    await anna.press(bundle.get_by_role("button", name="Chat history of"))
    await expect(anna.sheet.get_by_role("listitem")).to_have_count(2)
    await anna.sheet.get_by_role("button", name="Close").first.click()

    # A pin stays in sight.
    await anna.choose("message 2 ", "Pin")
    pinned = anna.page.get_by_role("button", name="Pinned message 1 of 1")
    await expect(pinned).to_contain_text("message 2 ", timeout=PATIENCE_MS)
    await anna.looks("writing")
    await anna.choose("message 2 ", "Unpin")
    await expect(pinned).to_be_hidden(timeout=PATIENCE_MS)
    assert anna.browser.errors == []


async def test_names_and_emoji_are_completed(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, DESKTOP)
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        direct = await bob.conversation(LOG)
        group = await bob.create_group("Lantern makers", [one.person for one in direct.members])
        await anna.open_chat(group.log)

        await anna.composer.press_sequentially("dumplings, @bo")
        offered = anna.page.get_by_role("listbox", name="Suggestions")
        bob_offered = offered.get_by_role("option", name="Bob Chen")
        await expect(bob_offered).to_have_attribute("aria-selected", "true")
        current = await anna.composer.get_attribute("aria-activedescendant")
        assert current is not None
        assert await offered.locator(f"[id='{current}']").count() == 1
        await anna.looks("mention")
        await anna.composer.press("Enter")
        await expect(anna.composer).to_have_value("dumplings, @Bob Chen ")
        await anna.composer.press_sequentially(":dumpl")
        await anna.composer.press("Tab")
        await expect(anna.composer).to_have_value("dumplings, @Bob Chen 🥟")
        await anna.composer.press("Enter")
        said = anna.message("dumplings")
        await expect(said.get_by_role("link", name="@Bob Chen")).to_be_visible()
        await expect(said.get_by_role("img", name="Sent", exact=True)).to_be_attached(timeout=PATIENCE_MS)
        (message,) = [one for one in await bob.history(group) if "dumplings" in one.text]
        assert message.text == "dumplings, @Bob Chen 🥟"
    assert anna.browser.errors == []


async def test_a_draft_stays_and_a_later_message_waits(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, DESKTOP)
    await anna.choose("message 1 ", "Reply")
    await anna.composer.fill("not yet finished")
    await anna.go("contacts")
    await anna.go("")
    await anna.open_chat()
    await expect(anna.composer).to_have_value("not yet finished")
    await expect(anna.page.get_by_role("group", name="Replying")).to_contain_text("message 1 ")

    await anna.page.get_by_role("button", name="Send", exact=True).click(button="right")
    await anna.page.get_by_role("menuitem", name="Send later").click()
    await anna.sheet.get_by_role("button", name="In an hour").click()
    await anna.looks("later")
    await anna.sheet.get_by_role("button", name="Send then").click()
    await expect(anna.composer).to_have_value("")
    waits = anna.page.get_by_role("button", name="1 message to be sent later")
    await waits.click()
    await expect(anna.sheet).to_contain_text("not yet finished")
    await anna.sheet.get_by_role("button", name="Do not send").click()
    await expect(anna.sheet).to_contain_text("Nothing waits any more.")
    await anna.sheet.get_by_role("button", name="Close").first.click()
    await expect(waits).to_be_hidden()
    await bob_says(server, "are you there?")
    await anna.reads("are you there?")
    assert anna.browser.errors == []
