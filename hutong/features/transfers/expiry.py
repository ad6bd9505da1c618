"""Offers nobody answers: after a week they end, and both sides see it (TRANSFER10)."""

from __future__ import annotations

from hutong.features.transfers import store
from hutong.features.transfers.store import Row
from hutong.platform.due import DueWork
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction
from hutong.schema import transfers_pb2 as pb

OFFER_LIFE_MS = 7 * 24 * 60 * 60 * 1000
AT_ONCE_MAX = 100


class Expiry:
    """The part of the feature that runs in the background."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._work = DueWork("transfers", platform.clock, self._expire_due)

    async def on_start(self) -> None:
        """Look for what fell due before."""
        self._work.start()

    async def on_stop(self) -> None:
        """Look no longer."""
        await self._work.stop()

    def offered(self, tx: Transaction, now_ms: int) -> None:
        """Look again when an offer that was made now has been there for a week."""
        tx.after_commit(lambda: self._work.expect(now_ms + OFFER_LIFE_MS))

    async def _expire_due(self) -> int | None:
        """End some; return when the next is due."""
        now_ms = self._platform.clock.now_ms()
        until_ms = now_ms - OFFER_LIFE_MS

        def expire(tx: Transaction) -> int:
            rows = store.unanswered(tx, until_ms, AT_ONCE_MAX)
            for row in rows:
                self._end(tx, row)
            return len(rows)

        if await self._platform.writer.work(expire) == AT_ONCE_MAX:
            return now_ms
        oldest_ms = await self._platform.read(store.oldest_unanswered_ms)
        return None if oldest_ms is None else oldest_ms + OFFER_LIFE_MS

    @staticmethod
    def _end(tx: Transaction, row: Row) -> None:
        store.update(tx, row._replace(result=pb.RESULT_EXPIRED))
        ended = pb.TransferEnded(transfer=row.transfer, result=pb.RESULT_EXPIRED)
        tx.append(row.log, ended, author=row.sender)
