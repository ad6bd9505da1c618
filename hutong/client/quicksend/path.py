"""The path of a quick send: opened, watched, mended; there is no storage to fall back to."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from hutong.client.cleanup import call_off
from hutong.client.connection import Connection
from hutong.client.peers.session import PeerSession, Prepare, SessionGoneError
from hutong.client.punch.direct import DirectPaths
from hutong.client.quicksend.errors import QuickSendError
from hutong.client.quicksend.meeting import SESSION, Meeting
from hutong.client.transfers.progress import Way
from hutong.client.waiting import first_of
from hutong.platform.errors import RpcError
from hutong.schema import quicksend_pb2 as pb

_OPEN_WITHIN_S = 60.0
_STALLED_AFTER_S = 10.0
_BROKEN_AFTER_S = 60.0
_LOOK_EVERY_S = 0.5
# How the other side ends it on purpose; when only the server has gone, what flows goes on.
_MEANT = frozenset({pb.ENDING_CANCELLED, pb.ENDING_DECLINED})


class Path:
    """`moved` is told whenever bytes were kept; `through` sees it to the end."""

    def __init__(
        self,
        meeting: Meeting,
        prepare: Prepare,
        *,
        offerer: bool,
        relay_only: bool,
        direct: DirectPaths | None = None,
    ) -> None:
        self._meeting = meeting
        # Of a connection and its pushes, a session uses what `Signals` has.
        signals: Any = meeting.signals
        self.session = PeerSession(
            cast("Connection", signals),
            meeting.signals,
            SESSION,
            offerer=offerer,
            prepare=prepare,
            relay_only=relay_only,
            direct=direct,
        )
        self._moved_at = 0.0
        self._opened = False
        self.way = Way.UNKNOWN

    def moved(self) -> None:
        """Bytes have arrived on it."""
        self._opened = True
        self._moved_at = asyncio.get_running_loop().time()
        self.notice_way()

    def notice_way(self) -> None:
        """Remember the way while it is there to be seen."""
        way = Way(self.session.path())
        if way is not Way.UNKNOWN:
            self.way = way

    async def through(self, finished: asyncio.Future[Any]) -> None:
        """Keep the path up until `finished` is settled. Raises `QuickSendError`; what it raises, too."""
        loop = asyncio.get_running_loop()
        running = loop.create_task(self.session.run())
        watching = loop.create_task(self._watch())
        hearing = loop.create_task(self._hear())
        try:
            await first_of(finished, running, watching, hearing)
            if finished.done():
                finished.result()
                self.notice_way()
                return
            next(task for task in (hearing, watching, running) if task.done()).result()
        except (SessionGoneError, RpcError) as error:
            raise QuickSendError("The path broke, and the server did not help to mend it.") from error
        finally:
            await call_off(running, watching, hearing)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._moved_at = loop.time()
        mended = False
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.notice_way()
            still_s = loop.time() - self._moved_at
            if still_s > (_BROKEN_AFTER_S if self._opened else _OPEN_WITHIN_S):
                raise QuickSendError(
                    "The path between the two devices broke and did not come back."
                    if self._opened
                    else "No path opened between the two devices."
                )
            if still_s < _STALLED_AFTER_S:
                mended = False
            elif self._opened and not mended:
                mended = True
                self.session.rebuild()

    async def _hear(self) -> None:
        """Return when the other side has everything. Raises `QuickSendError` when it called it off."""
        while True:
            try:
                word = await self._meeting.next()
            except QuickSendError as error:
                if error.ending in _MEANT or not error.ending:
                    raise
                await asyncio.Event().wait()
            if word.HasField("arrived"):
                return
