"""What people send beside words: voices, pictures, places, cards, polls, stickers, videos."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.person import PATIENCE_MS
from tests.browser.pictures import a_picture
from tests.browser.writer import anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LARGE = (3000, 1500)
# Two seconds are soon over: what is played begins anew until it may end.
AGAIN_AND_AGAIN = """() => {
    const { play } = HTMLMediaElement.prototype
    HTMLMediaElement.prototype.play = function () {
        window.voice = this
        this.loop = true
        return play.call(this)
    }
}"""
# A busy machine does not show every second.
SOME_SECONDS = re.compile("^0:(0[2-9]|[1-5])")


async def test_a_place_a_card_a_poll(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = await anna_writes(server, browsers, viewport)

    await anna.attach("Location")
    await anna.sheet.get_by_role("textbox", name="Latitude, longitude").fill("39.9402, 216.4033")
    await expect(anna.sheet.get_by_text("This is no place on earth.")).to_be_visible()
    await expect(anna.sheet.get_by_role("button", name="Send")).to_be_disabled()
    await anna.sheet.get_by_role("textbox", name="Latitude, longitude").fill("39.9402, 116.4033")
    await anna.sheet.get_by_role("textbox", name="Name of the place").fill("The bell tower")
    await anna.looks("location")
    await anna.sheet.get_by_role("button", name="Send").click()
    await expect(anna.message("The bell tower").get_by_role("link")).to_contain_text("39.94020, 116.40330")

    await anna.attach("Contact card")
    await anna.sheet.get_by_role("button", name="Bob Chen").click()
    await expect(anna.message("Contact card")).to_contain_text("@bob")

    await anna.attach("Poll")
    await anna.sheet.get_by_role("textbox", name="Question").fill("When do we eat?")
    await anna.sheet.get_by_role("textbox", name="Answer 1").fill("At six")
    await anna.sheet.get_by_role("textbox", name="Answer 2").fill("At six")
    await expect(anna.sheet.get_by_text("This answer is there twice.").first).to_be_visible()
    await anna.sheet.get_by_role("textbox", name="Answer 2").fill("At seven")
    await anna.looks("new-poll")
    await anna.sheet.get_by_role("button", name="Send").click()
    poll = anna.message("When do we eat?")
    await anna.press(poll.get_by_role("radio", name="At seven"))
    await expect(poll.get_by_role("radio", name="At seven, 100%")).to_be_checked(timeout=PATIENCE_MS)
    await expect(poll.get_by_role("button", name="1 person voted")).to_be_enabled()
    await anna.choose("When do we eat?", "End the poll")
    await expect(poll.get_by_text("This poll is over")).to_be_visible(timeout=PATIENCE_MS)
    await expect(poll.get_by_role("radio", name="At six")).to_be_disabled()
    await anna.looks("kinds")
    assert anna.browser.errors == []


async def test_a_voice_is_recorded_and_played(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna = await anna_writes(server, browsers, viewport)
    await anna.page.get_by_role("button", name="Record a voice message").click()
    await expect(anna.page.get_by_role("timer")).to_have_text(SOME_SECONDS, timeout=PATIENCE_MS)
    await anna.looks("recording")
    await anna.browser.set_offline(offline=True)
    await anna.page.get_by_role("button", name="Send the voice message").click()
    play = anna.messages.get_by_role("button", name="Play voice message")
    await expect(play).to_be_enabled(timeout=PATIENCE_MS)
    await expect(anna.page.get_by_role("button", name="Record a voice message")).to_be_visible()
    await anna.page.evaluate(AGAIN_AND_AGAIN)
    await anna.rests()
    # Pressed while it waits, let go when it is sent: the button shows another picture meanwhile.
    await play.hover()
    await anna.page.mouse.down()
    await anna.browser.set_offline(offline=False)
    await expect(anna.messages.last).not_to_have_attribute("data-seq", "0", timeout=PATIENCE_MS)
    await anna.page.mouse.up()
    speed = anna.messages.get_by_role("button", name="Speed 1")
    await speed.click()
    await expect(anna.messages.get_by_role("button", name="Speed 1.5")).to_be_visible()
    await anna.looks("voice")
    # It comes to its end, and the button offers it again.
    await anna.until("() => window.voice !== undefined")
    await anna.page.evaluate("window.voice.loop = false")
    await expect(play).to_be_visible(timeout=PATIENCE_MS)

    # Cancelled: nothing is sent.
    await anna.page.get_by_role("button", name="Record a voice message").click()
    await expect(anna.page.get_by_role("timer")).to_be_visible()
    await anna.page.get_by_role("group", name="Recording").get_by_role("button", name="Cancel").click()
    await expect(play).to_have_count(1)
    assert anna.browser.errors == []


async def test_wechats_file_becomes_a_voice(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    anna = await anna_writes(server, browsers, DESKTOP)
    # A voice of one's own, saved as WeChat plays it, comes back as a voice.
    await anna.page.get_by_role("button", name="Record a voice message").click()
    await expect(anna.page.get_by_role("timer")).to_have_text(SOME_SECONDS, timeout=PATIENCE_MS)
    await anna.page.get_by_role("button", name="Send the voice message").click()
    play = anna.messages.get_by_role("button", name="Play voice message")
    await expect(play).to_be_enabled(timeout=PATIENCE_MS)
    # What is still on its way has fewer actions.
    await expect(anna.messages.last).not_to_have_attribute("data-seq", "0", timeout=PATIENCE_MS)
    await anna.rests()
    await anna.messages.locator(".bubble:has(.voice)").click(button="right", position={"x": 6, "y": 20})
    saved = await anna.saved(anna.page.get_by_role("menuitem", name="Save as SILK (WeChat)").click)
    assert saved.startswith(b"\x02#!SILK_V3")
    silk = tmp_path / "msg_0001.silk"
    silk.write_bytes(saved)
    await anna.pick("File", silk)
    await anna.send()
    await expect(play).to_have_count(2, timeout=PATIENCE_MS)
    await expect(play.last).to_be_enabled()
    assert anna.browser.errors == []


async def test_pictures_are_made_smaller_and_changed(
    server: Server, browsers: Browsers, viewport: ViewportSize, tmp_path: Path
) -> None:
    anna = await anna_writes(server, browsers, viewport)
    await anna.pick("Picture or video", a_picture(tmp_path / "wall.png", *LARGE))
    await anna.page.get_by_role("button", name="Edit wall.png").click()
    await expect(anna.sheet.locator("canvas")).to_be_visible(timeout=PATIENCE_MS)
    await anna.sheet.get_by_role("button", name="Turn right").click()
    await anna.until("() => document.querySelector('dialog canvas')?.height === 3000")
    await anna.looks("editor")
    await anna.sheet.get_by_role("button", name="Undo").click()
    await anna.until("() => document.querySelector('dialog canvas')?.width === 3000")
    await anna.sheet.get_by_role("button", name="Turn right").click()
    await anna.sheet.get_by_role("button", name="Done").click()
    await expect(anna.sheet).to_be_hidden(timeout=PATIENCE_MS)
    await anna.looks("tray")
    await anna.send()
    # WebP, two thousand and forty-eight pixels on the longer side.
    picture = anna.messages.get_by_role("button", name="Open picture wall.webp")
    await expect(picture).to_be_enabled(timeout=PATIENCE_MS)
    await anna.press(picture)
    viewer = anna.page.get_by_role("dialog", name="Picture")
    await expect(viewer).to_be_visible()
    await anna.until(
        """() => [...document.querySelectorAll('dialog img')].some(
            one => one.naturalHeight === 2048 && one.naturalWidth === 1024)"""
    )
    await anna.page.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()

    # As it was taken, by choice.
    await anna.pick("Picture or video", a_picture(tmp_path / "roof.png", *LARGE))
    await anna.page.get_by_role("checkbox", name="Original size").check()
    await anna.send()
    await expect(anna.messages.get_by_role("button", name="Open picture roof.png")).to_be_enabled(
        timeout=PATIENCE_MS
    )
    assert anna.browser.errors == []


async def test_stickers_are_made_and_sent(
    server: Server, browsers: Browsers, viewport: ViewportSize, tmp_path: Path
) -> None:
    anna = await anna_writes(server, browsers, viewport)
    await anna.attach("Sticker")
    await anna.sheet.get_by_role("textbox", name="Name of a new pack").fill("Cats")
    await anna.sheet.get_by_role("button", name="Make a pack").click()
    pack = anna.sheet.get_by_role("region", name="Cats")
    await expect(pack).to_be_visible(timeout=PATIENCE_MS)
    async with anna.page.expect_file_chooser() as chooser:
        await pack.get_by_role("button", name="Add a picture").click()
    await (await chooser.value).set_files(a_picture(tmp_path / "cat.png", 900, 600))
    sticker = pack.get_by_role("button", name="Sticker")
    await expect(sticker).to_be_visible(timeout=PATIENCE_MS)
    await anna.looks("stickers")
    await sticker.click()
    sent = anna.messages.get_by_role("button", name="Sticker")
    await expect(sent).to_be_visible(timeout=PATIENCE_MS)
    await anna.press(sent)
    await expect(anna.sheet.get_by_role("heading", name="Cats")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Close").first.click()
    assert anna.browser.errors == []
