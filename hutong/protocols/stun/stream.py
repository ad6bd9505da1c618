"""Cutting a TCP byte stream into STUN messages and ChannelData.

Source: RFC 8489 section 6.2.2, RFC 8656 section 12.5 (ChannelData is padded on streams).
"""

from hutong.protocols.stun.address import MAGIC_COOKIE
from hutong.protocols.stun.channel_data import CHANNEL_HEADER_BYTES, is_channel_data
from hutong.protocols.stun.errors import MalformedStreamError
from hutong.protocols.stun.message import HEADER_BYTES

_COOKIE_BYTES = MAGIC_COOKIE.to_bytes(4)


class FrameSplitter:
    """Gathers bytes and gives whole frames.

    It never holds more than one unfinished frame, which its 16-bit length bounds to 64 KiB, and
    the chunk it was just fed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the frames they complete, in order.

        Raises MalformedStreamError when the stream does not carry STUN; it cannot be resumed.
        """
        buffer = self._buffer
        buffer += data
        frames: list[bytes] = []
        start = 0
        while (size := self._frame_size(start)) is not None and start + size <= len(buffer):
            frames.append(bytes(buffer[start : start + size]))
            start += size
        del buffer[:start]
        return frames

    def _frame_size(self, start: int) -> int | None:
        """Return the size of the frame at `start`, or None while its header is incomplete."""
        head = bytes(self._buffer[start : start + HEADER_BYTES])
        if len(head) < CHANNEL_HEADER_BYTES:
            return None
        length = int.from_bytes(head[2:4])
        if is_channel_data(head):
            return CHANNEL_HEADER_BYTES + length + -length % 4
        if head[0] & 0xC0 or length % 4 or not _COOKIE_BYTES.startswith(head[4:8]):
            raise MalformedStreamError("neither a STUN message nor ChannelData")
        return HEADER_BYTES + length
