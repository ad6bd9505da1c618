"""Erases messages whose time has come, whether the server ran then or not."""

from __future__ import annotations

from collections import defaultdict

from hutong.features.chat import expiry
from hutong.features.chat.erasing import Erasing
from hutong.platform.due import DueWork
from hutong.platform.feature import Platform
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb

# One commit's work: others wait behind it.
MESSAGES_AT_ONCE_MAX = 100


class Disappearing:
    """The part of chat that runs in the background."""

    def __init__(self, platform: Platform, erasing: Erasing) -> None:
        self._platform = platform
        self._erasing = erasing
        self._work = DueWork("disappearing", platform.clock, self._sweep)
        self.expect = self._work.expect

    async def on_start(self) -> None:
        """Look for what fell due before."""
        self._work.start()

    async def on_stop(self) -> None:
        """Look no longer."""
        await self._work.stop()

    async def _sweep(self) -> int | None:
        return await self._platform.writer.work(self._erase_due)

    def _erase_due(self, tx: Transaction) -> int | None:
        """Erase some messages, say so in their conversations, and forget their times: all or nothing."""
        seqs: defaultdict[str, list[int]] = defaultdict(list)
        for due in expiry.due(tx, tx.now_ms, MESSAGES_AT_ONCE_MAX):
            self._erasing.erase(tx, tx.event(due.log, due.seq))
            seqs[due.log].append(due.seq)
        for log, gone in seqs.items():
            tx.append(log, pb.MessagesDisappeared(seqs=sorted(gone)))
        return expiry.next_due_ms(tx)
