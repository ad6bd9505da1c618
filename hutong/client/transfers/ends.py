"""The two ends of a transfer's data channels, in whichever version the two devices have in common (XFER0)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiortc import RTCDataChannel

from hutong.client.portmap import map_port
from hutong.client.punch.direct import DirectPaths
from hutong.client.transfers.channel import ChannelError, decode
from hutong.client.transfers.data_channel import DataChannel, tie
from hutong.client.transfers.data_line import DataLine
from hutong.client.transfers.door import Door
from hutong.client.transfers.line import PROTOCOL, Files
from hutong.client.transfers.part import PartFile
from hutong.client.transfers.receiving import Receiving
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending import BUFFERED_BYTES_MAX, Sending
from hutong.client.transfers.sending_files import SendingFiles
from hutong.schema import transfers_pb2 as pb

OnState = Callable[[bool], None]


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


class SendingEnd:
    """Gives each data channel to version 2 when the receiver says hello on it, else to version 1."""

    def __init__(self, one: Sending | None, two: SendingFiles, *, doors: bool) -> None:
        self._one = one
        self._two = two
        self._doors = Doors(two, wanted=doors)
        self.verified: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        _follow(two.finished, self.verified)
        if one is not None:
            _follow(one.verified, self.verified)

    @property
    def direct(self) -> DirectPaths | None:
        """What the session opens direct lines with."""
        return self._doors.direct

    def tie(self, channel: RTCDataChannel, on_state: OnState) -> None:
        """Serve a new channel."""
        channel.bufferedAmountLowThreshold = BUFFERED_BYTES_MAX // 2
        line = DataLine(channel)
        version = 0

        def opened() -> None:
            on_state(True)

        def message(data: object) -> None:
            nonlocal version
            try:
                said = decode(data)
                if version == 0:
                    version = self._begin(channel, line, said)
                if version == 1:
                    assert self._one is not None
                    self._one.receive(said)
                elif said.HasField("door"):
                    self._doors.knock(said.door)
                else:
                    self._two.message(line, said)
            except ChannelError:
                channel.close()  # the other side broke the rules; a new channel may do better

        def closed() -> None:
            if version == 1 and self._one is not None:
                self._one.detach()
            self._two.closed(line)
            on_state(False)

        def drained() -> None:
            if version == 1 and self._one is not None:
                self._one.drained()
            self._two.drained()

        channel.on("bufferedamountlow", drained)
        channel.on("message", message)
        channel.on("close", closed)
        channel.on("open", opened)

    async def close(self) -> None:
        """Let go."""
        await self._doors.close()
        if self._one is not None:
            self._one.detach()
        await self._two.close()
        self.verified.cancel()

    def _begin(self, channel: RTCDataChannel, line: DataLine, first: pb.ChannelMessage) -> int:
        if first.HasField("hello"):
            self._two.opened(line)
            self._doors.tell(line)
            return 2
        if self._one is None:
            raise ChannelError("the receiver does not know version 2")
        self._one.attach(DataChannel(channel))
        return 1


class ReceivingChannels:
    """Ties data channels of version 2, and the direct connections beside them, to the files."""

    def __init__(self, files: ReceivingFiles, *, doors: bool) -> None:
        self._files = files
        self._doors = Doors(files, wanted=doors)

    @property
    def direct(self) -> DirectPaths | None:
        """What the session opens direct lines with."""
        return self._doors.direct

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


class ReceivingEnd:
    """Takes each data channel in the version the sender made it for."""

    def __init__(self, one: Receiving | None, part: PartFile, two: ReceivingFiles, *, doors: bool) -> None:
        self._one = one
        self._part = part
        self._two = ReceivingChannels(two, doors=doors)
        self.verified: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        _follow(two.finished, self.verified)
        if one is not None:
            _follow(one.verified, self.verified)

    @property
    def direct(self) -> DirectPaths | None:
        """What the session opens direct lines with."""
        return self._two.direct

    def tie(self, channel: RTCDataChannel) -> None:
        """Serve a new channel."""
        if channel.protocol == PROTOCOL:
            self._two.tie(channel)
        elif self._one is not None:
            tie(channel, self._one, lambda _is_open: None)
        else:
            channel.close()  # version 1 has no folders

    async def keep(self, name: str) -> tuple[bytes, Path]:
        """Return hash and place of what was verified; version 1 gives it its name now."""
        result = self.verified.result()
        if isinstance(result, bytes):
            return result, await self._part.keep(name)
        self._part.discard()
        root, place = result
        return root, place

    async def close(self) -> None:
        """Let go; what has arrived stays."""
        if self._one is not None:
            await self._one.close()
        await self._two.close()
        self.verified.cancel()


def _follow(inner: asyncio.Future[Any], outer: asyncio.Future[Any]) -> None:
    """Settle the outer one like the inner one, whichever inner one is first."""

    def settled(done: asyncio.Future[Any]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if outer.done():
            return
        if error is None:
            outer.set_result(done.result())
        else:
            outer.set_exception(error)

    inner.add_done_callback(settled)
