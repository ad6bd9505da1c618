"""The same chance twice: a ClientHello has to be known before what is sealed to it and travels with it."""

from __future__ import annotations

from collections.abc import Callable


class EarlyRandom:
    """Remembers what it gave, and gives it once more after `rewind`; after that it goes on with fresh bytes.

    Only one of the two flights made of it may ever be sent.
    """

    def __init__(self, token: Callable[[int], bytes]) -> None:
        self._token = token
        self._given: list[bytes] = []
        self._again: list[bytes] = []

    def rewind(self) -> None:
        """Begin once more with what was given."""
        self._again = self._given[::-1]

    def token(self, size_bytes: int) -> bytes:
        """Return `size_bytes` random bytes."""
        if self._again:
            value = self._again.pop()
            assert len(value) == size_bytes
            return value
        value = self._token(size_bytes)
        self._given.append(value)
        return value
