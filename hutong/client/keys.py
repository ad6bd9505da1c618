"""Request keys (CONN13): 16 bytes that begin with the time, so that the server's index stays warm.

The layout is that of a UUID version 7 (RFC 9562, section 5.7).
"""

from __future__ import annotations

from hutong.platform.clock import Clock, Randomness

_RANDOM_BYTES = 10
# Random bytes are drawn for this many keys at once: a system call each would cost more than the rest.
_DRAWN_KEYS = 256


class KeySource:
    """Makes request keys."""

    __slots__ = ("_at", "_clock", "_drawn", "_random")

    def __init__(self, clock: Clock, random: Randomness) -> None:
        self._clock = clock
        self._random = random
        self._drawn = b""
        self._at = 0

    def new_key(self) -> bytes:
        """Return a key nobody has used."""
        if self._at >= len(self._drawn):
            self._drawn = self._random.token(_DRAWN_KEYS * _RANDOM_BYTES)
            self._at = 0
        chance = int.from_bytes(self._drawn[self._at : self._at + _RANDOM_BYTES], "big")
        self._at += _RANDOM_BYTES
        low = chance & ((1 << 62) - 1) | 2 << 62
        high = 7 << 12 | chance >> 68
        return (self._clock.now_ms() << 80 | high << 64 | low).to_bytes(16, "big")
