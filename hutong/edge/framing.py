"""Carrier messages in a stream of bytes: each behind its length, two bytes, big endian (CONN3)."""

from __future__ import annotations

from hutong.platform.door import CARRIER_MESSAGE_BYTES_MAX

_LENGTH_BYTES = 2


class FramingError(Exception):
    """The stream announces a message that is too large; nothing after it can be read."""


def frame(message: bytes) -> bytes:
    """Return a message behind its length."""
    return len(message).to_bytes(_LENGTH_BYTES, "big") + message


class Cutter:
    """Cuts a stream into messages; keeps at most one unfinished message."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def unfinished(self) -> bool:
        """Whether the beginning of a message waits for its rest."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are whole now. Raises `FramingError`; then feed no more."""
        if self._buffer:
            data = self._buffer + data
        messages: list[bytes] = []
        start, size = 0, len(data)
        while size - start >= _LENGTH_BYTES:
            length = data[start] << 8 | data[start + 1]
            if length > CARRIER_MESSAGE_BYTES_MAX:
                raise FramingError
            end = start + _LENGTH_BYTES + length
            if end > size:
                break
            messages.append(data[start + _LENGTH_BYTES : end])
            start = end
        self._buffer = data[start:]
        return messages
