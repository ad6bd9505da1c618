"""The service worker's half of a push, in Chromium: what the browser delivers becomes a notification.

The pushes come by Chromium's debugging protocol: the push services of the browsers cannot be reached from CI.
How the server gets them there is tested beside the feature.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page

from hutong.schema import push_pb2
from tests.browser.conftest import DESKTOP, ROOT, Browsers
from tests.browser.person import PATIENCE_MS, comes_true

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LOOK_EVERY_MS = 100
LOOKS_BEFORE_AGAIN = 30
# A page on a slow machine may take longer to say what it shows.
PAGE_PATIENCE = "PAGE_MS = 5_000"
WORKER = (ROOT / "web/src/shell/pwa/service-worker.js").read_text().replace("PAGE_MS = 500", PAGE_PATIENCE)
assert PAGE_PATIENCE in WORKER
# As the page answers and listens (`shell/frame/notifications.ts`), with a conversation that tests set.
PAGE = """<!doctype html><link rel=icon href=data:,><title>page</title><script>
window.showing = ''; window.heard = []
navigator.serviceWorker.addEventListener('message', ({data, ports}) => {
  if (data.asks) ports[0].postMessage(window.showing)
  else window.heard.push(data)
})
window.registered = navigator.serviceWorker.register('/sw.js')
</script>"""
ACTIVE = "async () => (await navigator.serviceWorker.ready).active?.state === 'activated'"
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  ({title, body, tag, renotify, data}) => ({title, body, tag, renotify, data}))"""


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """Serve the page and the worker as it is built, without any files of a build."""
    files = {
        "/": ("text/html", PAGE),
        "/sw.js": ("text/javascript", f"const VERSION = 'test'; const FILES = []\n{WORKER}"),
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            media_type, text = files.get(request.split(" ")[1], ("text/plain", ""))
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(text.encode())}\r\n"
            )
            writer.write(f"{head}Connection: close\r\n\r\n{text}".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class Pushing:
    """Delivers pushes to the page's service worker."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self._origin = origin
        self._registration: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._session: Any = None
        self._newest: dict[str, push_pb2.Nudge] = {}

    async def begin(self) -> None:
        await self.page.evaluate("() => registered")
        # Before, a push is lost without a word.
        await comes_true(self.page, ACTIVE)
        self._session = await self.page.context.new_cdp_session(self.page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._updated)
        await self._session.send("ServiceWorker.enable")
        await asyncio.wait_for(asyncio.shield(self._registration), 20)

    def _updated(self, event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            if each["scopeURL"].startswith(self._origin) and not self._registration.done():
                self._registration.set_result(each["registrationId"])

    async def push(self, nudge: push_pb2.Nudge) -> None:
        """Deliver a push. The protocol takes texts, so the numbers in it have to be small."""
        self._newest[nudge.log] = nudge
        data = nudge.SerializeToString().decode()
        await self._session.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registration.result(), "data": data},
        )

    async def shown(self, *bodies: str) -> dict[str, dict[str, Any]]:
        """Wait until these notifications are there and no others; return them by tag."""
        async with asyncio.timeout(PATIENCE_MS / 1_000):
            look = 0
            while True:
                look += 1
                found: list[dict[str, Any]] = await self.page.evaluate(SHOWN)
                there = {each["body"] for each in found}
                if there == set(bodies):
                    return {each["tag"]: each for each in found}
                # Chromium drops a notification when all are asked for while it is being shown: it did come.
                if look % LOOKS_BEFORE_AGAIN == 0 and not there >= set(bodies):
                    for nudge in list(self._newest.values()):
                        await self.push(nudge)
                await self.page.wait_for_timeout(LOOK_EVERY_MS)


async def test_pushes_become_notifications(browsers: Browsers) -> None:
    async with site() as origin:
        browser = browsers.new("anna", DESKTOP)
        pushing = Pushing(await browser.start(origin), origin)
        await pushing.begin()
        nudge = push_pb2.Nudge(log="chat:a", seq=7, title="读书会", body="Lin: 八点见", badge=3)
        await pushing.push(nudge)
        first = (await pushing.shown("Lin: 八点见"))["chat:a"]
        assert first == {
            "title": "读书会",
            "body": "Lin: 八点见",
            "tag": "chat:a",
            "renotify": True,
            "data": {"log": "chat:a", "seq": 7},
        }

        # One notification for a conversation; another for the next; one without content has no address.
        await pushing.push(push_pb2.Nudge(log="chat:b", seq=1, title="Bo", body="Hello"))
        await pushing.push(push_pb2.Nudge(body="You have a new message."))
        await pushing.push(push_pb2.Nudge(log="chat:a", seq=8, title="读书会", body="newer"))
        shown = await pushing.shown("Hello", "You have a new message.", "newer")
        assert shown["chat:a"]["data"]["seq"] == 8
        assert (shown["hutong"]["title"], shown["hutong"]["data"]["log"]) == ("Hutong", "")

        # A conversation that is looked at is not announced; the push after it tells that it was handled.
        await pushing.page.evaluate("window.showing = 'chat:c'")
        await pushing.push(push_pb2.Nudge(log="chat:c", seq=1, title="C", body="seen"))
        await pushing.push(push_pb2.Nudge(log="chat:d", seq=1, title="D", body="not seen"))
        await pushing.shown("Hello", "You have a new message.", "newer", "not seen")

        # A press leads to the message.
        (worker,) = pushing.page.context.service_workers
        await worker.evaluate(
            """async () => {
              const notifications = await self.registration.getNotifications({tag: 'chat:b'})
              self.dispatchEvent(new NotificationEvent('notificationclick', {notification: notifications[0]}))
            }"""
        )
        await pushing.shown("You have a new message.", "newer", "not seen")
