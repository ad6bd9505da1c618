"""What the receiving side knows of one channel."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hutong.protocols.transfer.manifest import ManifestReader
from hutong.protocols.transfer.piece import Bytes
from hutong.schema import transfers_pb2 as pb

# Said after so many bytes: often enough for the sender to see the path, seldom enough to cost nothing.
_ARRIVALS_EVERY_BYTES = 64 * 1024


@dataclass(slots=True)
class Beginning:
    """The first bytes of a chunk, in the pieces that brought them."""

    parts: list[Bytes] = field(default_factory=list)
    size_bytes: int = 0


@dataclass(slots=True)
class Arriving:
    """A channel, what is coming in on it, and what is to be said there."""

    window_bytes: int
    piece_bytes_max: int
    to_say: deque[pb.ChannelMessage] = field(default_factory=deque)
    arrived_bytes: int = 0
    settled_bytes: int = 0  # written, or thrown away
    credit_bytes: int = 0
    arrivals: bool = False  # the sender wants to hear of them
    said_arrived_bytes: int = 0
    chunk: int = -1
    data: Beginning = field(default_factory=Beginning)
    chunk_cost_bytes: int = 0
    reader: ManifestReader = field(default_factory=ManifestReader)
    read: bool = False  # its manifest has arrived
    told: bool = False  # and the sender hears what we have
    asked: bool = False
    waits_for: set[int] = field(default_factory=set)  # chunks being written when it asked
    unsaid: list[int] = field(default_factory=list)  # chunks written since

    def arrival(self) -> pb.ChannelMessage | None:
        """Return how much has arrived, when that is worth a message."""
        fresh_bytes = self.arrived_bytes - self.said_arrived_bytes
        if not self.arrivals or fresh_bytes < _ARRIVALS_EVERY_BYTES:
            return None
        self.said_arrived_bytes = self.arrived_bytes
        return pb.ChannelMessage(arrived_bytes=self.arrived_bytes)

    def settle(self, size_bytes: int) -> None:
        """Give credit again for what is off our hands."""
        self.settled_bytes += size_bytes
        if self.settled_bytes + self.window_bytes - self.credit_bytes >= self.window_bytes // 4:
            self.credit_bytes = self.settled_bytes + self.window_bytes
            self.to_say.append(pb.ChannelMessage(credit_bytes=self.credit_bytes))
