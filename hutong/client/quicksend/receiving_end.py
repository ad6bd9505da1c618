"""The data channels of a receiving end, in version 2 of transfers."""

from __future__ import annotations

from aiortc import RTCDataChannel

from hutong.client.transfers.channel import ChannelError, decode
from hutong.client.transfers.data_line import DataLine
from hutong.client.transfers.ends import Doors
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending import BUFFERED_BYTES_MAX


class ReceivingEnd:
    """Ties channels, and the direct connections beside them, to the files."""

    def __init__(self, files: ReceivingFiles, *, doors: bool) -> None:
        self._files = files
        self._doors = Doors(files, wanted=doors)

    def tie(self, channel: RTCDataChannel) -> None:
        """Serve a new channel."""
        channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX // 2
        line = DataLine(channel)

        def message(data: object) -> None:
            try:
                said = decode(data)
            except ChannelError:
                channel.close()  # the other side broke the rules; a new channel may do better
                return
            if said.HasField("door"):
                self._doors.knock(said.door)
            else:
                self._files.message(line, said)

        channel.on("bufferedamountlow", self._files.drained)
        channel.on("message", message)
        channel.on("close", lambda: self._files.closed(line))
        self._files.opened(line)
        self._doors.tell(line)

    async def close(self) -> None:
        """Let go; what has arrived stays."""
        await self._doors.close()
        await self._files.close()
