"""A long conversation: it opens at once, keeps its place, and leads anywhere."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import ViewportSize, expect

from hutong.client import Client
from tests.browser.conftest import DESKTOP, PHONE, Browsers, Server
from tests.browser.history import LOG, give_history
from tests.browser.person import PASSWORD, PATIENCE_MS, Person
from tests.browser.writer import anna_writes, bob_says

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MESSAGES = 20_000
# Of all rows only those around the view are in the document.
ROWS_MAX = 250
CONVERSATIONS = 80
# Still counts as the end.
ABOVE_END_PX = 37
CONVERSATION_ROWS_MAX = 50
SEQS = "[...document.querySelectorAll('li[data-seq]')].map(row => +row.dataset.seq)"


class Reader(Person):
    """Anna, who scrolls."""

    async def open_history(self) -> None:
        await self.page.locator(f'a[href="#/chat/{LOG.replace(":", "%3A")}"]').click()

    async def seqs(self) -> list[int]:
        seqs: list[int] = await self.page.evaluate(SEQS)
        return seqs

    async def shows(self, seq: int) -> None:
        """Wait until a message is before the reader's eyes."""
        await self.until(
            f"""() => {{
                const row = document.querySelector('li[data-seq="{seq}"]')
                const view = document.querySelector('[role=region][aria-label=Messages]')
                if (!row || !view) return false
                const [inner, outer] = [row.getBoundingClientRect(), view.getBoundingClientRect()]
                return inner.bottom > outer.top && inner.top < outer.bottom
            }}"""
        )

    async def scroll(self, pixels: int) -> None:
        """Turn the wheel, and wait until the picture has followed."""
        await self.page.get_by_role("region", name="Messages").hover()
        await self.page.mouse.wheel(0, pixels)
        await self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    async def rests(self) -> None:
        """Wait until nothing loads and nothing moves any more: wheels are smooth."""
        await self.page.evaluate(
            """() => new Promise(done => {
                const view = document.querySelector('[role=region][aria-label=Messages]')
                let [before, still] = [NaN, 0]
                const look = () => {
                    const same = view.scrollTop === before && view.getAttribute('aria-busy') === 'false'
                    still = same ? still + 1 : 0
                    before = view.scrollTop
                    if (still > 20) done()
                    else requestAnimationFrame(look)
                }
                look()
            })"""
        )

    async def scroll_until(self, pixels: int, reached: int) -> None:
        """Turn the wheel until a message is in the document."""
        for _ in range(400):
            seqs = await self.seqs()
            if (min(seqs) <= reached) if pixels < 0 else (max(seqs) >= reached):
                return
            await self.scroll(pixels)
        pytest.fail(f"message {reached} did not come")

    async def top_row(self) -> tuple[int, float]:
        """Return the topmost message in view and how far below the view's edge it stands."""
        seq, top = await self.page.evaluate(
            """() => {
                const region = document.querySelector('[role=region][aria-label=Messages]')
                const view = region.getBoundingClientRect()
                const row = [...document.querySelectorAll('li[data-seq]')]
                    .find(row => row.getBoundingClientRect().top > view.top)
                return [+row.dataset.seq, row.getBoundingClientRect().top - view.top]
            }"""
        )
        return int(seq), float(top)

    async def row_px(self) -> float:
        """Return how high a message is on average; those in the document tell."""
        height: float = await self.page.evaluate(
            """() => {
                const rows = [...document.querySelectorAll('li[data-seq]')]
                return rows.reduce((sum, row) => sum + row.getBoundingClientRect().height, 0) / rows.length
            }"""
        )
        return height

    async def top_of(self, seq: int) -> float:
        box = await self.page.locator(f'li[data-seq="{seq}"]').bounding_box()
        view = await self.page.get_by_role("region", name="Messages").bounding_box()
        assert box is not None
        assert view is not None
        return box["y"] - view["y"]

    async def is_whole(self) -> None:
        """Nothing is missing between the rows, and there are few of them."""
        seqs = await self.seqs()
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert len(seqs) < ROWS_MAX


