"""What the sending side knows of one channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hutong.protocols.transfer.chunks import ChunkSet
from hutong.protocols.transfer.pace import Pace
from hutong.protocols.transfer.piece import Piece
from hutong.schema import transfers_pb2 as pb

# Of credit, so that a flood of tiny files has a bound too (XFER9).
PIECE_COST_BYTES_MIN = 1024


def cost_bytes(size_bytes: int) -> int:
    """Return what a piece takes of a channel's credit."""
    return max(size_bytes, PIECE_COST_BYTES_MIN)


@dataclass(slots=True)
class Carrier:
    """A channel, the chunk that is under way on it, and what the receiver has said about it."""

    rank: int
    piece_bytes_max: int
    unkept_bytes_max: int  # beyond what is under way: arrived, and not said to be written
    told: ChunkSet  # what it said since the last whole Have
    heard: bool = False  # the receiver has said Hello, and then Have
    synced: bool = False
    credit_bytes: int = 0
    carried_bytes: int = 0
    kept_bytes: int = 0
    pace: Pace | None = None  # from when the receiver says what arrives
    to_say: deque[pb.ChannelMessage] = field(default_factory=deque)
    chunk: int = -1  # under way, with its bytes and how many of them have gone
    data: memoryview = field(default_factory=lambda: memoryview(b""))
    leaf: bytes = b""
    offset: int = 0
    carrying: dict[int, int] = field(default_factory=dict)  # chunk: what it has cost

    def may_begin(self, now: float) -> bool:
        """Whether there is room for the beginning of another chunk."""
        return self.credit_bytes > self.carried_bytes and self._in_pace(now)

    def begin(self, chunk: int, data: memoryview, leaf: bytes, offset: int) -> None:
        """Put a chunk under way, from an offset on."""
        self.chunk, self.data, self.leaf, self.offset = chunk, data, leaf, offset
        self.carrying[chunk] = 0

    def next_piece(self, now: float) -> Piece | None:
        """Return the next piece of the chunk under way, if it may go now."""
        size_bytes = min(self.piece_bytes_max, len(self.data) - self.offset)
        cost = cost_bytes(size_bytes)
        if self.credit_bytes - self.carried_bytes < cost or not self._in_pace(now):
            return None
        piece = Piece(self.chunk, self.offset, self.data[self.offset : self.offset + size_bytes])
        self.offset += size_bytes
        self.carried_bytes += cost
        if self.chunk in self.carrying:
            self.carrying[self.chunk] += cost
        else:  # the receiver has got it otherwise meanwhile
            self.kept_bytes += cost
        if self.pace is not None:
            self.pace.sent(cost, now)
        if self.offset == len(self.data):
            piece.leaf = self.leaf
            self.chunk, self.data = -1, memoryview(b"")
        return piece

    def keep(self, chunk: int) -> None:
        """The receiver has a chunk."""
        self.kept_bytes += self.carrying.pop(chunk, 0)

    def _in_pace(self, now: float) -> bool:
        if self.pace is None:
            return True
        room_bytes = self.pace.room_bytes(now)
        unkept_bytes = self.pace.arrived_bytes - self.kept_bytes
        return room_bytes > 0 and unkept_bytes < self.unkept_bytes_max
