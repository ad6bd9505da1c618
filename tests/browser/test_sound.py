"""The knock for new messages: when it is heard in Chromium, how often, and when it is not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client import Client, Conversation
from hutong.client.methods import SET_ACCOUNT
from hutong.schema import preferences_pb2
from tests.browser.conftest import DESKTOP, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS
from tests.browser.test_settings import Member, member_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# Counts what begins to sound, and what has sounded to its end: that takes an audio clock that runs. The clock
# of the page stands still until the test moves it, so no machine is too slow for "at once".
HEAR = """
window.begun = window.sounded = window.passedMs = 0
performance.now = () => 1e6 + window.passedMs
const { start } = AudioScheduledSourceNode.prototype
AudioScheduledSourceNode.prototype.start = function (...when) {
  window.begun += 1
  this.addEventListener('ended', () => (window.sounded += this.context.state === 'running' ? 1 : 0))
  return start.apply(this, when)
}
"""
STRIKES = 2
DAY_MIN = 24 * 60


class Listener(Member):
    """Somebody who has ears."""

    knocks = 0

    async def hears_one_more(self) -> None:
        """Wait for a knock, and let some time pass after it."""
        self.knocks += 1
        await self.until(f"() => window.sounded === {STRIKES * self.knocks}")
        await self.hears_no_more()

    async def hears_no_more(self) -> None:
        """What was to sound has begun in the same turn as what is seen of it."""
        assert await self.page.evaluate("window.begun") == STRIKES * self.knocks
        await self.page.evaluate("window.passedMs += 2_000")

    async def unread(self, title: str, count: int) -> None:
        sign = self.row(title).get_by_role("img", name=f"{count} unread")
        await expect(sign).to_be_visible(timeout=PATIENCE_MS)


@pytest.fixture
async def bob(server: Server, tmp_path: Path) -> AsyncIterator[Client]:
    async with Client(server.url, home=tmp_path / "bob") as client:
        await client.sign_up("bob", PASSWORD, name="Bob Chen")
        yield client


async def listener(server: Server, browsers: Browsers, bob: Client) -> Listener:
    """Return Anna at her list of conversations, who wants to hear of messages."""
    member = await member_of(server, browsers, DESKTOP, bob)
    anna = Listener(member.browser, server, member.handle, member.name)
    await anna.page.add_init_script(HEAR)
    await anna.page.reload()
    await anna.log_in()
    await anna.first_is("Garden")
    await anna.go("me")
    # The switch lets one hear what it will be.
    await anna.page.get_by_role("switch", name="Sound").click()
    await anna.hears_one_more()
    await anna.go("")
    return anna


async def test_a_knock_for_what_is_new(server: Server, browsers: Browsers, bob: Client) -> None:
    anna = await listener(server, browsers, bob)
    groups = {one.title: one for one in await bob.conversations()}
    tea, choir, garden = (groups[title] for title in ("Tea at four", "Choir", "Garden"))

    await bob.send_text(tea, "The kettle is on")
    await anna.unread("Tea at four", 2)
    await anna.hears_one_more()

    # Several at once, here and there, are one knock.
    for number in range(4):
        await bob.send_text(tea, f"Cup {number}")
        await bob.send_text(choir, f"Bar {number}")
    await anna.unread("Tea at four", 6)
    await anna.unread("Choir", 5)
    await anna.hears_one_more()

    await _muted(anna, bob, choir)
    await _in_view(anna, bob, garden, tea)
    await _in_quiet_hours(server, anna, bob, tea)

    # And who does not want to hear it does not.
    await anna.page.get_by_role("switch", name="Sound").click()
    await bob.send_text(tea, "Was that too loud?")
    await anna.go("")
    await expect(anna.row("Tea at four")).to_contain_text("too loud", timeout=PATIENCE_MS)
    await anna.hears_no_more()
    assert anna.browser.errors == []


async def _muted(anna: Listener, bob: Client, choir: Conversation) -> None:
    await anna.choose("Choir", "Mute")
    await anna.sheet.get_by_role("button", name="8 hours").click()
    await expect(anna.row("Choir").get_by_role("img", name="Muted")).to_be_visible()
    await bob.send_text(choir, "From the beginning, please")
    await expect(anna.row("Choir")).to_contain_text("From the beginning", timeout=PATIENCE_MS)
    await anna.hears_no_more()


async def _in_view(anna: Listener, bob: Client, garden: Conversation, tea: Conversation) -> None:
    await anna.row("Garden").click()
    await anna.reads("Welcome to Garden")
    await bob.send_text(garden, "The plums are ripe")
    await anna.reads("The plums are ripe")
    await anna.hears_no_more()
    await bob.send_text(tea, "Who brings the plums?")
    await expect(anna.row("Tea at four")).to_contain_text("Who brings", timeout=PATIENCE_MS)
    await anna.hears_one_more()


async def _in_quiet_hours(server: Server, anna: Listener, bob: Client, tea: Conversation) -> None:
    quiet = anna.page.get_by_role("switch", name="Do not disturb")
    await anna.go("me")
    async with Client(server.url, home=bob.folder.with_name("phone")) as phone:
        await phone.log_in("anna", PASSWORD)
        now_min = time.time_ns() // 60_000_000_000
        hours = preferences_pb2.Quiet(from_min=(now_min - 60) % DAY_MIN, to_min=(now_min + 60) % DAY_MIN)
        await set_quiet(phone, hours)
        await expect(quiet).to_be_checked(timeout=PATIENCE_MS)
        await bob.send_text(tea, "Are you asleep?")
        await anna.page.wait_for_function("() => document.title.startsWith('(8)')", timeout=PATIENCE_MS)
        await anna.hears_no_more()
        await set_quiet(phone, preferences_pb2.Quiet())
        await expect(quiet).not_to_be_checked(timeout=PATIENCE_MS)
        await bob.send_text(tea, "Good morning")
        await anna.page.wait_for_function("() => document.title.startsWith('(9)')", timeout=PATIENCE_MS)
        await anna.hears_one_more()


async def set_quiet(phone: Client, quiet: preferences_pb2.Quiet) -> None:
    quiet.zone = "UTC"
    account = preferences_pb2.Account(quiet=quiet)
    await phone.call(SET_ACCOUNT, preferences_pb2.SetAccountRequest(account=account))
