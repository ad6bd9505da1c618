"""Pushes in the background: what a commit brought is looked at later, in batches, beside everything else.

Nothing is kept for a push that waits. What is unread and newer than the device's mark is to be pushed, and
that is in the database already: after a crash it is found again (`_look_back`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from hutong.features.chat.api import Unread
from hutong.features.push import store
from hutong.features.push.composing import LIFE_S, Composing, Push
from hutong.features.push.queue import ENTRIES_MAX, Queue
from hutong.features.push.vapid import Vapid
from hutong.platform import events, journal
from hutong.platform.database import Executor
from hutong.platform.due import DueWork
from hutong.platform.errors import Unavailable
from hutong.platform.feature import Platform
from hutong.platform.log import Stored
from hutong.platform.outbound import Answer, Fetcher, FetchError
from hutong.platform.urls import parse
from hutong.platform.writer import Transaction

# Conversations that are looked at together; of 500 people each, 25,000 at the most.
LOGS_AT_ONCE = 50
LOGS_MAX = 20_000
DEVICES_AT_ONCE = 100
PUSHES_AT_ONCE = 32
LOOK_EVERY_MS = 200
# Somebody who has a page open elsewhere may be reading it there.
GRACE_MS = 10_000
TIME_S_MAX = 15.0
TRIAL = ""

log = journal.get(__name__)


class Sending:
    """The part of the feature that runs in the background. All of it on the event loop."""

    def __init__(self, platform: Platform, vapid: Vapid, fetcher: Fetcher) -> None:
        self._platform = platform
        self._vapid = vapid
        self._fetcher = fetcher
        self._unread = platform.use(Unread)
        self._composing = Composing(platform)
        self._work = DueWork("push", platform.clock, self._run)
        self._queue = Queue()
        self._kinds: frozenset[int] = frozenset()
        self._arrived: dict[str, None] = {}
        self._looking = False
        self._look_at_ms = 0
        # Devices after this one may have missed something; None: they have not.
        self._back_after: str | None = ""
        self._back_at_ms = 0
        # Taken by a push service, but not yet in the database: nothing else is pushed there before it is.
        self._unmarked: dict[tuple[str, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions = 0
        platform.sessions.on_committed(self._on_committed)

    async def on_start(self) -> None:
        """Push what a crash or a restart came before."""
        self._kinds = events.unread_kinds()
        self._subscriptions = await self._platform.read(store.count)
        self._back_at_ms = self._now_ms() + GRACE_MS  # for those who were cut off and come back
        self._work.start()

    async def on_stop(self) -> None:
        """Push no longer; what is under way is dropped, and found again by the next start."""
        await self._work.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fetcher.close()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and nothing waits."""
        waiting = self._arrived or self._looking or self._back_after is not None
        return not (waiting or len(self._queue) or self._tasks)

    def counted(self, change: int) -> None:
        """Be told that there are more subscriptions, or fewer."""
        self._subscriptions += change

    def try_now(self, device: str) -> None:
        """Push to a device, so that its user sees that it works."""
        self._queue.add(device, TRIAL, 0)
        self._work.expect(self._now_ms())

    # ---- what is to be pushed ----

    def _on_committed(self, committed: Sequence[Stored]) -> None:
        if not self._subscriptions:
            return
        arrived = self._arrived
        for event in committed:
            if event.kind in self._kinds and event.log not in arrived:
                if len(arrived) >= LOGS_MAX:
                    self._back_after = ""
                    break
                arrived[event.log] = None
        if arrived:
            self._work.expect(max(self._look_at_ms, self._now_ms()))

    async def _run(self) -> int | None:
        now_ms = self._now_ms()
        if self._arrived and now_ms >= self._look_at_ms:
            self._look_at_ms = now_ms + LOOK_EVERY_MS
            await self._look_at_arrived()
        # Not only when nothing arrives: on a busy server that would be never.
        if self._back_after is not None and now_ms >= self._back_at_ms:
            self._back_at_ms = now_ms + LOOK_EVERY_MS
            if len(self._queue) < ENTRIES_MAX // 2:
                await self._look_back(self._back_after, now_ms)
        due = []
        if self._arrived:
            due.append(self._look_at_ms)
        if self._back_after is not None:
            due.append(max(self._back_at_ms, now_ms + LOOK_EVERY_MS))
        self._start_pushes()
        if len(self._tasks) < PUSHES_AT_ONCE:  # else the next one that ends looks again
            next_ms = self._queue.next_ms()
            due += [] if next_ms is None else [next_ms]
        return min(due, default=None)

    async def _look_at_arrived(self) -> None:
        logs = list(self._arrived)[:LOGS_AT_ONCE]
        for each in logs:
            del self._arrived[each]
        self._looking = True
        try:
            found = await self._platform.read(lambda read: self._listeners(read, logs))
        except BaseException:
            self._back_after = ""  # what these brought is found there
            raise
        finally:
            self._looking = False
        for device, user, target in found:
            self._add(device, user, target)

    def _listeners(self, read: Executor, logs: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (device, user, log) of everybody in these conversations who subscribed."""
        members = self._unread.people(read, logs)
        devices = store.of_users(read, {user for users in members.values() for user in users})
        return [
            (device, user, each)
            for each, users in members.items()
            for user in users
            for device in devices.get(user, ())
        ]

    async def _look_back(self, after: str, now_ms: int) -> None:
        """Look for what was not pushed, of some devices: after a start, and when too much came at once."""
        since_ms = now_ms - LIFE_S * 1000
        devices = await self._platform.read(lambda read: store.page(read, after, DEVICES_AT_ONCE))
        for device, user in devices:
            logs = await self._platform.read(
                lambda read, user=user: self._unread.logs(read, user, since_ms)  # type: ignore[misc]
            )
            for each in logs:
                self._add(device, user, each)
        if self._back_after == after:  # else it began again meanwhile
            self._back_after = devices[-1][0] if len(devices) == DEVICES_AT_ONCE else None

    def _add(self, device: str, user: str, target: str) -> None:
        now_ms = self._now_ms()
        due_ms = now_ms + GRACE_MS if self._platform.sessions.online(user) else now_ms
        if not self._queue.add(device, target, due_ms):
            self._back_after = ""

    # ---- pushing ----

    def _start_pushes(self) -> None:
        now_ms = self._now_ms()
        while len(self._tasks) < PUSHES_AT_ONCE:
            taken = self._queue.take(now_ms)
            if taken is None:
                return
            task = asyncio.get_running_loop().create_task(self._push(*taken))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._work.expect(self._now_ms())

    async def _push(self, device: str, target: str) -> None:
        try:
            await self._mark(device, target)
            push = await self._compose(device, target)
            if push is None:
                self._queue.done(device, self._now_ms(), sent=False)
                return
            await self._answered(push, target, await self._post(push, target))
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("push_failed")
            self._queue.failed(device, target, self._now_ms(), 0)

    async def _compose(self, device: str, target: str) -> Push | None:
        now_ms = self._now_ms()
        if target == TRIAL:
            return await self._platform.read(lambda read: self._composing.trial(read, device, now_ms))
        connected = self._platform.sessions.devices
        return await self._platform.read(
            lambda read: self._composing.compose(read, device, target, now_ms, connected)
        )

    async def _post(self, push: Push, target: str) -> Answer | None:
        url = parse(push.subscription.endpoint)
        origin, now_s = f"{url.scheme}://{url.authority}", self._now_ms() // 1000
        headers = {
            "Authorization": self._vapid.authorization(origin, self._contact(), now_s),
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(LIFE_S),
            "Topic": self._vapid.topic(push.subscription.device, target),
            "Urgency": "high",  # people write to each other: a phone that sleeps is to wake up
        }
        try:
            async with asyncio.timeout(TIME_S_MAX):
                return await self._fetcher.post(url, headers, push.body)
        except (FetchError, TimeoutError):
            return None

    async def _answered(self, push: Push, target: str, answer: Answer | None) -> None:
        device, status = push.subscription.device, answer.status if answer else 0
        if status in {404, 410}:
            await self._platform.writer.work(lambda tx: self._gone(tx, push.subscription))
            self._queue.forget(device)
            return
        again = status in {0, 429} or status >= 500
        if again and target != TRIAL:
            self._queue.failed(device, target, self._now_ms(), retry_after_ms(answer, self._now_ms()))
            return
        if status // 100 != 2:
            log.warning("push_refused", status=status, service=parse(push.subscription.endpoint).host)
        if target != TRIAL:  # what was refused for what it is would be refused again
            self._unmarked[device, target] = push.seq
            await self._mark(device, target)
        self._queue.done(device, self._now_ms(), sent=True)

    async def _mark(self, device: str, target: str) -> None:
        """Remember what was taken. Raises `Unavailable`; it is tried again before the next push there."""
        seq = self._unmarked.get((device, target))
        if seq is not None:
            await self._platform.writer.work(lambda tx: store.put_mark(tx, device, target, seq))
            del self._unmarked[device, target]

    def _gone(self, tx: Transaction, subscription: store.Subscription) -> None:
        removed = store.remove(tx, subscription.device, subscription.endpoint)
        tx.after_commit(lambda: self.counted(-removed))

    def _contact(self) -> str:
        settings, url = self._platform.settings, self._platform.endpoints.public_url
        return settings.push_contact or (url if url.startswith("https:") else "")

    def _now_ms(self) -> int:
        return self._platform.clock.now_ms()


def retry_after_ms(answer: Answer | None, now_ms: int) -> int:
    """Return how long a push service wants to be left alone: seconds or a date (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip() if answer else ""
    if text.isascii() and text.isdigit():
        return int(text[:9]) * 1000
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() * 1000) - now_ms)
    except (ValueError, OverflowError):
        return 0
