"""The first walk through the house: sign up, find each other, chat, call, hand over a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import Browsers, Server
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def two_friends(server: Server, browsers: Browsers, viewport: ViewportSize) -> tuple[Person, Person]:
    """Sign two people up who have each other's conversation open."""
    anna = Person(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    bob = Person(browsers.new("bob", viewport), server, "bob", "Bob Chen")
    for person in (anna, bob):
        await person.open()
        await person.sign_up()
    await bob.ask(anna, "Hello from next door")
    await anna.accept(bob)
    await anna.chat_with(bob)
    await bob.chat_with(anna)
    return anna, bob


async def test_sign_up_to_chat_to_call_to_file(
    server: Server, browsers: Browsers, viewport: ViewportSize, tmp_path: Path
) -> None:
    anna, bob = await two_friends(server, browsers, viewport)

    await anna.say("Have you eaten? 吃了吗 🥟")
    await bob.reads("Have you eaten?")
    await bob.say("Not yet, come over")
    await anna.reads("Not yet")
    await expect(anna.message("Have you eaten?").get_by_role("img", name="Read")).to_be_attached()
    await anna.browser.screenshot("chat")

    await anna.page.get_by_role("button", name="Video call").click()
    await bob.page.get_by_role("button", name="Answer with video").click()
    await anna.video_plays()
    await bob.video_plays()
    for person in (anna, bob):
        await expect(person.page.get_by_text("Direct", exact=True).first).to_be_visible()
    await anna.browser.screenshot("call")
    await bob.page.get_by_role("button", name="Hang up").click()
    await expect(anna.page.get_by_text("Call ended").first).to_be_visible()
    await expect(anna.message("Video call")).to_have_count(1)
    await bob.reads("Video call")

    sent = tmp_path / "recipe.bin"
    sent.write_bytes(bytes(range(256)) * 4096)
    await anna.send_directly(sent)
    row = bob.message("recipe.bin")
    await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=30_000)
    await expect(row.get_by_text("Direct", exact=True)).to_be_visible()
    await expect(anna.message("recipe.bin").get_by_text("Direct", exact=True)).to_be_visible()
    await bob.browser.screenshot("file")
    assert await bob.saved(lambda: row.get_by_role("button", name="Save").click()) == sent.read_bytes()
    assert anna.browser.errors + bob.browser.errors == []
