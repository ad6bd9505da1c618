"""What people show each other: films, what stands behind links, pictures from elsewhere, others' stickers."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from hutong.client.methods import method
from hutong.client.storage import Storage
from hutong.features.previews.tests.site import Site, answer, page
from hutong.schema import stickers_pb2
from tests.browser.conftest import Browsers, Server
from tests.browser.film import make_film
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.pictures import a_picture
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

_schema = stickers_pb2.DESCRIPTOR
CREATE = method(_schema, "Stickers.Create", stickers_pb2.CreateRequest, stickers_pb2.CreateReply)
ADD = method(_schema, "Stickers.Add", stickers_pb2.AddRequest, stickers_pb2.AddReply)

# A file as another program hands it over, by the mouse or by the clipboard.
_CARRY = """([data, name]) => {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0))
    const carried = new DataTransfer()
    carried.items.add(new File([bytes], name, { type: 'image/png' }))
    window.carried = carried
}"""
_DRAG = """(target, kind) => target.dispatchEvent(
    new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: window.carried }))"""
_PASTE = """target => target.dispatchEvent(
    new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: window.carried }))"""


async def test_films_links_pictures_and_packs(
    server: Server,
    browsers: Browsers,
    viewport: ViewportSize,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUTONG_LINK_PREVIEW_HOSTS", "127.0.0.1")
    async with Site.open() as site:
        anna = await anna_writes(server, browsers, viewport)
        await _a_film(anna, tmp_path)
        await _a_link(anna, site, tmp_path)
    await _dropped_and_pasted(anna, tmp_path)
    await _a_pack_is_kept(anna, server, tmp_path)
    assert anna.browser.errors == []


async def _a_film(anna: Writer, folder: Path) -> None:
    film = await make_film(anna.page, folder / "ball.webm")
    # Who wants nothing to move by itself sees a picture of it until they ask.
    await anna.page.emulate_media(reduced_motion="reduce")
    await anna.pick("Picture or video", film)
    await anna.send()
    play = anna.page.get_by_role("button", name="Play video ball.webm")
    shown = anna.messages.filter(has=play)
    await expect(shown.get_by_role("img", name="Sent", exact=True)).to_be_attached(timeout=PATIENCE_MS)
    await expect(shown.locator("img[alt='ball.webm']")).to_be_visible(timeout=PATIENCE_MS)
    await anna.looks("film-poster")
    await anna.press(play)
    await anna.until(
        """() => [...document.querySelectorAll('li video')].some(
            one => one.videoWidth === 320 && Math.abs(one.duration - 3) < 0.5 && one.currentTime > 0)"""
    )
    await anna.looks("film")
    await anna.page.emulate_media(reduced_motion="no-preference")

    # Chosen as a file it goes as one.
    await anna.pick("File", film)
    await anna.looks("film-tray")
    await anna.send()
    save = anna.messages.get_by_role("button", name="Save ball.webm")
    await expect(save).to_be_enabled(timeout=PATIENCE_MS)
    await anna.rests()
    assert await anna.saved(save.click) == film.read_bytes()
    await expect(anna.messages.locator("video")).to_have_count(1)


async def _a_link(anna: Writer, site: Site, folder: Path) -> None:
    picture = a_picture(folder / "street.png", 600, 300).read_bytes()
    site.pages["/street.png"] = answer(picture, "image/png")
    site.html("/walk", page(title="A walk at night", description="Lanterns and steam.", image="/street.png"))
    await anna.composer.fill(f"Look: {site.url}/walk")
    preview = anna.page.get_by_role("group", name="Link preview")
    await expect(preview).to_contain_text("A walk at night", timeout=PATIENCE_MS)
    await anna.looks("preview-written")
    await anna.send()
    card = anna.message("Look: ").get_by_role("link", name="A walk at night")
    await expect(card).to_contain_text("Lanterns and steam.")
    await expect(card.locator("img")).to_be_visible(timeout=PATIENCE_MS)
    await expect(card).to_have_attribute("href", f"{site.url}/walk")
    await anna.looks("preview")


async def _dropped_and_pasted(anna: Writer, folder: Path) -> None:
    waiting = anna.page.get_by_role("list", name="To be sent")
    for name in ("dropped.png", "pasted.png"):
        data = base64.b64encode(a_picture(folder / name, 240, 160).read_bytes()).decode()
        await anna.page.evaluate(_CARRY, [data, name])
        if name == "dropped.png":
            await anna.composer.evaluate(_DRAG, "dragenter")
            target = anna.page.get_by_text("Send in the chat", exact=True).locator("..")
            await target.evaluate(_DRAG, "dragover")
            await anna.looks("dragged")
            await target.evaluate(_DRAG, "drop")
            await expect(target).to_be_hidden()
        else:
            await anna.composer.evaluate(_PASTE)
        await expect(waiting).to_contain_text(name)
    await anna.looks("dropped")
    await anna.send()
    for name in ("dropped", "pasted"):
        shown = anna.messages.get_by_role("button", name=f"Open picture {name}.")
        await expect(shown).to_be_enabled(timeout=PATIENCE_MS)
    await expect(waiting).to_be_hidden()


async def _a_pack_is_kept(anna: Writer, server: Server, folder: Path) -> None:
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        pack = (await bob.call(CREATE, stickers_pb2.CreateRequest(title="Bob's cats"))).pack
        picture = a_picture(folder / "cat.png", 200, 150)
        stored = await Storage(bob.connection).upload(picture)
        request = stickers_pb2.AddRequest(pack=pack.id, blob=stored.blob, emoji="😺")
        await bob.send_sticker(LOG, (await bob.call(ADD, request)).sticker)
    sent = anna.messages.get_by_role("button", name="Sticker 😺")
    await expect(sent.locator("img")).to_be_visible(timeout=PATIENCE_MS)
    await anna.press(sent)
    await expect(anna.sheet.get_by_role("heading", name="Bob's cats")).to_be_visible()
    await expect(anna.sheet.locator("img")).to_be_visible()
    await anna.looks("pack")
    await anna.sheet.get_by_role("button", name="Keep this pack").click()
    await expect(anna.sheet).to_be_hidden()

    # It is at hand from now on, until it is let go.
    await anna.attach("Sticker")
    mine = anna.sheet.get_by_role("region", name="Bob's cats").get_by_role("button", name="Sticker 😺")
    await mine.click()
    await expect(anna.sheet).to_be_hidden()
    await expect(sent).to_have_count(2, timeout=PATIENCE_MS)
    await anna.press(sent.last)
    await anna.sheet.get_by_role("button", name="Remove from my packs").click()
    await expect(anna.sheet).to_be_hidden()
    await anna.attach("Sticker")
    await expect(anna.sheet).to_contain_text("No stickers yet.")
    await anna.sheet.get_by_role("button", name="Close").first.click()
