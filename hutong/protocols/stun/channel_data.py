"""ChannelData: the four-byte framing of relayed data.

Source: RFC 8656 section 12.4 and 12.5.
"""

from hutong.protocols.stun.attributes import CHANNEL_NUMBER_MAX, CHANNEL_NUMBER_MIN
from hutong.protocols.stun.errors import MalformedMessageError

CHANNEL_HEADER_BYTES = 4
PAYLOAD_BYTES_MAX = 0xFFFF


def is_channel_data(data: bytes) -> bool:
    """Tell ChannelData from STUN by the first byte (RFC 8656 section 12)."""
    return bool(data) and data[0] & 0xC0 == CHANNEL_NUMBER_MIN >> 8


def encode_channel_data(number: int, payload: bytes, *, padded: bool) -> bytes:
    """Encode ChannelData; over a stream it must be padded to whole words (section 12.5)."""
    assert CHANNEL_NUMBER_MIN <= number <= CHANNEL_NUMBER_MAX
    assert len(payload) <= PAYLOAD_BYTES_MAX
    size = len(payload)
    frame = number.to_bytes(2) + size.to_bytes(2) + payload
    return frame + bytes(-size % 4) if padded else frame


def parse_channel_data(data: bytes) -> tuple[int, bytes]:
    """Parse ChannelData into the channel number and the payload; padding is left out.

    Raises MalformedMessageError when the header is cut short, the number is no channel's, or the
    length runs past the data.
    """
    if len(data) < CHANNEL_HEADER_BYTES or not is_channel_data(data):
        raise MalformedMessageError("not ChannelData")
    end = CHANNEL_HEADER_BYTES + int.from_bytes(data[2:4])
    if end > len(data):
        raise MalformedMessageError("ChannelData runs past the datagram")
    return int.from_bytes(data[:2]), data[CHANNEL_HEADER_BYTES:end]
