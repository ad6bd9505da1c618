"""The messages of the data channel "transfer", and what both ends need of the channel."""

from __future__ import annotations

from typing import Protocol

from google.protobuf.message import DecodeError

from hutong.schema import transfers_pb2

CHANNEL_LABEL = "transfer"
CHUNK_BYTES_MAX = 16 * 1024
# Sent and not yet written down by the receiver.
WINDOW_BYTES = 4 * 1024 * 1024
# A chunk and its envelope; a longer message is the other side's fault.
_MESSAGE_BYTES_MAX = CHUNK_BYTES_MAX + 64


class ChannelError(Exception):
    """The other side broke the rules of the channel."""


class Channel(Protocol):
    """An open data channel. Sending on a broken one does nothing: what is lost is sent again."""

    @property
    def buffered_bytes(self) -> int:
        """What was sent and has not left yet."""

    def send(self, message: transfers_pb2.ChannelMessage) -> None:
        """Queue one message."""


def decode(data: object) -> transfers_pb2.ChannelMessage:
    """Return a received message. Raises `ChannelError`."""
    if not isinstance(data, bytes) or len(data) > _MESSAGE_BYTES_MAX:
        raise ChannelError("not a message of a transfer")
    try:
        return transfers_pb2.ChannelMessage.FromString(data)
    except DecodeError as error:
        raise ChannelError("not a message of a transfer") from error
