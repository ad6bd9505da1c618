"""An aiortc data channel as a line of a transfer."""

from __future__ import annotations

from aiortc import RTCDataChannel

from hutong.client.transfers.line import RANK_DATA_CHANNEL
from hutong.client.transfers.sctp import install
from hutong.protocols.transfer.sender import PIECE_BYTES_MAX
from hutong.schema import transfers_pb2 as pb

# In the channel's own buffer; it tells when half of it has left.
BUFFERED_BYTES_MAX = 256 * 1024
# More than what is on its way over 100 Mbit/s and 100 ms.
_WINDOW_BYTES = 2 * 1024 * 1024

install()


class DataLine:
    """The `Line` of an open data channel."""

    rank = RANK_DATA_CHANNEL
    piece_bytes_max = PIECE_BYTES_MAX
    window_bytes = _WINDOW_BYTES

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel

    @property
    def room(self) -> bool:
        """Whether aiortc's buffer takes another message."""
        return int(self._channel.bufferedAmount) < BUFFERED_BYTES_MAX

    def send(self, message: pb.ChannelMessage) -> None:
        """Send while it is open; between the break and its event nothing is said."""
        if self._channel.readyState == "open":
            self._channel.send(message.SerializeToString())

    def close(self) -> None:
        """End it; a new channel may do better."""
        self._channel.close()
