"""A part of a chunk, as lines carry it that do not pack it into a message.

Each packing and unpacking copies the bytes; at several hundred megabytes a second copies are what the time
goes into, so a piece holds views, and only lines that carry messages make one of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hutong.schema import transfers_pb2 as pb

# What a piece's bytes may be held in.
Bytes = bytes | bytearray | memoryview


@dataclass(slots=True)
class Piece:
    """Bytes of a chunk from `offset` on; the last piece brings the chunk's leaf."""

    chunk: int
    offset: int
    data: Bytes
    leaf: bytes = b""

    @classmethod
    def of(cls, piece: pb.Piece) -> Piece:
        """Return the piece a message brought."""
        return cls(piece.chunk, piece.offset, piece.data, piece.leaf)

    def message(self) -> pb.ChannelMessage:
        """Return the message that says it."""
        said = pb.ChannelMessage(piece=pb.Piece(chunk=self.chunk, offset=self.offset, leaf=self.leaf))
        said.piece.data = bytes(self.data)
        return said
