"""The same walk, with one of the two browsers killed in the middle of each step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import Browsers, Server
from tests.browser.person import PATIENCE_MS, Person
from tests.browser.test_walk import two_friends

pytestmark = [pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(600)]


async def test_killed_while_signing_up(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna = Person(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.fill_sign_up()
    await anna.page.get_by_role("button", name="Create account").click(no_wait_after=True)
    await anna.crash()

    await anna.come_back()
    inside = anna.page.get_by_role("navigation", name="Main sections")
    outside = anna.page.get_by_text("Sign up", exact=True).first
    await expect(inside.or_(outside).first).to_be_visible(timeout=PATIENCE_MS)
    if await outside.is_visible():
        # Whether or not the account was made before the battery died: its handle and password lead in.
        await anna.fill_sign_up()
        await anna.page.get_by_role("button", name="Create account").click()
        taken = anna.page.get_by_text("Somebody has this handle already")
        await expect(inside.or_(taken).first).to_be_visible(timeout=PATIENCE_MS)
        if await taken.is_visible():
            await anna.log_in()
    await anna.is_in()


async def test_killed_while_chatting(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna, bob = await two_friends(server, browsers, viewport)
    await bob.crash()
    await anna.say("Are you there?")
    await expect(anna.message("Are you there?").get_by_role("img", name="Sent")).to_be_attached()

    await bob.come_back()
    await bob.is_in()
    await bob.chat_with(anna)
    await bob.reads("Are you there?")
    await expect(anna.message("Are you there?").get_by_role("img", name="Read")).to_be_attached(
        timeout=PATIENCE_MS
    )

    await bob.say("I am back")
    await expect(bob.message("I am back")).to_have_count(1)
    await bob.crash()
    await bob.come_back()
    await bob.chat_with(anna)
    await anna.reads("I am back")
    await bob.reads("I am back")


async def test_server_killed_while_chatting(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna, bob = await two_friends(server, browsers, viewport)
    await anna.say("Before")
    await bob.reads("Before")
    await server.kill()
    await anna.say("Meanwhile")
    await expect(anna.message("Meanwhile")).to_have_count(1)
    await server.start()
    await bob.reads("Meanwhile")
    await anna.reads("Meanwhile")


async def test_killed_while_calling(server: Server, browsers: Browsers, viewport: ViewportSize) -> None:
    anna, bob = await two_friends(server, browsers, viewport)
    await anna.page.get_by_role("button", name="Video call").click()
    await expect(bob.page.get_by_role("button", name="Answer with video")).to_be_visible()
    await bob.crash()
    await bob.come_back()
    await bob.page.get_by_role("button", name="Answer with video").click()
    await bob.video_plays()
    await anna.video_plays()

    await bob.crash()
    await bob.come_back()
    await bob.video_plays()
    await expect(anna.page.get_by_text("Direct", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
    await anna.video_plays()
    await anna.page.get_by_role("button", name="Hang up").click()
    await expect(anna.message("Video call")).to_have_count(1)


async def test_killed_while_taking_a_file(
    server: Server, browsers: Browsers, viewport: ViewportSize, tmp_path: Path
) -> None:
    anna, bob = await two_friends(server, browsers, viewport)
    sent = tmp_path / "film.bin"
    sent.write_bytes(os.urandom(24 * 1024 * 1024))
    await anna.send_directly(sent)
    await expect(bob.message("film.bin").get_by_text("Receiving")).to_be_visible(timeout=PATIENCE_MS)
    await bob.crash()

    await bob.come_back()
    await bob.chat_with(anna)
    row = bob.message("film.bin")
    await expect(row.get_by_role("button", name="Save")).to_be_visible(timeout=90_000)
    assert await bob.saved(lambda: row.get_by_role("button", name="Save").click()) == sent.read_bytes()
