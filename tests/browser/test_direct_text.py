"""Direct text from browser to browser and between a browser and Python, while the server is held still."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client import Client
from hutong.client.direct import DirectText, allow
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.person import PASSWORD, PATIENCE_MS, Person
from tests.browser.test_walk import two_friends
from tests.client.live import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SETTING = "Texts also go directly"


async def switch_on(person: Person) -> None:
    await person.go("me")
    switch = person.page.get_by_role("switch", name=SETTING)
    await switch.click()  # it shows what the server says
    await expect(switch).to_be_checked()


async def channel_opens(person: Person) -> None:
    await expect(person.page.get_by_test_id("direct-open")).to_be_visible(timeout=PATIENCE_MS)


@contextmanager
def held_still(server: Server) -> Iterator[None]:
    """The server hears and says nothing meanwhile."""
    assert server._process is not None
    os.kill(server._process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server._process.pid, signal.SIGCONT)


async def goes_ahead(server: Server, sender: Person, receiver: Person, text: str) -> None:
    """Say something that is on the other screen before the server has it, and there once in the end."""
    # A server that stood still for long was thought lost, and the channel is made anew.
    await channel_opens(sender)
    await channel_opens(receiver)
    arriving = receiver.page.get_by_test_id("arriving")
    with held_still(server):
        await sender.say(text)
        await expect(arriving).to_have_text(f"{text} Arriving…", timeout=PATIENCE_MS)
    await expect(arriving).to_have_count(0, timeout=PATIENCE_MS)
    await receiver.reads(text)
    await expect(receiver.message(text).get_by_test_id("direct-ahead")).to_be_visible()


async def test_a_text_goes_ahead_from_browser_to_browser(server: Server, browsers: Browsers) -> None:
    """DIRECT1, DIRECT3, DIRECT5, DIRECT7."""
    anna, bob = await two_friends(server, browsers, DESKTOP)
    await anna.say("first")
    await bob.reads("first")
    await switch_on(anna)
    await anna.chat_with(bob)
    await expect(anna.page.get_by_test_id("direct-open")).to_have_count(0)  # Bob has not allowed it
    await switch_on(bob)
    await bob.chat_with(anna)
    await channel_opens(anna)
    await channel_opens(bob)
    await goes_ahead(server, anna, bob, "on my way")
    await goes_ahead(server, bob, anna, "你好 👋")
    await bob.browser.screenshot("direct-text")
    await bob.page.reload()
    await channel_opens(bob)
    await channel_opens(anna)
    for text in ("first", "on my way", "你好 👋"):
        await bob.reads(text)
        await anna.reads(text)
    await bob.go("contacts")
    await expect(anna.page.get_by_test_id("direct-open")).to_have_count(0, timeout=PATIENCE_MS)
    assert anna.browser.errors + bob.browser.errors == []


async def test_a_browser_and_python_understand_each_other(
    server: Server, browsers: Browsers, tmp_path: Path
) -> None:
    anna, bob = await two_friends(server, browsers, PHONE)
    await anna.say("first")
    await bob.reads("first")
    await switch_on(anna)
    await anna.chat_with(bob)
    async with Client(server.url, home=tmp_path / "bobs-program") as program:
        await program.log_in("bob", PASSWORD)
        await allow(program.connection, direct=True)
        await bob.go("contacts")
        conversation = await program.open("anna")
        async with DirectText(program.connection, program.pushes, program.me.user, conversation) as direct:
            await until(lambda: direct.open, 60)
            await channel_opens(anna)
            with held_still(server):
                await anna.say("to a program")
                await until(lambda: direct.arriving)
                assert [each.words.text for each in direct.arriving] == ["to a program"]
            await until(lambda: not direct.arriving)
            sent = await direct.send("from a program")
            await anna.reads("from a program")
            await expect(anna.page.get_by_test_id("arriving")).to_have_count(0)
            (*_, said, answered) = await program.history(conversation)
            assert [said.text, answered.text] == ["to a program", "from a program"]
            assert direct.came_directly(said.seq)
            assert answered.seq == sent.seq
    assert anna.browser.errors == []
