"""Queues of events between the sync and the program's `async for` loops."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from google.protobuf.message import Message as Body

from hutong.client.models import Event

# A loop that is slower than this many events behind makes the sync wait; nothing is lost, the server has it.
WAITING_EVENTS_MAX = 2_000
# Notices are passing: beyond this many the newest is dropped.
_WAITING_NOTICES_MAX = 500


class Delivery:
    """An event on its way to every open stream; `handled` when all are done with it and one handled it."""

    __slots__ = ("_handled", "_left", "_taken", "event")

    def __init__(self, event: Event, left: int, handled: Callable[[Event], None]) -> None:
        self.event = event
        self._left = left
        self._handled = handled
        self._taken = False

    def done(self, *, taken: bool) -> None:
        """One stream is done with it: its program was given it, or the stream was closed before."""
        self._left -= 1
        self._taken = self._taken or taken
        if self._left == 0 and self._taken:
            self._handled(self.event)


class EventQueue:
    """What waits for one stream."""

    def __init__(self, drained: Callable[[], None], closed: Callable[[EventQueue], None]) -> None:
        self._drained = drained
        self._closed = closed
        self._waiting: deque[Delivery | Body] = deque()
        self._notices = 0
        self._current: Delivery | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._open = True

    @property
    def full(self) -> bool:
        """Whether no more events may be put in."""
        return len(self._waiting) - self._notices >= WAITING_EVENTS_MAX

    def put(self, item: Delivery | Body) -> None:
        """Let the stream have it next."""
        if isinstance(item, Body):
            if self._notices >= _WAITING_NOTICES_MAX:
                return  # passing things: the program asks anew when it cares
            self._notices += 1
        self._waiting.append(item)
        self._wake()

    def fail(self, error: Exception) -> None:
        """End the stream with an error, after what waits."""
        self._error = error
        self._wake()

    async def get(self) -> Event | Body:
        """Return the next; asking for it says that the one before was handled. One getter at a time."""
        self._handle_current()
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if not self._open:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        item = self._waiting.popleft()
        if isinstance(item, Delivery):
            self._current = item
            if len(self._waiting) - self._notices == WAITING_EVENTS_MAX // 2:
                self._drained()
            return item.event
        self._notices -= 1
        return item

    def close(self) -> None:
        """The program is through: what it was given counts as handled, what waits does not."""
        if self._open:
            self._open = False
            self._handle_current()
            for item in self._waiting:
                if isinstance(item, Delivery):
                    item.done(taken=False)
            self._waiting.clear()
            self._notices = 0
            self._wake()
            self._closed(self)

    def _handle_current(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.done(taken=True)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class EventStream(AsyncIterator[Event | Body]):
    """`async for event in stream`: events of all logs in their logs' order, and notices in between.

    Leaving the loop closes it. What was not yet handed out comes again in the next stream.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event | Body:
        return await self._queue.get()

    async def aclose(self) -> None:
        """End the stream."""
        self._queue.close()

    def __del__(self) -> None:
        self._queue.close()