async def enter(server: Server, browsers: Browsers, viewport: ViewportSize, read: int = MESSAGES) -> Reader:
    await give_history(server, MESSAGES, read, time.time_ns() // 1_000_000)
    anna = Reader(browsers.new("anna", viewport), server, "anna", "Anna Lin")
    await anna.open()
    await anna.log_in()
    await anna.open_history()
    return anna


async def test_a_long_conversation_scrolls_and_keeps_its_place(
    server: Server, browsers: Browsers, viewport: ViewportSize
) -> None:
    anna = await enter(server, browsers, viewport)
    await anna.shows(MESSAGES)
    await anna.is_whole()
    await anna.scroll_until(-2_000, MESSAGES - 700)
    await anna.is_whole()

    # What arrives moves nothing before the reader's eyes, and is counted below.
    await anna.rests()
    seq, top = await anna.top_row()
    async with Client(server.url, home=server.folder / "bob") as bob:
        await bob.log_in("bob", PASSWORD)
        await bob.send_text(LOG, "Are you still reading?")
    await expect(anna.page.get_by_role("img", name="1 unread").last).to_be_visible(timeout=PATIENCE_MS)
    assert abs(await anna.top_of(seq) - top) < 2
    await anna.browser.screenshot("history")
    await anna.page.get_by_role("button", name="Go to the newest message").click()
    await anna.shows(MESSAGES + 1)

    # A message anywhere, by its address; and on from there, both ways.
    await anna.go(f"chat/{LOG.replace(':', '%3A')}/5000")
    await anna.shows(5_000)
    await anna.is_whole()
    await anna.scroll_until(1_500, 5_200)
    await anna.is_whole()
    await anna.scroll_until(-1_500, 4_900)
    await anna.is_whole()
    await anna.page.get_by_role("button", name="Go to the newest message").click()
    await anna.shows(MESSAGES + 1)
    assert anna.browser.errors == []


async def test_a_press_near_the_end_does_not_move_the_messages(server: Server, browsers: Browsers) -> None:
    anna = await anna_writes(server, browsers, {"width": 1280, "height": 480})
    place = "document.querySelector('[role=region][aria-label=Messages]').scrollTop"
    await anna.rests()
    end = await anna.page.evaluate(place)
    assert end > ABOVE_END_PX
    await anna.page.evaluate(f"{place} = {end - ABOVE_END_PX}")
    await anna.rests()
    await anna.message("message 5").hover()
    actions = anna.message("message 5").get_by_role("button", name="Message actions")
    await actions.hover()
    # The button has the focus, and the list is drawn again.
    await anna.page.mouse.down()
    await anna.rests()
    assert await anna.page.evaluate(place) == end - ABOVE_END_PX
    # Nor does what comes meanwhile.
    await bob_says(server, "Did you press it?")
    await expect(anna.message("Did you press it?")).to_have_count(1, timeout=PATIENCE_MS)
    await anna.rests()
    assert await anna.page.evaluate(place) == end - ABOVE_END_PX
    await anna.page.mouse.up()
    menu = anna.page.get_by_role("menu", name="Message actions")
    await expect(menu).to_be_visible()
    await anna.page.keyboard.press("Escape")
    # It is followed then: so near the end one was at the end.
    await expect(anna.message("Did you press it?")).to_be_in_viewport(ratio=1, timeout=PATIENCE_MS)
    await anna.until(
        """() => {
            const view = document.querySelector('[role=region][aria-label=Messages]')
            return view.scrollHeight - view.clientHeight - view.scrollTop < 1
        }"""
    )
    assert anna.browser.errors == []


async def test_a_keyboard_goes_from_message_to_message(server: Server, browsers: Browsers) -> None:
    anna = await enter(server, browsers, DESKTOP)
    await anna.shows(MESSAGES)
    await anna.page.get_by_role("region", name="Messages").focus()
    await anna.page.keyboard.press("ArrowUp")
    focused = "() => +(document.activeElement?.dataset.seq ?? 0)"
    await anna.until(f"() => ({focused})() === {MESSAGES}")
    for _ in range(40):
        await anna.page.keyboard.press("ArrowUp")
    await anna.until(f"() => ({focused})() === {MESSAGES - 40}")
    await anna.shows(MESSAGES - 40)
    # The row that has the focus keeps it when it is scrolled far away.
    await anna.scroll(-6_000)
    await anna.until(f"() => ({focused})() === {MESSAGES - 40}")
    await anna.page.keyboard.press("End")
    await anna.shows(MESSAGES)
    assert anna.browser.errors == []


async def test_a_gesture_passes_as_many_messages_as_it_is_long(server: Server, browsers: Browsers) -> None:
    anna = await enter(server, browsers, DESKTOP)
    await anna.shows(MESSAGES)
    # What is passed is loaded before: only the rows come and go.
    await anna.scroll_until(-2_000, MESSAGES - 500)
    await anna.rests()
    await anna.page.get_by_role("button", name="Go to the newest message").click()
    await anna.shows(MESSAGES)
    await anna.rests()
    before, _ = await anna.top_row()
    view = await anna.page.get_by_role("region", name="Messages").bounding_box()
    assert view is not None
    session = await anna.page.context.new_cdp_session(anna.page)
    await session.send(
        "Input.synthesizeScrollGesture",
        {
            "x": view["x"] + view["width"] / 2,
            "y": view["y"] + view["height"] / 2,
            "yDistance": 9_000,
            "speed": 3_000,
            "gestureSourceType": "mouse",
            "preventFling": True,
        },
    )
    await session.detach()
    await anna.rests()
    after, _ = await anna.top_row()
    assert 0.8 < (before - after) * await anna.row_px() / 9_000 < 1.2
    await anna.is_whole()
    assert anna.browser.errors == []


async def test_a_long_list_of_conversations_is_drawn_in_part(server: Server, browsers: Browsers) -> None:
    anna = await enter(server, browsers, PHONE)
    async with Client(server.url, home=server.folder / "anna") as client:
        await client.log_in("anna", PASSWORD)
        for number in range(CONVERSATIONS):
            await client.groups.create(f"Group {number}")
    await anna.go("")
    rows = anna.page.get_by_role("list", name="Chats").get_by_role("listitem")
    await expect(rows.filter(has_text=f"Group {CONVERSATIONS - 1}")).to_be_visible(timeout=PATIENCE_MS)
    await anna.page.reload()
    await expect(rows.first).to_have_attribute("aria-setsize", str(CONVERSATIONS + 1), timeout=PATIENCE_MS)
    assert await rows.count() < CONVERSATION_ROWS_MAX
    # The list scrolls by itself, to its last row.
    await rows.first.hover()
    await anna.page.mouse.wheel(0, 100 * CONVERSATIONS)
    await expect(rows.last).to_have_attribute("aria-posinset", str(CONVERSATIONS + 1), timeout=PATIENCE_MS)
    await expect(rows.last).to_be_in_viewport()
    assert await rows.count() < CONVERSATION_ROWS_MAX
    # It is where it was left when somebody comes back from a conversation.
    await rows.last.get_by_role("link").click()
    await expect(rows.last).to_be_hidden()
    await anna.go("")
    await expect(rows.last).to_be_in_viewport()
    await expect(rows.last).to_have_attribute("aria-posinset", str(CONVERSATIONS + 1))
    assert anna.browser.errors == []


async def test_what_was_missed_is_pointed_out_and_opens_offline(server: Server, browsers: Browsers) -> None:
    anna = await enter(server, browsers, DESKTOP, read=MESSAGES - 600)
    await anna.shows(MESSAGES)
    await anna.page.get_by_role("button", name="new above").click()
    await anna.shows(MESSAGES - 599)
    await expect(anna.page.get_by_text("New messages", exact=True)).to_be_visible()
    await anna.is_whole()

    await anna.go("")
    await anna.until("() => navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready")
    await server.stop()
    await anna.page.reload()
    await anna.open_history()
    await anna.shows(MESSAGES)
    assert anna.browser.errors == []
