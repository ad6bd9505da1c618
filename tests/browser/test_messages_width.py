"""A phone is narrow: of all kinds of messages none asks for more than it has."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from hutong.client import Client, Conversation
from hutong.client.storage import Storage
from hutong.schema import chat_pb2
from tests.browser.conftest import PHONE, Browsers, Server
from tests.browser.history import LOG
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.pictures import a_picture
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NARROW_PX = 320
# No browser loads such a film without being asked.
LARGE_BYTES = 99 * 1024 * 1024
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
CHINESE = "今天晚上八点在胡同口的老槐树下见面一起去吃饺子别忘了带上你的相机和那本书。"

# What stands further out than the list, by the text of its row.
WIDE = """() => {
    const list = document.querySelector('[role=region] ol')
    const { left, right } = list.getBoundingClientRect()
    return [...list.children].flatMap(row => {
        const beyond = [...row.querySelectorAll('*')].filter(one => {
            const box = one.getBoundingClientRect()
            return box.width > 0 && (box.right > right + 0.5 || box.left < left - 0.5)
        })
        return row.scrollWidth > row.clientWidth || beyond.length > 0
            ? [`${row.innerText.slice(0, 40)}: ${row.scrollWidth} px, ${beyond[0]?.className}`]
            : []
    })
}"""


@asynccontextmanager
async def two(server: Server) -> AsyncIterator[tuple[Client, Client]]:
    async with (
        Client(server.url, home=server.folder / "anna") as anna,
        Client(server.url, home=server.folder / "bob") as bob,
    ):
        await anna.log_in("anna", PASSWORD)
        await bob.log_in("bob", PASSWORD)
        yield anna, bob


async def say_everything(author: Client, other: Client, group: Conversation, folder: Path) -> None:
    """Send one of each kind, each as wide as it gets."""
    picture = a_picture(folder / f"{LONG}.png", 900, 300)
    stored = await Storage(author.connection).upload(picture)
    named: dict[str, Any] = {"blob": stored.blob, "name": picture.name, "size_bytes": 1234}
    shaped: dict[str, Any] = {"width": 900, "height": 300}
    said = await author.send_text(group, f"{LONG} https://example.org/{LONG.lower()}?{LONG}")
    for emoji in ("🥟", "🏮", "👍", "❤️", "😂", "😮", "😢", "🙏", "🎉"):
        await author.react(said, emoji)
    await other.react(said, "🥟")
    answer = await author.reply(said, CHINESE)
    await author.edit(answer, f"{CHINESE}{CHINESE}")
    content = chat_pb2.Content
    await author.send(group, content(picture=chat_pb2.Picture(**named, **shaped, media_type="image/png")))
    await author.send(group, content(file=chat_pb2.File(**named, media_type="image/png")))
    film = chat_pb2.Video(**named, **shaped, poster=stored.blob, duration_ms=1_000, media_type="video/mp4")
    film.size_bytes = LARGE_BYTES
    await author.send(group, content(video=film))
    await author.send_voice(
        group, picture, duration_ms=59_000, waveform=bytes(n * 3 % 256 for n in range(96))
    )
    await author.send_location(group, 39.9402, 116.4033, name=LONG, address=CHINESE)
    await author.send_card(group, other.me)
    await author.send_poll(group, LONG, [LONG, CHINESE], closes_ms=4_000_000_000_000)
    await author.send_sticker(group, chat_pb2.Sticker(blob=stored.blob, width=512, height=170, emoji="😺"))
    await author.forward(await author.history(group, limit=12), group, merged=True)


async def fits(anna: Writer, name: str = "") -> None:
    """Go through the whole conversation, a view at a time, and look for what is too wide."""
    region = anna.page.locator("[role=region]").first
    await region.evaluate("view => { view.scrollTop = 0 }")
    for part in range(40):
        await anna.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        assert await anna.page.evaluate(WIDE) == []
        if name:
            await anna.looks(f"{name}-{part}")
        if await region.evaluate("view => view.scrollTop + view.clientHeight > view.scrollHeight - 2"):
            return
        await region.evaluate("view => { view.scrollTop += view.clientHeight * 0.8 }")
    pytest.fail("the conversation did not end")


async def test_no_row_is_wider_than_the_phone(server: Server, browsers: Browsers, tmp_path: Path) -> None:
    anna = await anna_writes(server, browsers, PHONE)
    async with two(server) as (first, second):
        direct = await second.conversation(LOG)
        group = await second.create_group(CHINESE, [one.person for one in direct.members])
        for author, other in ((first, second), (second, first)):
            await say_everything(author, other, group, tmp_path)
    await anna.go("")
    await anna.open_chat(group.log)
    for language, width, name in (
        ("en", PHONE["width"], "width-en"),
        ("zh", PHONE["width"], ""),
        ("zh", NARROW_PX, "width-zh"),
        ("en", NARROW_PX, ""),
    ):
        chosen = json.dumps({"language": language})
        await anna.page.evaluate("chosen => { localStorage['hutong.preferences'] = chosen }", chosen)
        await anna.page.set_viewport_size({"width": width, "height": PHONE["height"]})
        await anna.page.reload()
        await expect(anna.page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
        await expect(anna.page.locator("[role=region] ol .bubble").last).to_be_visible(timeout=PATIENCE_MS)
        await fits(anna, name)
    assert anna.browser.errors == []
