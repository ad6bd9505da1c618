"""Records of one direction: sealing and opening (SEAL2, SEAL7 to SEAL10).

Both stand under every message: the common case, a small one in its order, goes straight through.
"""

from __future__ import annotations

import struct
import weakref
from collections import deque
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hutong.protocols.sealed import wire
from hutong.protocols.sealed.errors import SealedError
from hutong.protocols.sealed.keys import expand, next_secret
from hutong.protocols.sealed.window import Window

# A sender changes its key at the latest after so many records, and after so many seconds (SEAL8).
PHASE_RECORDS_MAX = 1 << 20
PHASE_S_MAX = 3600
# Ciphers of this process that are kept for those who talk: two for each of so many connections.
AWAKE_MAX = 1024
# For the others: most connections say a few records when they open, and are silent from then on.
NEWCOMERS_AWAKE_MAX = 128
NEWCOMER_RECORDS = 8

_HEADER = struct.Struct("!BH")
_ASSOCIATED = struct.Struct("!BQQ")  # first byte, sequence number, records of the class before
# Marker and padding of a last fragment, by the bytes of padding.
_ENDS = [bytes([wire.FRAGMENT | wire.LAST]) + bytes(padding) for padding in range(1024)]
_MIDDLE = bytes([wire.FRAGMENT])


class _Phase:
    """The keys of one phase.

    Most connections are idle, and of an idle one only the secret is kept, 65 bytes for each key being many
    in the end. The library's cipher is 2.5 KB and made in 2 µs: those that spoke lately have one. Past
    a bound the one that was made first goes, and is made anew when it is missed. What has not said
    `NEWCOMER_RECORDS` yet has a small bound of its own: connections that only open and listen held 1,000
    ciphers awake, 1,100 bytes for each of the first 2,000 connections.
    """

    __slots__ = ("__weakref__", "_cipher", "_records", "iv", "secret")

    # Weak, so that keys go with their connections.
    _newcomers: ClassVar[deque[weakref.ref[_Phase]]] = deque()
    _talkers: ClassVar[deque[weakref.ref[_Phase]]] = deque()

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._cipher: AESGCM | None = None
        self._records = 0
        self.iv = int.from_bytes(expand(secret, b"iv", size_bytes=12), "big")

    def cipher(self) -> AESGCM:
        self._records += 1
        return self._wake() if self._cipher is None else self._cipher

    def _wake(self) -> AESGCM:
        self._cipher = cipher = AESGCM(expand(self.secret, b"key"))
        new = self._records <= NEWCOMER_RECORDS
        awake, bound = (self._newcomers, NEWCOMERS_AWAKE_MAX) if new else (self._talkers, AWAKE_MAX)
        awake.append(weakref.ref(self))
        if len(awake) > bound:
            oldest = awake.popleft()()
            if oldest is not None:
                oldest._cipher = None  # noqa: SLF001  one of us
        return cipher

    def following(self) -> _Phase:
        return _Phase(next_secret(self.secret))


class Sealer:
    """Seals what one side says, record by record; `after` sealed what it said before, early."""

    __slots__ = ("_head", "_phase", "_phase_begins", "_sequence", "counts")

    def __init__(self, secret: bytes, *, early: bool = False, after: Sealer | None = None) -> None:
        self._phase = _Phase(secret)
        self._head = wire.RECORD | (wire.EARLY if early else 0)
        self._sequence = 0
        self._phase_begins = 0
        self.counts: list[int] = [0] * wire.CLASSES if after is None else after.counts

    def seal(self, payload: bytes, klass: int) -> bytes:
        """Return a record with a whole message of at most `FRAGMENT_BYTES_MAX`."""
        size_bytes = len(payload) + 1
        if size_bytes <= 256:
            return self._seal(payload + _ENDS[-size_bytes & 15], klass)
        return self._seal(payload + _ENDS[wire.padded_bytes(size_bytes) - size_bytes], klass)

    def seal_part(self, message: bytes, start: int, klass: int) -> bytes:
        """Return a record with the fragment of a larger message that begins at `start` (SEAL12)."""
        end = start + wire.FRAGMENT_BYTES_MAX
        if end >= len(message):
            return self.seal(message[start:], klass)
        return self._seal(message[start:end] + _MIDDLE, klass)

    def seal_all(self, message: bytes, klass: int) -> list[bytes]:
        """Return the records of a message. Raises `ValueError` above `MESSAGE_BYTES_MAX`."""
        if len(message) > wire.MESSAGE_BYTES_MAX:
            raise ValueError("A message is at most 1 MiB.")
        starts = range(0, len(message) or 1, wire.FRAGMENT_BYTES_MAX)
        return [self.seal_part(message, start, klass) for start in starts]

    def _seal(self, padded: bytes, klass: int) -> bytes:
        sequence = self._sequence
        if sequence - self._phase_begins >= PHASE_RECORDS_MAX:
            self.change_keys()
        self._sequence = sequence + 1
        first = self._head | klass
        count = self.counts[klass]
        self.counts[klass] = count + 1
        phase = self._phase
        return _HEADER.pack(first, sequence & 0xFFFF) + phase.cipher().encrypt(
            (phase.iv ^ sequence).to_bytes(12, "big"), padded, _ASSOCIATED.pack(first, sequence, count)
        )

    def change_keys(self) -> None:
        """Go on with the next phase: the caller does so every `PHASE_S_MAX` seconds, not within a minute.

        A phase that nothing was said in goes on instead: the other side could not see that it was one.
        """
        if self._sequence > self._phase_begins:
            self._phase = self._phase.following()
            self._head ^= wire.PHASE
            self._phase_begins = self._sequence


