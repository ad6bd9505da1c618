"""A call, looked at by axe-core from both ends: ringing, under way, put aside, ended, declined."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.axe import Inspection
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PATIENCE_MS, Person, meet
from tests.browser.test_axe import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# The card of a call that is over goes after five seconds; to look at it here takes as long as it takes.
NOTHING_GOES = """{
    const later = window.setTimeout
    window.setTimeout = (run, ms, ...rest) => (ms === 5_000 ? 0 : later(run, ms, ...rest))
}"""


async def two_visitors(server: Server, browsers: Browsers) -> tuple[Visitor, Visitor]:
    """Return Anna at a desktop and Bob at a phone, who have each other's conversation open."""
    anna = Visitor(browsers.new("anna", DESKTOP), server, "anna", "Anna Lin")
    bob = Visitor(browsers.new("bob", PHONE), server, "bob", "Bob Chen")
    await meet(anna, bob)
    for person in (anna, bob):
        await person.page.evaluate(NOTHING_GOES)
    return anna, bob


async def test_a_call_by_voice_and_one_with_video(server: Server, browsers: Browsers) -> None:
    anna, bob = await two_visitors(server, browsers)
    at_anna, at_bob = Inspection.shared(anna.browser), Inspection.shared(bob.browser)

    await anna.press("Voice call")
    await expect(bob.page.get_by_role("alertdialog")).to_be_visible(timeout=PATIENCE_MS)
    await expect(anna.page.get_by_text("Ringing", exact=False).first).to_be_visible()
    await at_anna.look("axe-call-calling")
    await at_bob.look("axe-call-incoming")
    await bob.press("Answer")
    await is_under_way(anna, bob)
    await bob.press("Mute microphone")
    await expect(bob.page.get_by_text("Your microphone is muted")).to_be_visible()
    await at_anna.look("axe-call-voice")
    await at_bob.look("axe-call-voice")
    await anna.press("Hang up")
    for person, inspection in ((anna, at_anna), (bob, at_bob)):
        await expect(person.page.get_by_test_id("call-ended")).to_be_visible(timeout=PATIENCE_MS)
        await inspection.look("axe-call-ended")
        await person.press("Close")

    await bob.press("Video call")
    await expect(anna.page.get_by_role("alertdialog")).to_be_visible(timeout=PATIENCE_MS)
    await at_anna.look("axe-call-incoming-video")
    await at_bob.look("axe-call-calling-video")
    await anna.press("Answer with video")
    await is_under_way(anna, bob)
    for person, inspection in ((anna, at_anna), (bob, at_bob)):
        await person.video_plays()
        await inspection.look("axe-call-video")
        await person.press("Back to the chat")
        await expect(person.page.get_by_role("button", name="Show the call")).to_be_visible()
        await inspection.look("axe-call-aside")
    await anna.press("Hang up")
    for person in (anna, bob):
        await expect(person.page.get_by_test_id("call-ended")).to_be_visible(timeout=PATIENCE_MS)
        await person.press("Close")
    await expect(anna.message("Video call")).to_have_count(1)

    # Nobody wants it: there is a way to try again. And what is left of all three stands in the chat.
    await anna.press("Voice call")
    await bob.page.get_by_role("button", name="Decline").click(timeout=PATIENCE_MS)
    await expect(anna.page.get_by_role("button", name="Call again")).to_be_visible(timeout=PATIENCE_MS)
    await at_anna.look("axe-call-declined")
    await expect(bob.message("You declined")).to_have_count(1, timeout=PATIENCE_MS)
    await at_bob.look("axe-call-rows")
    complaints = at_anna.complaints + at_bob.complaints
    assert not complaints, "\n".join(complaints)
    assert anna.browser.errors + bob.browser.errors == []


async def is_under_way(*people: Person) -> None:
    for person in people:
        await expect(person.page.get_by_test_id("call-duration")).to_be_visible(timeout=PATIENCE_MS)
        await expect(person.page.get_by_text("Direct", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
