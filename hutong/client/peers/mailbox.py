"""Puts what the other device said in order. Pure.

Numbers may skip (the server keeps only the newest signals, a connection may be lost), so a gap is never
waited for: it is fetched, and what the fetch leaves out is gone. A fetch that is asked for after a number
arrived covers everything below it.
"""

from __future__ import annotations

from collections.abc import Iterable

from hutong.schema import peers_pb2

# Held while a fetch is under way; beyond it the oldest is dropped, the next fetch brings it again.
_WAITING_MAX = 256


class Mailbox:
    """The other device's signals of one session."""

    def __init__(self) -> None:
        self.last = 0  # the newest number that was handed out
        self._waiting: dict[int, peers_pb2.Signal] = {}

    @property
    def gap(self) -> bool:
        """Whether something is missing that a fetch may bring."""
        return bool(self._waiting)

    def receive(self, number: int, signal: peers_pb2.Signal) -> list[peers_pb2.Signal]:
        """Take one pushed signal; return what is now in order."""
        if number > self.last:
            self._waiting[number] = signal
        if len(self._waiting) > _WAITING_MAX:
            del self._waiting[min(self._waiting)]
        return self._drain()

    def fetched(self, said: Iterable[peers_pb2.Said]) -> list[peers_pb2.Signal]:
        """Take the answer to "everything after `last`": the truth up to its newest number."""
        ready: list[peers_pb2.Signal] = []
        for item in sorted(said, key=lambda each: each.number):
            if item.number > self.last:
                self.last = item.number
                ready.append(item.signal)
        self._waiting = {number: each for number, each in self._waiting.items() if number > self.last}
        return ready + self._drain()

    def _drain(self) -> list[peers_pb2.Signal]:
        ready: list[peers_pb2.Signal] = []
        while self.last + 1 in self._waiting:
            self.last += 1
            ready.append(self._waiting.pop(self.last))
        return ready
