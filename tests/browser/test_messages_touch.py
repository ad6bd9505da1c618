"""What fingers do with messages: a press that stays, a swipe, and one that only scrolls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import CDPSession, Locator, expect

from tests.browser.conftest import PHONE, Browsers, Server
from tests.browser.person import comes_true
from tests.browser.writer import Writer, anna_writes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


class Finger:
    """One finger on the glass, as the browser hears of it from the screen."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._x = self._y = 0.0

    async def touches(self, on: Locator, *, x: float = 24, y: float = 12) -> None:
        box = await on.bounding_box()
        assert box is not None
        self._x, self._y = box["x"] + x, box["y"] + y
        await self._tell("touchStart")

    async def moves(self, x: float, y: float, *, steps: int = 4) -> None:
        for _ in range(steps):
            self._x += x / steps
            self._y += y / steps
            await self._tell("touchMove")

    async def leaves(self) -> None:
        await self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    async def _tell(self, kind: str) -> None:
        points = [{"x": self._x, "y": self._y}]
        await self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@asynccontextmanager
async def finger_of(anna: Writer) -> AsyncIterator[Finger]:
    session = await anna.page.context.new_cdp_session(anna.page)
    try:
        yield Finger(session)
    finally:
        await session.detach()


async def test_a_press_that_stays_and_a_swipe(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, PHONE)
    bubble = anna.message("message 5 ").locator(".bubble")
    menu = anna.page.get_by_role("menu", name="Message actions")
    answering = anna.page.get_by_role("group", name="Replying")
    async with finger_of(anna) as finger:
        await anna.rests()
        # Held: the menu comes under the finger, and is still there when the finger goes.
        await finger.touches(bubble)
        await expect(menu).to_be_visible()
        await finger.leaves()
        await anna.looks("held")
        await expect(menu).to_be_visible()
        await menu.get_by_role("menuitem", name="Copy").tap()
        await expect(menu).to_be_hidden()
        await comes_true(
            anna.page, "async () => (await navigator.clipboard.readText()).startsWith('message 5 ')"
        )

        # Held and moved: it scrolls, and neither opens the menu nor answers.
        await finger.touches(bubble)
        await finger.moves(0, 90)
        await finger.leaves()
        await anna.rests()
        await expect(menu).to_be_hidden()
        await expect(answering).to_be_hidden()

        # Swiped a little: nothing. Far: an answer.
        await finger.touches(bubble, x=200)
        await finger.moves(-40, 2)
        await finger.leaves()
        await expect(answering).to_be_hidden()
        await finger.touches(bubble, x=200)
        await finger.moves(-110, 4)
        await anna.looks("swiped")
        await finger.leaves()
        await expect(answering).to_contain_text("message 5 ")
        await expect(anna.composer).to_be_focused()
    await expect(bubble).to_be_in_viewport()
    assert await anna.page.evaluate("document.querySelector('[role=region]').scrollLeft") == 0
    assert anna.browser.errors == []
