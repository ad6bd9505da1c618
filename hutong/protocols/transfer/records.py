"""What travels on a TCP connection to a door: sealed records, one `ChannelMessage` each (XFER16).

Who connects sends 32 random bytes, who listens answers with 32 of its own; both keys, one a direction, come
from these and the door's key (HKDF-SHA-256). A record is its length (4 bytes) and AES-256-GCM of the message,
with the record's number as the nonce. The first record each way is empty: it shows that the key is known.
"""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hutong.protocols.transfer.errors import RulesError

KEY_BYTES = SALT_BYTES = 32
# A whole chunk of the usual size; larger ones go in pieces.
DOOR_PIECE_BYTES_MAX = 256 * 1024
MESSAGE_BYTES_MAX = DOOR_PIECE_BYTES_MAX + 64
_TAG_BYTES = 16
_LENGTH = struct.Struct(">I")
_INFO = b"hutong door 2"


class Records:
    """One connection's records, both ways. `salts`: the connecting side's, then the listening side's."""

    def __init__(self, key: bytes, salts: bytes, *, connecting: bool) -> None:
        material = HKDF(SHA256(), 64, salts, _INFO).derive(key)
        ours, theirs = material[:32], material[32:]
        if not connecting:
            ours, theirs = theirs, ours
        self._seal, self._open = AESGCM(ours), AESGCM(theirs)
        self._sealed = self._opened = 0
        self._buffer = bytearray()

    def seal(self, message: bytes) -> bytes:
        """Return the record of a message."""
        nonce = self._sealed.to_bytes(12)
        self._sealed += 1
        sealed = self._seal.encrypt(nonce, message, None)
        return _LENGTH.pack(len(sealed)) + sealed

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived; return the messages that are whole. Raises `RulesError`: close it."""
        self._buffer += data
        messages: list[bytes] = []
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (size_bytes,) = _LENGTH.unpack_from(self._buffer, at)
            if not _TAG_BYTES <= size_bytes <= MESSAGE_BYTES_MAX + _TAG_BYTES:
                raise RulesError("a record of no size that is allowed")
            end = at + _LENGTH.size + size_bytes
            if end > len(self._buffer):
                break
            messages.append(self._opened_record(bytes(self._buffer[at + _LENGTH.size : end])))
            at = end
        del self._buffer[:at]
        return messages

    def _opened_record(self, sealed: bytes) -> bytes:
        nonce = self._opened.to_bytes(12)
        self._opened += 1
        try:
            return self._open.decrypt(nonce, sealed, None)
        except InvalidTag as error:
            raise RulesError("a record nobody with the key has sealed") from error
