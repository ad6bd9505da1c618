"""One log, watched for a while by a part of the client, beside what the program's own streams do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from hutong.client import methods
from hutong.client.cleanup import call_off
from hutong.client.connection import Connection
from hutong.client.models import Event
from hutong.client.pushes import Listener, Pushes
from hutong.platform.errors import RpcError
from hutong.schema import identity_pb2, log_pb2

_RETRY_AFTER_S = 2.0


class LogWatch(Listener):
    """Calls `on_event` for every event after `after`, in order, until `close`."""

    def __init__(
        self,
        connection: Connection,
        pushes: Pushes,
        log: str,
        after: int,
        on_event: Callable[[Event], None],
    ) -> None:
        self._connection = connection
        self._pushes = pushes
        self._log = log
        self._cursor = after
        self._on_event = on_event
        self._newest = after
        self._behind = asyncio.Event()
        self._behind.set()
        pushes.add(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Watch no longer."""
        self._pushes.remove(self)
        await call_off(self._task)

    def on_resumed(self, reply: identity_pb2.SessionReply) -> None:
        """The new carrier does not follow yet."""
        del reply
        self._behind.set()

    def on_events(self, events: Iterable[log_pb2.Event]) -> None:
        """LOG8."""
        for event in events:
            if event.log != self._log or event.seq <= self._cursor:
                continue
            self._newest = max(self._newest, event.seq)
            if event.seq == self._cursor + 1 and not self._behind.is_set():
                self._apply(event)
            else:
                self._behind.set()

    def _apply(self, event: log_pb2.Event) -> None:
        self._cursor = event.seq
        self._on_event(Event.of(event))

    async def _run(self) -> None:
        while True:
            await self._behind.wait()
            try:
                await self._follow()
            except RpcError:
                await asyncio.sleep(_RETRY_AFTER_S)

    async def _follow(self) -> None:
        cursor = log_pb2.Cursor(log=self._log, after=self._cursor)
        reply = await self._connection.call(methods.FOLLOW, log_pb2.FollowRequest(cursors=[cursor]))
        page = reply.pages[0]
        for event in page.events:
            if event.seq > self._cursor:
                self._apply(event)
        # What was pushed in the meantime had to wait for this page, and may be beyond it.
        if page.denied or self._cursor >= max(page.head, self._newest):
            self._behind.clear()
