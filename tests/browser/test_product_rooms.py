"""Groups as those see them who knock at their door, may not write in them, or look after them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client import Client, methods
from hutong.schema import bots_pb2, chat_pb2
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    """Somebody who runs a group, without a browser."""
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def test_a_stranger_comes_by_a_link_and_is_let_in(
    server: Server, browsers: Browsers, bob: Client
) -> None:
    group = await bob.groups.create("Tea at four")
    settings = chat_pb2.GroupSettings(approval=True, admins_write=True)
    await bob.call(methods.CHANGE_GROUP, chat_pb2.ChangeGroupRequest(log=group.log, settings=settings))
    invite = await bob.invites.make(group)

    # Whoever was invited has most likely no account yet.
    wei = Person(browsers.new("wei", PHONE), server, "wei", "Wei Sun")
    await wei.open(f"/#/join/{invite.token}")
    await wei.page.get_by_role("textbox", name="Name", exact=True).fill(wei.name)
    await wei.page.get_by_role("textbox", name="Handle").fill(wei.handle)
    await wei.page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await wei.page.get_by_role("button", name="Create account").click()
    await expect(wei.sheet.get_by_role("heading", name="Tea at four")).to_be_visible(timeout=PATIENCE_MS)
    await wei.sheet.get_by_role("button", name="Ask to be let in").click()
    await expect(wei.sheet.get_by_text("You have asked")).to_be_visible()

    # Whoever looks after the group sees it above the messages.
    host = Person(browsers.new("host", DESKTOP), server, "bob", "Bob Chen")
    await host.open()
    await host.log_in()
    await host.page.get_by_role("link", name=re.compile("Tea at four")).click()
    await host.page.get_by_role("button", name="Wei Sun waits to be let in").click(timeout=PATIENCE_MS)
    await host.browser.screenshot("waiting-bar")
    await host.sheet.get_by_role("button", name="Let in Wei Sun").click()
    await expect(host.sheet.get_by_text("Nobody waits")).to_be_visible()
    await host.page.keyboard.press("Escape")
    await expect(host.page.get_by_role("button", name="Wei Sun waits")).to_have_count(0)

    # The sheet hears of it, and leads in; there one is told why one cannot write.
    await wei.sheet.get_by_role("button", name="Open").click(timeout=PATIENCE_MS)
    await expect(wei.page.get_by_text("Only the owner and admins write in this group.")).to_be_visible()
    await expect(wei.composer).to_have_count(0)
    await wei.browser.screenshot("barred")

    # A camera is to be seen, not a keyboard over it; and a group's code is one of ours.
    await wei.go("me/devices")
    await wei.page.get_by_role("button", name="Let a new device in").click()
    link = wei.sheet.get_by_role("textbox")
    await expect(link).to_be_visible()
    await expect(link).not_to_be_focused()
    await link.fill(f"{server.url}/#/join/{invite.token}")
    await wei.sheet.get_by_role("button", name="Open").click()
    await expect(wei.sheet.get_by_text("You are in this group already")).to_be_visible()
    assert wei.browser.errors == host.browser.errors == []


async def test_a_webhook_that_ended_says_so_and_why(server: Server, browsers: Browsers, bob: Client) -> None:
    anna = Person(browsers.new("anna", PHONE), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    group = await bob.groups.create("Builds")
    await bob.call(methods.CREATE_HOOK, bots_pb2.CreateHookRequest(log=group.log, name="CI"))
    invite = await bob.invites.make(group)
    await anna.go(f"join/{invite.token}")
    await anna.sheet.get_by_role("button", name="Join", exact=True).click()
    await expect(anna.composer).to_be_visible(timeout=PATIENCE_MS)
    await bob.groups.leave(group)  # Anna owns it now

    await anna.page.get_by_role("button", name="Details").last.click()
    row = anna.page.get_by_role("button", name=re.compile("^Webhooks"))
    await expect(row).to_contain_text("One of them has ended", timeout=PATIENCE_MS)
    await row.click()
    await expect(anna.sheet.get_by_text("Bob Chen, who made it, is no longer in the group")).to_be_visible()
    await anna.browser.screenshot("webhook-ended")
    await anna.sheet.get_by_role("button", name="Remove CI").click()
    await expect(anna.sheet.get_by_role("button", name="Remove CI")).to_have_count(0)

    # One that works is asked about before it is removed.
    await anna.sheet.get_by_role("textbox", name="Name", exact=True).fill("Weather")
    await anna.sheet.get_by_role("button", name="Make an address").click()
    await expect(anna.sheet.get_by_text("By Anna Lin")).to_be_visible()
    await anna.sheet.get_by_role("button", name="Remove Weather").click()
    await anna.sheet.get_by_role("button", name="Remove Weather").click()
    await expect(anna.page.get_by_role("button", name="Remove Weather")).to_have_count(0)
    assert anna.browser.errors == []


async def test_a_device_that_was_signed_out_is_told(server: Server, browsers: Browsers) -> None:
    anna = Person(browsers.new("anna", PHONE), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    laptop = Person(browsers.new("laptop", DESKTOP), server, "anna", "Anna Lin")
    await laptop.open()
    await laptop.log_in()
    await anna.go("me/devices")
    await anna.page.get_by_role("button", name="Log out", exact=True).click()
    await expect(laptop.page.get_by_text("This device was signed out")).to_be_visible(timeout=PATIENCE_MS)
    await expect(laptop.page.get_by_role("button", name="Log in")).to_be_visible()
    assert anna.browser.errors == laptop.browser.errors == []