class Opener:
    """Opens what the other side says, and puts fragments together.

    After a `SealedError` it is of no use any more.
    """

    __slots__ = ("_before", "_head", "_parts", "_phase", "_phase_begins", "_window", "counts")

    def __init__(self, secret: bytes, *, early: bool = False) -> None:
        self._phase = _Phase(secret)
        self._before: _Phase | None = None
        self._phase_begins = 0  # the lowest number opened in this phase
        self._head = wire.RECORD | (wire.EARLY if early else 0)
        self._window = Window()
        self.counts = [0] * wire.CLASSES
        self._parts: list[bytearray | None] | None = None  # by class, once there was a fragment

    def follow(self, early: Opener) -> None:
        """Count on from the early records, so that none of them can be left out unnoticed (SEAL7)."""
        self.counts = early.counts

    def open(self, record: bytes) -> bytes | None:
        """Return the message a record completes, None when it completes none or came before (SEAL9).

        Raises `SealedError` for anything that is no record of this direction.
        """
        if not wire.RECORD_BYTES_MIN <= len(record) <= wire.RECORD_BYTES_MAX:
            raise SealedError("A record of no possible size.")
        first, short = _HEADER.unpack_from(record)
        klass = first & wire.CLASS
        head = first ^ klass
        if klass == wire.CLASS or (head != self._head and head != self._head ^ wire.PHASE):
            raise SealedError("A record with a bit that means nothing.")
        window = self._window
        sequence = window.following
        if short != sequence & 0xFFFF:
            restored = window.restore(short)
            if restored is None:
                return None
            sequence = restored
        phase = self._phase if head == self._head else self._other_phase(sequence)
        count = self.counts[klass]
        try:
            padded = phase.cipher().decrypt(
                (phase.iv ^ sequence).to_bytes(12, "big"),
                record[wire.RECORD_HEADER_BYTES :],
                _ASSOCIATED.pack(first, sequence, count),
            )
        except InvalidTag as error:
            raise SealedError("A record does not open.") from error
        self.counts[klass] = count + 1
        if sequence == window.following:
            window.following = sequence + 1
        else:
            window.mark(sequence)
        if phase is not self._phase or self._before is not None:
            self._settle_phase(phase, sequence)
        payload = padded.rstrip(b"\x00")
        marker = payload[-1] if payload else 0
        if marker == _WHOLE and (self._parts is None or self._parts[klass] is None):
            return payload[:-1]
        return self._put_together(payload, marker, klass)

    def _other_phase(self, sequence: int) -> _Phase:
        """Return the phase before or the next one, for a record that is not of this one (SEAL8)."""
        if sequence < self._phase_begins:
            if self._before is None:
                raise SealedError("A record of a phase that is over.")
            return self._before
        return self._phase.following()

    def _settle_phase(self, phase: _Phase, sequence: int) -> None:
        if phase is self._phase:
            self._phase_begins = min(self._phase_begins, sequence)
        elif phase is not self._before:
            self._before, self._phase = self._phase, phase
            self._phase_begins = sequence
            self._head ^= wire.PHASE
        if self._window.is_past(self._phase_begins - 1):
            self._before = None

    def _put_together(self, payload: bytes, marker: int, klass: int) -> bytes | None:
        if marker not in {wire.FRAGMENT, _WHOLE}:
            raise SealedError("A record without a marker.")
        if self._parts is None:
            self._parts = [None] * wire.CLASSES
        parts = self._parts[klass]
        if parts is None:
            parts = self._parts[klass] = bytearray()
        parts += payload[:-1]
        if len(parts) > wire.MESSAGE_BYTES_MAX:
            raise SealedError("A message is at most 1 MiB.")
        if marker == wire.FRAGMENT:
            return None
        self._parts[klass] = None
        return bytes(parts)


_WHOLE = wire.FRAGMENT | wire.LAST
