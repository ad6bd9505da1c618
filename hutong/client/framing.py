"""Carrier messages in a stream: each behind its length, two bytes, big endian (CONN3)."""

from __future__ import annotations

from collections.abc import Iterator

from hutong.protocols.sealed import CARRIER_MESSAGE_BYTES_MAX

LENGTH_BYTES = 2


class FramingError(Exception):
    """What came is no stream of carrier messages."""


def frame(message: bytes) -> bytes:
    """Return a message with its length before it."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


class Unframer:
    """Cuts a stream into messages; keeps at most one that is not whole."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def empty(self) -> bool:
        """Whether nothing of a message waits for the rest."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the messages that are whole now. Raises `FramingError` for one beyond the bound (SEAL1)."""
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= LENGTH_BYTES:
                body = start + LENGTH_BYTES
                length = int.from_bytes(buffer[start:body], "big")
                if length > CARRIER_MESSAGE_BYTES_MAX:
                    raise FramingError("A message is larger than a carrier message can be.")
                if len(buffer) < body + length:
                    break
                start = body + length
                yield bytes(buffer[body:start])
        finally:
            del buffer[:start]
