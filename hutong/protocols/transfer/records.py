"""What travels on a TCP connection to a door: sealed records (XFER16).

Who connects sends 32 random bytes, who listens answers with 32 of its own; both keys, one a direction, come
from these and the door's key (HKDF-SHA-256). A record is its length (4 bytes) and AES-256-GCM, with the
record's number as the nonce. It holds a `ChannelMessage`, or, when the length's highest bit is set, the data
of the piece that the message before it has announced. The first record each way is empty: it shows that the
key is known.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hutong.protocols.transfer.errors import RulesError
from hutong.protocols.transfer.piece import Bytes

KEY_BYTES = SALT_BYTES = 32
DOOR_PIECE_BYTES_MAX = 256 * 1024
MESSAGE_BYTES_MAX = DOOR_PIECE_BYTES_MAX + 64
TAG_BYTES = 16
_LENGTH = struct.Struct(">I")
_DATA = 1 << 31
_INFO = b"hutong door 2"
_RECORD_BYTES_MAX = _LENGTH.size + MESSAGE_BYTES_MAX + TAG_BYTES
# Where arriving bytes are put; what is left of a record is moved to the front once in a while.
_BUFFER_BYTES = 4 * _RECORD_BYTES_MAX


class Records:
    """One connection's records, both ways. `salts`: the connecting side's, then the listening side's."""

    def __init__(self, key: bytes, salts: bytes, *, connecting: bool) -> None:
        material = HKDF(SHA256(), 64, salts, _INFO).derive(key)
        ours, theirs = material[:32], material[32:]
        if not connecting:
            ours, theirs = theirs, ours
        self._seal, self._open = AESGCM(ours), AESGCM(theirs)
        self._sealed = self._opened = 0
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._start = self._end = 0  # what has arrived and is in no whole record yet

    def seal(self, message: bytes) -> bytes:
        """Return the record of a message."""
        nonce = self._sealed.to_bytes(12)
        self._sealed += 1
        sealed = self._seal.encrypt(nonce, message, None)
        return _LENGTH.pack(len(sealed)) + sealed

    def seal_data(self, data: Bytes, into: Bytes) -> bytes:
        """Seal a piece's data into a buffer `TAG_BYTES` longer; return what goes before it."""
        nonce = self._sealed.to_bytes(12)
        self._sealed += 1
        self._seal.encrypt_into(nonce, data, None, into)
        return _LENGTH.pack(len(into) | _DATA)

    def buffer(self) -> memoryview:
        """Return where to put what arrives next; tell `filled` how much that was."""
        return self._buffer[self._end :]

    def filled(self, size_bytes: int, place: Callable[[int], memoryview]) -> Iterator[bytes | memoryview]:
        """Yield what is whole now: messages, and data in the place that `place` names for so many bytes.

        Raises `RulesError`: close it.
        """
        self._end += size_bytes
        while self._end - self._start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, self._start)
            size = length & ~_DATA
            if not TAG_BYTES <= size <= MESSAGE_BYTES_MAX + TAG_BYTES:
                raise RulesError("a record of no size that is allowed")
            begin = self._start + _LENGTH.size
            if begin + size > self._end:
                break
            self._start = begin + size
            sealed = self._buffer[begin : begin + size]
            if length & _DATA:
                yield self._opened_into(sealed, place(size - TAG_BYTES))
            else:
                yield self._next_opened(sealed)
        self._make_room()

    def _make_room(self) -> None:
        """Keep room for a whole record behind what has arrived."""
        if self._start == self._end:
            self._start = self._end = 0
        elif len(self._buffer) - self._start < _RECORD_BYTES_MAX:
            rest = bytes(self._buffer[self._start : self._end])
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)

    def _next_opened(self, sealed: memoryview) -> bytes:
        try:
            return self._open.decrypt(self._next_nonce(), sealed, None)
        except InvalidTag as error:
            raise RulesError("a record nobody with the key has sealed") from error

    def _opened_into(self, sealed: memoryview, place: memoryview) -> memoryview:
        try:
            self._open.decrypt_into(self._next_nonce(), sealed, None, place)
        except InvalidTag as error:
            raise RulesError("a record nobody with the key has sealed") from error
        return place

    def _next_nonce(self) -> bytes:
        self._opened += 1
        return (self._opened - 1).to_bytes(12)
