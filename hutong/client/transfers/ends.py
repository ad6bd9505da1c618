"""The data channels of a transfer's two ends, and the direct connections beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiortc import RTCDataChannel, RTCPeerConnection

from hutong.client.cleanup import call_off
from hutong.client.portmap import map_port
from hutong.client.punch.direct import DirectPaths
from hutong.client.transfers.channel import CHANNEL_LABEL, ChannelError, decode
from hutong.client.transfers.data_line import BUFFERED_BYTES_MAX, DataLine
from hutong.client.transfers.door import Door
from hutong.client.transfers.line import Files
from hutong.schema import transfers_pb2 as pb

OnState = Callable[[bool], None]


class ClosableFiles(Files, Protocol):
    """Files that are let go of with their channels."""

    async def close(self) -> None:
        """Let go of disk and lines."""


class Doors:
    """The direct connections of one transfer: told on the first channel, opened by whoever can."""

    def __init__(self, files: Files, *, wanted: bool) -> None:
        self._door = Door(files) if wanted else None
        # Lines that are opened through signals, without a channel; the session sees to them.
        self.direct = DirectPaths(files, map_port=map_port) if wanted else None
        self._closed = False
        self._opening: asyncio.Task[pb.Door | None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, line: DataLine) -> None:
        """Say on a line that has opened where we can be reached."""
        if self._door is None or self._closed:
            return
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._door.open())
        task = asyncio.get_running_loop().create_task(self._tell(self._opening, line))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def knock(self, door: pb.Door) -> None:
        """Try the other side's."""
        if self._door is not None and not self._closed:
            self._door.knock(door)

    async def close(self) -> None:
        """End all of them."""
        self._closed = True
        if self._opening is not None:
            await asyncio.wait([self._opening])
        if self._door is not None:
            await self._door.close()
        if self.direct is not None:
            await self.direct.close()

    @staticmethod
    async def _tell(opening: asyncio.Task[pb.Door | None], line: DataLine) -> None:
        door = await opening
        if door is not None:
            line.send(pb.ChannelMessage(door=door))


class Channels:
    """Ties every new data channel of one end to its files."""

    def __init__(self, files: ClosableFiles, *, doors: bool) -> None:
        self._files = files
        self._doors = Doors(files, wanted=doors)

    @property
    def direct(self) -> DirectPaths | None:
        """What the session opens direct lines with."""
        return self._doors.direct

    def tie(self, channel: RTCDataChannel, on_state: OnState | None = None) -> None:
        """Serve a new channel; `on_state` hears when it opens (True) and closes (False)."""
        channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX // 2
        line = DataLine(channel)

        def opened() -> None:
            if on_state is not None:
                on_state(True)
            self._files.opened(line)
            self._doors.tell(line)

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

        def closed() -> None:
            self._files.closed(line)
            if on_state is not None:
                on_state(False)

        channel.on("bufferedamountlow", self._files.drained)
        channel.on("message", message)
        channel.on("close", closed)
        if channel.readyState == "open":
            opened()
        else:
            channel.on("open", opened)

    def expect(self, peer: RTCPeerConnection) -> None:
        """Serve what the other end of a connection opens for files, and nothing else."""

        def opened(channel: RTCDataChannel) -> None:
            if channel.label == CHANNEL_LABEL:
                self.tie(channel)
            else:
                channel.close()

        peer.on("datachannel", opened)

    async def close(self, *users: asyncio.Task[None]) -> None:
        """Let go, once those who use it are called off; what has arrived stays."""
        await call_off(*users)
        await self._doors.close()
        await self._files.close()
