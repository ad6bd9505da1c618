"""What picky people tried: long pastes, many pictures at once, swipes, second thoughts, a narrow header."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client import Client
from hutong.client.methods import method
from hutong.schema import reactions_pb2
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.pictures import a_picture
from tests.browser.test_messages_touch import finger_of
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PICTURES = 25
REACTIONS = "👍👎😀😂😮😢🙏🎉🔥🌹🍜🥟🏮🚲"
_schema = reactions_pb2.DESCRIPTOR
REACT = method(_schema, "Reactions.React", reactions_pb2.ReactRequest, reactions_pb2.ReactReply)
# As office programs copy: the words, how they look, and a picture of them.
COPY_A_TABLE = """async () => {
    const canvas = document.createElement('canvas')
    const picture = await new Promise(done => canvas.toBlob(done, 'image/png'))
    await navigator.clipboard.write([new ClipboardItem({
        'text/plain': new Blob(['Rice\\tTwo bowls'], { type: 'text/plain' }),
        'text/html': new Blob(['<table><tr><td>Rice<td>Two bowls'], { type: 'text/html' }),
        'image/png': picture,
    })])
}"""


async def test_nothing_that_is_pasted_is_lost(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, DESKTOP)
    waiting = anna.page.get_by_role("list", name="To be sent")
    await anna.page.evaluate("navigator.clipboard.writeText('Twelve characters '.repeat(1000))")
    await anna.composer.press("Control+v")
    await expect(waiting).to_contain_text("Text.txt")
    await expect(anna.composer).to_have_value("")
    await anna.looks("long-paste")
    await anna.send()
    save = anna.messages.get_by_role("button", name="Save Text.txt")
    await expect(save).to_be_enabled(timeout=PATIENCE_MS)
    assert await anna.saved(save.click) == b"Twelve characters " * 1000

    await anna.page.evaluate(COPY_A_TABLE)
    await anna.composer.press("Control+v")
    await expect(anna.composer).to_have_value("Rice\tTwo bowls")
    await expect(waiting).to_be_hidden()
    assert anna.browser.errors == []


async def test_second_thoughts_code_and_numbers(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, DESKTOP)
    await anna.say("Call 139 1234 5678, then `npm test`:\n```js\nrun()\n```")
    said = anna.message("Call 139")
    await expect(said.get_by_role("link", name="139 1234 5678")).to_have_attribute("href", "tel:13912345678")
    await expect(said.get_by_role("code")).to_have_text(["npm test", "run()"])
    await expect(said.get_by_role("img", name="Sent", exact=True)).to_be_attached(timeout=PATIENCE_MS)

    await anna.choose("Call 139", "Recall")
    await anna.sheet.get_by_role("button", name="Recall").click()
    await anna.messages.get_by_role("button", name="Write it again").click(timeout=PATIENCE_MS)
    await expect(anna.composer).to_be_focused()
    await expect(anna.composer).to_have_value("Call 139 1234 5678, then `npm test`:\n```js\nrun()\n```")
    await expect(anna.messages.get_by_role("button", name="Write it again")).to_be_hidden()

    # Many reactions do not push the conversation away.
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        for emoji in REACTIONS:
            await bob.call(REACT, reactions_pb2.ReactRequest(log=LOG, seq=6, emoji=emoji, on=True))
    shown = anna.message("message 6 ").get_by_role("button", name="Bob Chen")
    others = anna.message("message 6 ").get_by_role("button", name="+2")
    await others.click(timeout=PATIENCE_MS)
    await expect(shown).to_have_count(len(REACTIONS))
    await expect(others).to_be_hidden()

    # A note to oneself is nobody else's: it is deleted.
    await anna.page.get_by_role("button", name="New", exact=True).click()
    await anna.page.get_by_role("menuitem", name="Saved messages").click()
    await expect(anna.page.get_by_text("Notes, links and files for yourself")).to_be_visible()
    await anna.say("buy rice")
    note = anna.message("buy rice")
    await expect(note.get_by_role("img", name="Sent", exact=True)).to_be_attached(timeout=PATIENCE_MS)
    await anna.choose("buy rice", "Delete")
    await expect(anna.sheet.get_by_role("heading", name="Delete this note?")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Delete").click()
    await expect(note).to_have_count(0, timeout=PATIENCE_MS)
    assert anna.browser.errors == []


async def test_a_phone_has_room_for_a_name_and_leads_to_the_search(
    server: Server, browsers: Browsers
) -> None:
    anna = await anna_writes(server, browsers, PHONE)
    header = anna.page.get_by_role("heading", level=1, name="Bob Chen")
    box = await header.bounding_box()
    assert box is not None
    # The picture, its gap, and a name of a dozen letters.
    assert box["width"] >= 38 + 12 + 120
    await expect(header).to_contain_text("@bob")
    for call in ("Voice call", "Video call"):
        await expect(anna.page.get_by_role("button", name=call)).to_be_visible()

    # What stands for a word is behind the smile, stickers too.
    await anna.page.get_by_role("button", name="Emoji").click()
    picker = anna.page.get_by_role("dialog", name="Emoji")
    await picker.get_by_role("button", name="Sticker", exact=True).click()
    await expect(anna.sheet.get_by_role("heading", name="Stickers")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Close").click()

    # What one goes to from the details is seen: they make way, the second time too.
    for _ in range(2):
        await header.get_by_role("button").click()
        details = anna.page.get_by_role("complementary", name="Details")
        await details.get_by_role("button", name="Search in this conversation").click()
        await anna.sheet.get_by_role("searchbox").fill("message 2")
        hit = anna.sheet.get_by_role("list", name="Messages").get_by_role("link")
        await hit.filter(has_text="message 2").first.click(timeout=PATIENCE_MS)
        await anna.sees_pointed_out("message 2 ")
        await expect(details).to_be_hidden()
    assert anna.browser.errors == []


async def test_many_pictures_at_once(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    anna = await anna_writes(server, browsers, PHONE)
    await _pick(anna, *(a_picture(tmp_path / f"wall{n}.png", 60, 40) for n in range(PICTURES)))
    tray = anna.page.get_by_role("list", name="To be sent")
    await expect(tray.get_by_role("listitem")).to_have_count(PICTURES)
    box = await tray.bounding_box()
    assert box is not None
    # A strip: the conversation stays in sight.
    assert box["height"] < 130
    await expect(anna.page.get_by_role("checkbox", name="Original size")).to_have_count(1)
    await anna.looks("many-pictures")

    # The middle of a tile opens it; words are written where one presses.
    await tray.get_by_role("button", name="Edit wall1.png").click()
    canvas = anna.sheet.locator("canvas")
    await expect(canvas).to_be_visible(timeout=PATIENCE_MS)
    await anna.sheet.get_by_text("Text", exact=True).click()
    undo = anna.sheet.get_by_role("button", name="Undo")
    await canvas.click()
    await expect(undo).to_be_disabled()
    await anna.sheet.get_by_role("textbox", name="Words for the picture").fill("Ours 我们的")
    await canvas.click()
    await expect(undo).to_be_enabled()
    await anna.looks("picture-words")
    await anna.sheet.get_by_role("button", name="Done").click()
    await expect(tray.get_by_role("button", name="Edit wall1.webp")).to_be_visible(timeout=PATIENCE_MS)
    for n in range(2, PICTURES):
        await tray.get_by_role("button", name=f"Remove wall{n}.png").click()
    await anna.send()

    # A finger turns the pages and puts the picture away.
    await anna.messages.get_by_role("button", name="Open picture wall1.webp").click(timeout=PATIENCE_MS)
    viewer = anna.page.get_by_role("dialog", name="Picture")
    await expect(viewer).to_contain_text("2/2", timeout=PATIENCE_MS)
    async with finger_of(anna) as finger:
        for x, shown in ((200, "1/2"), (-200, "2/2")):
            await finger.touches(viewer, x=195, y=400)
            await finger.moves(x, 20)
            await finger.leaves()
            await expect(viewer).to_contain_text(shown)
        await expect(viewer.get_by_role("img").last).to_be_visible()
        await anna.looks("viewer")
        await finger.touches(viewer, x=195, y=300)
        await finger.moves(10, 240)
        await finger.leaves()
    await expect(viewer).to_be_hidden()
    assert anna.browser.errors == []


async def _pick(anna: Writer, *pictures: Path) -> None:
    await anna.page.get_by_role("button", name="Attach").click()
    async with anna.page.expect_file_chooser() as chooser:
        await anna.page.get_by_role("menuitem", name="Picture or video", exact=True).click()
    await (await chooser.value).set_files(pictures)
