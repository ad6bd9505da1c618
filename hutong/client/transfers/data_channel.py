"""An aiortc data channel as the transfer's ends want it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from aiortc import RTCDataChannel

from hutong.client.transfers.channel import Channel, ChannelError, decode
from hutong.client.transfers.sctp import install
from hutong.client.transfers.sending import BUFFERED_BYTES_MAX
from hutong.schema import transfers_pb2

install()


class End(Protocol):
    """`Sending` or `Receiving`."""

    def attach(self, channel: Channel) -> None:
        """A channel has opened."""

    def detach(self) -> None:
        """It is gone."""

    def drained(self) -> None:
        """It has room again."""

    def receive(self, message: transfers_pb2.ChannelMessage) -> None:
        """A message arrived. Raises `ChannelError`."""


class DataChannel:
    """The `Channel` of an open data channel."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel

    @property
    def buffered_bytes(self) -> int:
        """What aiortc holds."""
        return int(self._channel.bufferedAmount)

    def send(self, message: transfers_pb2.ChannelMessage) -> None:
        """Send while it is open; between the break and its event nothing is said."""
        if self._channel.readyState == "open":
            self._channel.send(message.SerializeToString())


def tie(channel: RTCDataChannel, end: End, on_state: Callable[[bool], None]) -> None:
    """Tie a data channel to its end; `on_state` hears when it opens (True) and closes (False)."""
    channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX // 2

    def opened() -> None:
        on_state(True)
        end.attach(DataChannel(channel))

    def message(data: object) -> None:
        try:
            end.receive(decode(data))
        except ChannelError:
            channel.close()  # the other side broke the rules; a new channel may do better

    def closed() -> None:
        end.detach()
        on_state(False)

    channel.on("bufferedamountlow", end.drained)
    channel.on("message", message)
    channel.on("close", closed)
    if channel.readyState == "open":
        opened()
    else:
        channel.on("open", opened)
