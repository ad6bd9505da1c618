"""Reading and writing the vectors of RFC 8446 section 3."""

from hutong.protocols.tls13.codepoints import AlertDescription, HandshakeType
from hutong.protocols.tls13.errors import TlsError


class Reader:
    """Takes values off the front of some bytes; TlsError (decode_error) when they are too short."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        start = self._position
        stop = start + size
        if stop > len(self._data):
            raise TlsError(AlertDescription.DECODE_ERROR, "a message ends too early")
        self._position = stop
        return self._data[start:stop]

    def number(self, size: int) -> int:
        """Return the next big-endian integer of `size` bytes."""
        return int.from_bytes(self.take(size))

    def vector(self, length_bytes: int, size_min: int = 0) -> bytes:
        """Return a vector with its length in front; shorter than `size_min` is a decode_error."""
        data = self.take(self.number(length_bytes))
        if len(data) < size_min:
            raise TlsError(AlertDescription.DECODE_ERROR, "a vector is shorter than it may be")
        return data

    def numbers(self, length_bytes: int, item_bytes: int) -> tuple[int, ...]:
        """Return a vector of at least one integer of `item_bytes` each."""
        data = self.vector(length_bytes, item_bytes)
        if len(data) % item_bytes:
            raise TlsError(AlertDescription.DECODE_ERROR, "a vector does not hold whole items")
        return tuple(
            int.from_bytes(data[start : start + item_bytes]) for start in range(0, len(data), item_bytes)
        )

    @property
    def more(self) -> bool:
        """Tell whether bytes are left."""
        return self._position < len(self._data)

    def end(self) -> None:
        """Raise TlsError when bytes are left."""
        if self.more:
            raise TlsError(AlertDescription.DECODE_ERROR, "a message is longer than its content")


def vector(length_bytes: int, data: bytes) -> bytes:
    """Return the data with its length in front."""
    return len(data).to_bytes(length_bytes) + data


def numbers(length_bytes: int, item_bytes: int, values: tuple[int, ...]) -> bytes:
    """Return a vector of integers of `item_bytes` each."""
    return vector(length_bytes, b"".join(value.to_bytes(item_bytes) for value in values))


def message(kind: HandshakeType, body: bytes) -> bytes:
    """Return a handshake message: its type, its length in three bytes, its body."""
    return bytes((kind,)) + vector(3, body)
