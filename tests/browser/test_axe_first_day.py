"""The first day of an account, looked at by axe-core: nothing yet, invited, programs, a copy, the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client, GroupSettings
from tests.browser.axe import Inspection
from tests.browser.conftest import Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.test_axe import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# The sheet asks every two seconds whether the copy is there: nobody asks.
NOBODY_ASKS = "window.setInterval = () => 0"


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def test_nothing_yet_and_an_invitation(
    server: Server, browsers: Browsers, viewport: ViewportSize, bob: Client
) -> None:
    group = await bob.groups.create("Tea at four")
    invite = await bob.invites.make(group)
    anna = Visitor(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open(f"/#/join/{invite.token}")
    await expect(anna.page.get_by_text("you can join the group")).to_be_visible(timeout=PATIENCE_MS)
    inspection = Inspection.shared(anna.browser)
    await inspection.look("axe-invited-stranger")
    await anna.page.get_by_text("Sign up", exact=True).first.click()
    await anna.page.get_by_role("textbox", name="Handle").fill("a b")
    await anna.page.get_by_role("textbox", name="Handle").blur()
    await inspection.look("axe-sign-up-wrong")
    await anna.sign_up()
    await expect(anna.sheet.get_by_role("heading", name="Tea at four")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-join")
    await anna.close()

    await anna.go("")
    await expect(anna.page.get_by_text("It is quiet in the lane")).to_be_visible()
    await inspection.look("axe-no-chats")
    await anna.go("contacts")
    await expect(anna.page.get_by_role("heading", level=1).first).to_be_visible()
    await inspection.look("axe-no-contacts")
    await anna.go("requests")
    await expect(anna.page.get_by_role("heading", level=1).last).to_be_visible()
    await inspection.look("axe-no-requests")
    await anna.go("chat/chat%3Anosuchchat00")
    await expect(anna.page.get_by_text("Nobody behind this door")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-no-such-chat")

    # In with an admin's agreement: asked by one, waited for by another.
    await bob.groups.decide(group, GroupSettings(approval=True))
    await anna.go(f"join/{invite.token}")
    await expect(anna.sheet.get_by_role("textbox", name="Who you are, and why")).to_be_visible(
        timeout=PATIENCE_MS
    )
    await inspection.look("axe-join-approval")
    await anna.sheet.get_by_role("button", name="Ask to be let in").click()
    await expect(anna.sheet.get_by_text("You have asked.")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-join-asked")
    await anna.close()
    await anna.go("join/0123456789abcdef")
    await expect(anna.sheet.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-join-nothing")
    await anna.close()
    assert not inspection.complaints, "\n".join(inspection.complaints)
    assert anna.browser.errors == []


async def test_programs_a_copy_and_the_end(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna = Visitor(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    inspection = Inspection.shared(anna.browser)
    await anna.go("me")
    await anna.press("Bots")
    await expect(anna.sheet.get_by_role("button", name="Make a bot")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-no-bots")
    await anna.sheet.get_by_role("textbox", name="Name", exact=True).fill("Helper")
    await anna.sheet.get_by_role("textbox", name="Handle").fill("anna")
    await anna.sheet.get_by_role("button", name="Make a bot").click()
    await expect(anna.sheet.get_by_text("Somebody has this handle already")).to_be_visible()
    await inspection.look("axe-bots-taken")
    await anna.sheet.get_by_role("textbox", name="Handle").fill("helper")
    await anna.sheet.get_by_role("button", name="Make a bot").click()
    await expect(anna.sheet.get_by_role("textbox", name="Token of Helper")).to_be_visible()
    await inspection.look("axe-bots")
    await anna.sheet.get_by_role("button", name="New token").click()
    await expect(anna.page.get_by_role("dialog")).to_have_count(2)
    await inspection.look("axe-bots-sure")
    await anna.sheet.get_by_role("button", name="Cancel").click()
    await anna.close()

    await anna.press("A copy of your data")
    start = anna.sheet.get_by_role("button", name="Make a copy")
    await expect(start).to_be_visible(timeout=PATIENCE_MS)
    await anna.page.evaluate(NOBODY_ASKS)
    await start.click()
    await expect(anna.sheet.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-copy-under-way")
    await anna.close()
    await anna.page.reload()
    save = anna.sheet.get_by_role("button", name="Save (")
    await anna.press("A copy of your data")
    await expect(save).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-copy-ready")
    await anna.close()

    await anna.press("Delete the account")
    await anna.sheet.get_by_role("textbox", name="Password").fill("not this one")
    await anna.sheet.get_by_role("button", name="Delete the account").click()
    await expect(anna.sheet.get_by_text("Wrong handle or password")).to_be_visible()
    await inspection.look("axe-end-refused")
    await anna.close()

    await anna.go("")
    await anna.press("New")
    await anna.press("New group", role="menuitem")
    await anna.sheet.get_by_role("textbox", name="Group name").fill("Tea at four")
    await anna.sheet.get_by_role("button", name="Create group").click()
    await expect(anna.composer).to_be_visible(timeout=PATIENCE_MS)
    await inspection.look("axe-nothing-said")
    await anna.press("Details")
    await anna.details.get_by_role("button", name="Webhooks").click()
    await anna.sheet.get_by_role("textbox", name="Name", exact=True).fill("Weather")
    await anna.sheet.get_by_role("button", name="Make an address").click()
    await expect(anna.sheet.get_by_role("textbox", name="Address of Weather")).to_be_visible()
    await expect(anna.sheet.get_by_role("button", name="Remove Weather")).to_be_visible()
    await inspection.look("axe-hook")
    await anna.close()
    await anna.details.get_by_role("button", name="Invite by link").click()
    await anna.sheet.get_by_role("button", name="Make a link").click()
    await expect(anna.sheet.get_by_role("textbox", name="Invite by link")).to_be_visible()
    await inspection.look("axe-invite-link")
    await anna.close()
    assert not inspection.complaints, "\n".join(inspection.complaints)
    assert anna.browser.errors == []
