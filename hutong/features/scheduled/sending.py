"""Sends what waits when its time has come: once, also when the server was away then."""

from __future__ import annotations

from functools import partial

from hutong.features.chat.api import Chat
from hutong.features.files.api import Files
from hutong.features.scheduled import store
from hutong.features.scheduled.store import Row
from hutong.platform import journal
from hutong.platform.due import DueWork
from hutong.platform.errors import ResourceExhausted, RpcError, Unavailable
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction
from hutong.schema import scheduled_pb2 as pb

AT_ONCE_MAX = 50
# After a refusal that passes: the disk is full, or too much happens in the group.
RETRY_AFTER_MS = 5_000

log = journal.get(__name__)


class Sending:
    """The part of the feature that runs in the background."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._chat = platform.use(Chat)
        self._files = platform.use(Files)
        self._work = DueWork("scheduled", platform.clock, self._send_due)
        self.expect = self._work.expect

    async def on_start(self) -> None:
        """Look for what fell due before."""
        self._work.start()

    async def on_stop(self) -> None:
        """Look no longer."""
        await self._work.stop()

    def let_go(self, tx: Transaction, row: Row) -> None:
        """Take the files back that were kept readable for a message."""
        for blob in self._chat.blobs(row.message):
            self._files.withdraw(tx, blob, f"scheduled:{row.user}")

    def end(self, tx: Transaction, row: Row) -> None:
        """Forget a message, and tell its author's devices."""
        self.let_go(tx, row)
        store.remove(tx, row.id)
        gone = pb.Scheduled(id=row.id, log=row.log)
        tx.append(f"inbox:{row.user}", pb.ScheduledChanged(scheduled=gone), author=row.user)

    async def _send_due(self) -> int | None:
        """Send some; each is a command of its own, so that one that fails takes no other with it."""
        now_ms = self._platform.clock.now_ms()
        rows = await self._platform.read(lambda read: store.due(read, now_ms, AT_ONCE_MAX))
        retry = False
        for row in rows:
            try:
                await self._platform.writer.work(partial(self._send, row=row))
            except (Unavailable, ResourceExhausted):
                retry = True
            except RpcError as error:
                await self._platform.writer.work(partial(self._fail, row=row, problem=error.reason))
            except Exception:
                log.exception("scheduled_not_sent")
                await self._platform.writer.work(partial(self._fail, row=row, problem="internal"))
        if retry:
            return now_ms + RETRY_AFTER_MS
        if len(rows) == AT_ONCE_MAX:
            return now_ms
        return await self._platform.read(lambda read: store.next_at_ms(read, now_ms))

    def _send(self, tx: Transaction, row: Row) -> None:
        if store.get(tx, row.id) == row:  # else it was changed or cancelled meanwhile
            self._chat.append(tx, row.user, row.log, row.message)
            self.end(tx, row)

    def _fail(self, tx: Transaction, row: Row, problem: str) -> None:
        if store.get(tx, row.id) == row:
            after = row._replace(problem=problem)
            store.put(tx, after)
            scheduled = after.to_proto()
            tx.append(f"inbox:{row.user}", pb.ScheduledChanged(scheduled=scheduled), author=row.user)
