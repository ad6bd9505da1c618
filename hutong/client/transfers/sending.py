"""The sending end of a channel: from the receiver's offset, never further ahead than the window."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from hutong.client.transfers.channel import CHUNK_BYTES_MAX, WINDOW_BYTES, Channel, ChannelError
from hutong.schema import transfers_pb2 as pb

# Read from the file at once.
_BLOCK_BYTES = 256 * 1024
# In the channel's own buffer; it tells when half of it has left.
BUFFERED_BYTES_MAX = 256 * 1024
# A file the receiver finds different is sent once more, then given up.
_ATTEMPTS_MAX = 2


class FileChangedError(Exception):
    """The file cannot be read any more, or is not what it was."""


class DifferentError(Exception):
    """What arrived is not what was sent, twice."""


class Sending:
    """Sends one file, over as many channels as it takes. `verified` is settled in the end."""

    def __init__(self, path: Path, size_bytes: int, on_progress: Callable[[int], None]) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self._on_progress = on_progress
        self._channel: Channel | None = None
        self._acknowledged = 0
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sent = False
        self._attempts = 0
        self.verified: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def attach(self, channel: Channel) -> None:
        """A channel has opened; the receiver's Ready starts the sending."""
        self.detach()
        self._channel = channel

    def detach(self) -> None:
        """The channel is gone, perhaps for a new one."""
        self._channel = None
        self._stop()

    def drained(self) -> None:
        """The channel's buffer has room again."""
        self._room.set()

    def receive(self, message: pb.ChannelMessage) -> None:
        """Take a message of the receiver. Raises `ChannelError` when it makes no sense."""
        match message.WhichOneof("kind"):
            case "ready":
                self._start(self._checked(message.ready.offset))
            case "received_bytes":
                self._acknowledged = max(self._acknowledged, self._checked(message.received_bytes))
                self._on_progress(self._acknowledged)
                self._room.set()
            case "verified" if self._sent:
                self._answered(right=message.verified)
            case _:
                raise ChannelError("unexpected message of the receiver")

    def _checked(self, received_bytes: int) -> int:
        if received_bytes > self._size_bytes:
            raise ChannelError("the receiver has more than there is")
        return received_bytes

    def _answered(self, *, right: bool) -> None:
        self._stop()
        self._attempts += 1
        if self.verified.done():
            return
        if right:
            self.verified.set_result(None)
        elif self._attempts >= _ATTEMPTS_MAX:
            self.verified.set_exception(DifferentError("The file arrived damaged, twice."))
        # Otherwise the receiver says Ready from the start again.

    def _start(self, offset: int) -> None:
        self._stop()
        self._acknowledged = offset
        self._on_progress(offset)
        self._task = asyncio.get_running_loop().create_task(self._run(offset))

    def _stop(self) -> None:
        self._sent = False
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _run(self, offset: int) -> None:
        try:
            with self._path.open("rb") as file:
                digest = await self._send_file(file.fileno(), offset)
        except (OSError, FileChangedError) as error:
            if not self.verified.done():
                self.verified.set_exception(FileChangedError(f"{self._path.name} cannot be read: {error}"))
            return
        self._sent = True
        self._send(pb.ChannelMessage(end=pb.End(sha256=digest, size_bytes=self._size_bytes)))

    async def _send_file(self, descriptor: int, offset: int) -> bytes:
        """Send all blocks; what the receiver has already is only hashed."""
        digest = hashlib.sha256()
        at = 0
        while at < self._size_bytes:
            wanted = min(_BLOCK_BYTES, self._size_bytes - at)
            block = await asyncio.to_thread(os.pread, descriptor, wanted, at)
            if not block:
                raise FileChangedError("it is shorter than it was")
            digest.update(block)
            start = max(0, min(len(block), offset - at))
            await self._send_block(at + start, block[start:])
            at += len(block)
        if await asyncio.to_thread(os.pread, descriptor, 1, at):
            raise FileChangedError("it is longer than it was")
        return digest.digest()

    async def _send_block(self, at: int, block: bytes) -> None:
        for start in range(0, len(block), CHUNK_BYTES_MAX):
            chunk = block[start : start + CHUNK_BYTES_MAX]
            end = at + start + len(chunk)
            while not self._has_room(end):
                self._room.clear()
                await self._room.wait()
            self._send(pb.ChannelMessage(chunk=chunk))

    def _has_room(self, end: int) -> bool:
        buffered = self._channel.buffered_bytes if self._channel is not None else 0
        return end - self._acknowledged <= WINDOW_BYTES and buffered < BUFFERED_BYTES_MAX

    def _send(self, message: pb.ChannelMessage) -> None:
        if self._channel is not None:
            self._channel.send(message)
