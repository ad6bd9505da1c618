"""Files between the Python client and the web client in a real Chromium, in both directions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from hutong.client import Client, Event, Relation
from hutong.client.transfers import IncomingOffer, Progress, Way
from tests.browser.conftest import (  # noqa: F401  fixtures
    CHROMIUM,
    DESKTOP,
    ROOT,
    Browsers,
    Server,
    browsers,
    server,
)
from tests.browser.person import Person
from tests.client.live import PASSWORD, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not os.environ.get("CI") and (CHROMIUM is None or not (ROOT / "web/dist/index.html").exists()),
        reason="needs chromium and the built web client",
    ),
]


@asynccontextmanager
async def browser_and_python(
    server: Server,  # noqa: F811
    browsers: Browsers,  # noqa: F811
    folder: Path,
) -> AsyncIterator[tuple[Person, Client]]:
    anna = Person(browsers.new("anna", DESKTOP), server, "anna", "Anna Lin")
    await anna.open()
    await anna.sign_up()
    async with Client(server.url, home=folder / "home") as me:
        await me.sign_up("bob", PASSWORD, name="Bob Chen")
        await me.contacts.ask((await me.contacts.find("anna")).person)
        await anna.accept(Person(browsers.all[0], server, "bob", "Bob Chen"))
        async with asyncio.timeout(20):
            while (await me.contacts.find("anna")).relation is not Relation.CONTACT:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await me.open("anna")
        await anna.chat_with(Person(browsers.all[0], server, "bob", "Bob Chen"))
        yield anna, me


async def test_a_browser_takes_what_python_sends(
    server: Server,  # noqa: F811
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
) -> None:
    async with browser_and_python(server, browsers, tmp_path) as (anna, me):
        source = tmp_path / "from-python.bin"
        source.write_bytes(os.urandom(2_000_000))
        delivered = await me.send_file(await me.open("anna"), source)
        assert delivered.way is Way.DIRECT
        row = anna.message("from-python.bin")
        await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=30_000)
        saved = await anna.saved(lambda: row.get_by_role("button", name="Save").click())
        assert saved == source.read_bytes()
        assert anna.browser.errors == []


async def _look(me: Client) -> None:
    """What is there at the first look is history: what is offered later is not."""
    events = me.events()
    await me.caught_up()
    await events.aclose()


async def _offer(me: Client) -> IncomingOffer:
    async with asyncio.timeout(30):
        async for event in me.events():
            offer = IncomingOffer.of(event) if isinstance(event, Event) else None
            if offer is not None and offer.author != me.me.user:
                return offer
    raise AssertionError


@pytest.mark.parametrize("relay_only", [False, True])
async def test_python_takes_what_a_browser_sends(
    server: Server,  # noqa: F811
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
    *,
    relay_only: bool,
) -> None:
    async with browser_and_python(server, browsers, tmp_path) as (anna, me):
        source = tmp_path / "from-browser.bin"
        source.write_bytes(os.urandom(1_000_000))
        await _look(me)
        offering = asyncio.create_task(_offer(me))
        await anna.send_directly(source)
        into = tmp_path / "into"
        into.mkdir()
        received = await me.transfers.receive(await offering, into, relay_only=relay_only)
        assert received.path.read_bytes() == source.read_bytes()
        assert received.way is (Way.RELAYED if relay_only else Way.DIRECT)
        shown = "Relayed" if relay_only else "Direct"
        row = anna.message("from-browser.bin")
        await expect(row.get_by_text(shown, exact=True)).to_be_visible()
        assert anna.browser.errors == []


async def test_a_page_that_is_reloaded_goes_on_where_it_stopped(
    server: Server,  # noqa: F811
    browsers: Browsers,  # noqa: F811
    tmp_path: Path,
) -> None:
    async with browser_and_python(server, browsers, tmp_path) as (anna, me):
        source = tmp_path / "large.bin"
        source.write_bytes(os.urandom(20_000_000))
        progress: list[Progress] = []
        sending = asyncio.create_task(
            me.transfers.send(await me.open("anna"), source, on_progress=progress.append)
        )
        await until(lambda: progress and progress[-1].done_bytes > 2_000_000, within_s=60)
        await anna.page.reload()
        delivered = await asyncio.wait_for(sending, 90)
        assert delivered.way is Way.DIRECT
        row = anna.message("large.bin")
        await expect(row.get_by_text("Received and checked")).to_be_visible(timeout=30_000)
        saved = await anna.saved(lambda: row.get_by_role("button", name="Save").click())
        assert saved == source.read_bytes()
