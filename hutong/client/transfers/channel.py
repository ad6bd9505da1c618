"""The data channel "transfer", and the messages that arrive on it."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from hutong.protocols.transfer.sender import PIECE_BYTES_MAX
from hutong.schema import transfers_pb2

CHANNEL_LABEL = "transfer"
# Says what the sender speaks; a receiver says its version on the channel (XFER0).
PROTOCOL = "hutong.transfer.2"
# A piece and its envelope; a longer message is the other side's fault.
_MESSAGE_BYTES_MAX = PIECE_BYTES_MAX + 64


class ChannelError(Exception):
    """The other side broke the rules of the channel."""


def decode(data: object) -> transfers_pb2.ChannelMessage:
    """Return a received message. Raises `ChannelError`."""
    if not isinstance(data, bytes) or len(data) > _MESSAGE_BYTES_MAX:
        raise ChannelError("not a message of a transfer")
    try:
        return transfers_pb2.ChannelMessage.FromString(data)
    except DecodeError as error:
        raise ChannelError("not a message of a transfer") from error
