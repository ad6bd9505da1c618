"""What one does in a conversation, looked at by axe-core: written, sent, chosen, found, refused, offline."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from tests.browser.axe import Inspection
from tests.browser.conftest import Browsers, Server
from tests.browser.film import make_film
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.pictures import a_picture
from tests.browser.test_messages_kinds import SOME_SECONDS
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUR_MS = 3_600_000


async def close_sheet(anna: Writer) -> None:
    await anna.page.keyboard.press("Escape")
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)


async def test_words(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = await anna_writes(server, browsers, viewport)
    inspection = Inspection.shared(anna.browser)
    await _later(anna, inspection)
    await _answered_and_changed(anna, inspection)
    await _passed_on(anna, inspection)
    await _found(anna, inspection)
    assert not inspection.complaints, "\n".join(inspection.complaints)
    assert anna.browser.errors == []


async def _later(anna: Writer, inspection: Inspection) -> None:
    await anna.composer.fill("Lanterns at eight")
    await anna.page.get_by_role("button", name="Send", exact=True).click(button="right")
    await expect(anna.page.get_by_role("menuitem", name="Send later")).to_be_visible()
    await inspection.look("axe-ways-to-send")
    await anna.page.get_by_role("menuitem", name="Send later").click()
    await anna.sheet.get_by_label("When").fill("2020-01-01T00:00")
    await expect(anna.sheet.get_by_text("Choose a time within a year")).to_be_visible()
    await inspection.look("axe-later-impossible")
    await anna.sheet.get_by_role("button", name="In an hour").click()
    await anna.sheet.get_by_role("button", name="Send then").click()
    await anna.page.get_by_role("button", name="1 message to be sent later").click()
    await inspection.look("axe-later-list")
    await anna.sheet.get_by_role("button", name="Edit").click()
    await expect(anna.sheet.get_by_role("textbox", name="Message")).to_be_visible()
    await inspection.look("axe-later-change")
    await anna.sheet.get_by_role("button", name="Cancel").click()
    await anna.sheet.get_by_role("button", name="Do not send").click()
    await expect(anna.sheet).to_contain_text("Nothing waits any more.")
    await inspection.look("axe-later-none")
    await close_sheet(anna)


async def _answered_and_changed(anna: Writer, inspection: Inspection) -> None:
    await anna.choose("message 3 ", "Reply")
    await expect(anna.page.get_by_role("group", name="Replying")).to_be_visible()
    await inspection.look("axe-answering")
    await anna.say("That is what I meant")
    await expect(
        anna.message("That is what I meant").get_by_role("img", name="Sent", exact=True)
    ).to_be_attached(timeout=PATIENCE_MS)
    await anna.choose("That is what I meant", "Edit")
    await expect(anna.page.get_by_role("group", name="Editing")).to_be_visible()
    await inspection.look("axe-changing")
    await anna.composer.fill("That is what I meant to say")
    await anna.page.get_by_role("button", name="Save the change").click()
    await expect(anna.message("meant to say").get_by_text("edited")).to_be_visible(timeout=PATIENCE_MS)
    await anna.choose("meant to say", "Earlier wordings")
    await expect(anna.sheet.get_by_role("listitem")).to_have_count(2)
    await inspection.look("axe-wordings")
    await close_sheet(anna)
    await anna.choose("meant to say", "Recall")
    await expect(anna.sheet).to_be_visible()
    await inspection.look("axe-recall")
    await anna.sheet.get_by_role("button", name="Recall").click()
    await expect(anna.messages.filter(has_text="You recalled a message")).to_be_visible(timeout=PATIENCE_MS)
    await anna.choose("message 2 ", "Pin")
    await expect(anna.page.get_by_role("button", name="Pinned message 1 of 1")).to_be_visible(
        timeout=PATIENCE_MS
    )
    await inspection.look("axe-pinned-recalled")


async def _passed_on(anna: Writer, inspection: Inspection) -> None:
    await anna.choose("message 4 ", "Select")
    await anna.message("message 5 ").get_by_role("checkbox").check()
    await inspection.look("axe-choosing")
    await (
        anna.page.get_by_role("toolbar", name="Chosen messages").get_by_role("button", name="Forward").click()
    )
    await anna.sheet.get_by_text("As one", exact=True).click()
    await anna.sheet.get_by_role("checkbox").first.check()
    await inspection.look("axe-forward-as-one")
    await anna.sheet.get_by_role("button", name="Forward").click()
    bundle = anna.message("Chat history, 2 messages")
    await expect(bundle).to_be_visible(timeout=PATIENCE_MS)
    await anna.press(bundle.get_by_role("button", name="Chat history of"))
    await expect(anna.sheet.get_by_role("listitem")).to_have_count(2)
    await inspection.look("axe-bundle")
    await close_sheet(anna)


async def _found(anna: Writer, inspection: Inspection) -> None:
    here = anna.page.get_by_role("button", name="Search in this conversation")
    # On a phone the name needs the room in the header: the details lead there.
    by_details = not await here.is_visible()
    if by_details:
        await anna.page.get_by_role("button", name="Details", exact=True).click()
    await here.click()
    await anna.sheet.get_by_role("searchbox").fill("message")
    hits = anna.sheet.get_by_role("list", name="Messages").get_by_role("link")
    await expect(hits.first).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-search")
    await anna.sheet.get_by_role("combobox", name="Kind").select_option(label="Files")
    await expect(anna.sheet.get_by_text("No message with that")).to_be_visible()
    await inspection.look("axe-search-nothing")
    await anna.sheet.get_by_role("button", name="Close").first.click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(0)
    if by_details:
        details = anna.page.get_by_role("complementary", name="Details")
        await details.get_by_role("button", name="Close").click()
        await expect(details).to_be_hidden()


async def test_pictures_films_voices_and_stickers(
    server: Server, browsers: Browsers, viewport: ViewportSize, tmp_path: Path
) -> None:
    anna = await anna_writes(server, browsers, viewport)
    inspection = Inspection.shared(anna.browser)
    await anna.pick("Picture or video", a_picture(tmp_path / "wall.png", 800, 400))
    await inspection.look("axe-tray")
    await anna.page.get_by_role("button", name="Edit wall.png").click()
    await expect(anna.sheet.locator("canvas")).to_be_visible(timeout=PATIENCE_MS)
    for tool in ("Draw", "Mosaic", "Crop"):
        await anna.sheet.get_by_text(tool, exact=True).click()
        await inspection.look(f"axe-editor-{tool.lower()}")
    await anna.sheet.get_by_role("button", name="Done").click()
    await expect(anna.sheet).to_be_hidden(timeout=PATIENCE_MS)
    await anna.send()
    picture = anna.messages.get_by_role("button", name="Open picture wall.")
    await expect(picture).to_be_enabled(timeout=PATIENCE_MS)
    await anna.press(picture)
    await expect(anna.page.get_by_role("button", name="Zoom in")).to_be_visible()
    await inspection.look("axe-viewer")
    await close_sheet(anna)

    await anna.pick("Picture or video", await make_film(anna.page, tmp_path / "ball.webm"))
    await anna.send()
    play = anna.page.get_by_role("button", name="Play video ball.webm")
    await expect(anna.messages.filter(has=play).locator("img[alt='ball.webm']")).to_be_visible(
        timeout=PATIENCE_MS
    )
    await inspection.look("axe-film")
    await anna.press(play)
    await anna.until("() => [...document.querySelectorAll('li video')].some(one => one.currentTime > 0)")
    await inspection.look("axe-film-plays")

    await anna.page.get_by_role("button", name="Record a voice message").click()
    await expect(anna.page.get_by_role("timer")).to_have_text(SOME_SECONDS, timeout=PATIENCE_MS)
    await inspection.look("axe-recording")
    await anna.page.get_by_role("button", name="Send the voice message").click()
    voice = anna.messages.get_by_role("button", name="Play voice message")
    await expect(voice).to_be_enabled(timeout=PATIENCE_MS)
    await inspection.look("axe-voice")

    await anna.attach("Sticker")
    await anna.sheet.get_by_role("textbox", name="Name of a new pack").fill("Cats")
    await anna.sheet.get_by_role("button", name="Make a pack").click()
    pack = anna.sheet.get_by_role("region", name="Cats")
    await expect(pack).to_be_visible(timeout=PATIENCE_MS)
    async with anna.page.expect_file_chooser() as chooser:
        await pack.get_by_role("button", name="Add a picture").click()
    await (await chooser.value).set_files(a_picture(tmp_path / "cat.png", 300, 200))
    await expect(pack.get_by_role("button", name="Sticker")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-stickers")
    await pack.get_by_role("button", name="Sticker").click()
    sent = anna.messages.get_by_role("button", name="Sticker")
    await expect(sent).to_be_visible(timeout=PATIENCE_MS)
    await anna.press(sent)
    await expect(anna.sheet.get_by_role("heading", name="Cats")).to_be_visible()
    await inspection.look("axe-pack")
    await close_sheet(anna)
    assert not inspection.complaints, "\n".join(inspection.complaints)
    assert anna.browser.errors == []


async def test_a_vote_a_timer_and_what_cannot_be_sent(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna = await anna_writes(server, browsers, viewport)
    inspection = Inspection.shared(anna.browser)
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        (me,) = [one.person for one in (await bob.conversation(LOG)).members if one.person.handle == "anna"]
        group = await bob.create_group("Lantern makers", [me])
        await bob.send_poll(group, "When do we eat?", ["At six", "At seven"])
        await bob.send_poll(group, "And what?", ["Dumplings", "Noodles"], multiple=True)
        await anna.go("")
        await inspection.look("axe-chats-with-news")
        await anna.open_chat(group.log)
        poll = anna.message("When do we eat?")
        await anna.press(poll.get_by_role("radio", name="At seven"))
        await expect(poll.get_by_role("radio", name="At seven, 100%")).to_be_checked(timeout=PATIENCE_MS)
        await inspection.look("axe-poll-voted")
        await anna.press(poll.get_by_role("button", name="1 person voted"))
        await expect(anna.sheet.get_by_text("Anna Lin")).to_be_visible()
        await inspection.look("axe-poll-results")
        await close_sheet(anna)

        await anna.browser.set_offline(offline=True)
        await anna.say("Can you read this?")
        await expect(anna.message("Can you read this?")).to_be_visible()
        await bob.groups.mute(group, me, time.time_ns() // 1_000_000 + HOUR_MS)
        await anna.browser.set_offline(offline=False)
        alert = anna.message("Can you read this?").get_by_role("alert")
        await expect(alert).to_contain_text("You cannot write in this group", timeout=PATIENCE_MS)
        await inspection.look("axe-failed")
        await anna.rests()
        await (
            anna.message("Can you read this?")
            .locator(".bubble")
            .click(button="right", position={"x": 6, "y": 6})
        )
        await inspection.look("axe-failed-menu")
        await anna.page.keyboard.press("Escape")

    await anna.go("")
    await anna.open_chat()
    await anna.page.get_by_role("button", name="Details").last.click()
    await anna.page.get_by_role("combobox", name="Messages disappear after").select_option("3600")
    await expect(anna.messages.filter(has_text="disappear after")).to_have_count(1, timeout=PATIENCE_MS)
    await inspection.look("axe-disappearing")
    await anna.page.get_by_role("complementary", name="Details").get_by_role("button", name="Close").click()
    await anna.say("Only for a while")
    mark = anna.message("Only for a while").get_by_role("img", name="This message will disappear")
    await expect(mark).to_be_attached(timeout=PATIENCE_MS)
    await inspection.look("axe-disappearing-message")

    await server.stop()
    await expect(anna.page.get_by_role("status").filter(has_text="No connection.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    await anna.say("Is anybody there?")
    await expect(anna.message("Is anybody there?")).to_be_visible()
    await inspection.look("axe-offline")
    assert not inspection.complaints, "\n".join(inspection.complaints)
    assert anna.browser.errors == []
