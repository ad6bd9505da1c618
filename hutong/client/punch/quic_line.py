"""A QUIC connection as a line of a transfer.

What travels is cut as on a TCP connection (`protocols.transfer.records`), but not sealed: QUIC does that.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import struct
from collections.abc import Callable

from google.protobuf.message import DecodeError

from hutong.client.punch.quic_pipe import QuicPipe
from hutong.client.transfers.line import RANK_QUIC, Files
from hutong.protocols.punch import Secrets
from hutong.protocols.stun import Address
from hutong.protocols.transfer import Piece, RulesError
from hutong.protocols.transfer.records import DOOR_PIECE_BYTES_MAX, MESSAGE_BYTES_MAX
from hutong.schema import transfers_pb2 as pb

_LENGTH = struct.Struct(">I")
# Of the length: the data of the piece that was announced before.
_DATA = 1 << 31
_WINDOW_BYTES = 8 * 1024 * 1024


class QuicLine:
    """One connection, from the handshake to the end. The client proves itself first (PUNCH9)."""

    rank = RANK_QUIC
    piece_bytes_max = DOOR_PIECE_BYTES_MAX
    window_bytes = _WINDOW_BYTES

    def __init__(
        self,
        sock: socket.socket,
        remote: Address,
        secrets: Secrets,
        files: Files,
        *,
        client: bool,
        other: Callable[[bytes, Address], None],
        gone: Callable[[QuicLine], None],
    ) -> None:
        """Take the socket over; `other` gets probes that come late, `gone` is told the end."""
        self._secrets = secrets
        self._files = files
        self._client = client
        self._gone = gone
        self._buffer = bytearray()
        self._announced: pb.Piece | None = None
        self._certificate = b""
        self._known = False  # the other end has shown that it has the key and sees our certificate
        self._over = False
        self._pipe = QuicPipe(sock, remote, self, client=client, other=other)

    # ---- the line ----

    @property
    def room(self) -> bool:
        """Whether it takes another message."""
        return self._pipe.room

    def send(self, message: pb.ChannelMessage) -> None:
        """Queue a message."""
        self._send(message.SerializeToString())

    def send_piece(self, piece: Piece) -> None:
        """Queue a piece: what it is, and then its data as it is."""
        said = pb.Piece(chunk=piece.chunk, offset=piece.offset, leaf=piece.leaf)
        self._send(pb.ChannelMessage(piece=said).SerializeToString())
        self._pipe.send(_LENGTH.pack(len(piece.data) | _DATA), piece.data)

    def close(self) -> None:
        """End it; what is lost is sent again."""
        self._pipe.close()
        self.lost()

    def take(self, datagrams: list[bytes]) -> None:
        """Handle what arrived on the socket before the line was there."""
        self._pipe.take(datagrams)

    # ---- the pipe ----

    def connected(self, certificate: bytes) -> None:
        """The handshake is over."""
        self._certificate = certificate
        if self._client:
            self._send(self._proof(self._secrets.proof_ours))

    def received(self, data: bytes) -> None:
        """Cut messages out of the stream; anything wrong ends it."""
        self._buffer += data
        at = 0
        while not self._over and len(self._buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, at)
            end = at + _LENGTH.size + (length & ~_DATA)
            if end - at - _LENGTH.size > MESSAGE_BYTES_MAX:
                self.close()
                return
            if end > len(self._buffer):
                break
            with memoryview(self._buffer) as view:
                said = bytes(view[at + _LENGTH.size : end])
            try:
                self._take(said, is_data=bool(length & _DATA))
            except (RulesError, DecodeError):
                self.close()
                return
            at = end
        del self._buffer[:at]

    def drained(self) -> None:
        """There is room again."""
        self._files.drained()

    def lost(self) -> None:
        """Tell the files, once."""
        if self._over:
            return
        self._over = True
        if self._known:
            self._files.closed(self)
        self._gone(self)

    def _take(self, said: bytes, *, is_data: bool) -> None:
        if not self._known:
            self._meet(said)
            return
        announced, self._announced = self._announced, None
        if is_data != (announced is not None):
            raise RulesError("a piece without its data, or data of no piece")
        if announced is not None:
            self._files.piece(self, Piece(announced.chunk, announced.offset, said, announced.leaf))
            return
        message = pb.ChannelMessage.FromString(said)
        if message.HasField("piece") and not message.piece.data:
            self._announced = message.piece
        else:
            self._files.message(self, message)

    def _meet(self, proof: bytes) -> None:
        expected = self._proof(self._secrets.proof_theirs)
        if not self._certificate or not hmac.compare_digest(proof, expected):
            raise RulesError("no proof of the key")
        self._known = True
        if not self._client:
            self._send(self._proof(self._secrets.proof_ours))
        self._files.opened(self)

    def _proof(self, key: bytes) -> bytes:
        return hmac.digest(key, hashlib.sha256(self._certificate).digest(), "sha256")

    def _send(self, message: bytes) -> None:
        self._pipe.send(_LENGTH.pack(len(message)), message)
