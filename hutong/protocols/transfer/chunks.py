"""Sets of chunk numbers, and the runs that tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hutong.protocols.transfer.errors import RulesError
from hutong.schema import transfers_pb2 as pb

# In one message; a run takes at most eleven bytes.
RUNS_MAX = 1_000


class ChunkSet:
    """Some of the chunks 0 to `chunks` - 1. A bit each."""

    def __init__(self, chunks: int) -> None:
        self._chunks = chunks
        self._bits = bytearray(-(-chunks // 8))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, chunk: int) -> bool:
        return bool(self._bits[chunk >> 3] & 1 << (chunk & 7))

    @property
    def full(self) -> bool:
        """Whether every chunk is in it."""
        return self._count == self._chunks

    def add(self, chunk: int) -> bool:
        """Put one in; tell whether it is new."""
        if chunk in self:
            return False
        self._bits[chunk >> 3] |= 1 << (chunk & 7)
        self._count += 1
        return True

    def remove(self, chunk: int) -> bool:
        """Take one out; tell whether it was in."""
        if chunk not in self:
            return False
        self._bits[chunk >> 3] &= ~(1 << (chunk & 7))
        self._count -= 1
        return True

    def __iter__(self) -> Iterator[int]:
        for place, byte in enumerate(self._bits):
            if byte:
                yield from (place * 8 + bit for bit in range(8) if byte & 1 << bit)

    def missing_from(self, chunk: int) -> int:
        """Return the first chunk at or after a number that is not in it; the number of chunks if none."""
        while chunk < self._chunks:
            if not chunk & 7 and self._bits[chunk >> 3] == 0xFF:
                chunk += 8
            elif chunk in self:
                chunk += 1
            else:
                return chunk
        return self._chunks


def runs_of(chunks: Iterable[int]) -> list[pb.Run]:
    """Return numbers, which have to rise, as runs."""
    runs: list[pb.Run] = []
    for chunk in chunks:
        if runs and runs[-1].first + runs[-1].count == chunk:
            runs[-1].count += 1
        else:
            runs.append(pb.Run(first=chunk, count=1))
    return runs


def numbers_of(runs: Iterable[pb.Run], chunks: int) -> Iterator[int]:
    """Return the numbers runs tell. Raises `RulesError` for some that do not exist."""
    for run in runs:
        if run.first + run.count > chunks:
            raise RulesError("there is no such chunk")
        yield from range(run.first, run.first + run.count)
