"""What both ends of a transfer need of a channel, whatever it is made of."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hutong.protocols.transfer import Piece
from hutong.schema import transfers_pb2 as pb

# Of the lines that are open, those of the highest rank carry new chunks. TCP in the kernel costs a fifth of
# what QUIC in a program does, and QUIC a tenth of a data channel.
RANK_DATA_CHANNEL, RANK_QUIC, RANK_DOOR = 0, 1, 2


class Line(Protocol):
    """An open channel. Sending on a broken one does nothing: what is lost is sent again."""

    rank: int
    piece_bytes_max: int
    window_bytes: int

    @property
    def room(self) -> bool:
        """Whether its buffer takes another message."""

    def send(self, message: pb.ChannelMessage) -> None:
        """Queue one message."""

    def close(self) -> None:
        """End it."""


@runtime_checkable
class PieceLine(Line, Protocol):
    """A line that carries pieces without making messages of them, and hands them to `Files.piece`."""

    def send_piece(self, piece: Piece) -> None:
        """Queue one piece."""


class Files(Protocol):
    """One end: sending or receiving files over lines."""

    def opened(self, line: Line) -> None:
        """A line has opened."""

    def closed(self, line: Line) -> None:
        """It is gone."""

    def drained(self) -> None:
        """Some line has room again."""

    def message(self, line: Line, message: pb.ChannelMessage) -> None:
        """A message arrived on it."""

    def piece(self, line: Line, piece: Piece) -> None:
        """A piece arrived on it that was not packed into a message."""
