"""The receiving end of a channel: writes down, acknowledges what is written, verifies."""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Callable

from hutong.client.transfers.channel import CHUNK_BYTES_MAX, WINDOW_BYTES, Channel, ChannelError
from hutong.client.transfers.part import PartFile
from hutong.schema import transfers_pb2 as pb

_ACKNOWLEDGE_EVERY_BYTES = 256 * 1024
# Not yet written down; a sender that keeps to the window stays far below.
_QUEUE_BYTES_MAX = 2 * WINDOW_BYTES
_QUEUE_MESSAGES_MAX = 2 * _QUEUE_BYTES_MAX // CHUNK_BYTES_MAX
# A file that arrives damaged is asked for once more, then given up.
_ATTEMPTS_MAX = 2


class DamagedError(Exception):
    """What arrived is not what was sent, twice."""


class Receiving:
    """Receives one file into a part file, over as many channels as it takes.

    `verified` is settled with the SHA-256, or with `ChannelError`, `DamagedError` or `OSError`.
    """

    def __init__(self, part: PartFile, size_bytes: int, on_progress: Callable[[int], None]) -> None:
        self._part = part
        self._size_bytes = size_bytes
        self._on_progress = on_progress
        self._channel: Channel | None = None
        self._queue: deque[pb.ChannelMessage] = deque()
        self._queued_bytes = 0
        self._acknowledged = 0
        self._attempts = 0
        self._fresh = False
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self.verified: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def attach(self, channel: Channel) -> None:
        """A channel has opened: say where to continue, once what came before is written."""
        self._clear()
        self._channel = channel
        self._fresh = True
        self._wake.set()

    def detach(self) -> None:
        """The channel is gone; what it brought and is not yet written is asked for again."""
        self._clear()
        self._channel = None

    def drained(self) -> None:
        """Nothing waits for room on this side."""

    async def close(self) -> None:
        """End; the part file stays as it is."""
        self.detach()
        self._task.cancel()
        await asyncio.wait([self._task])

    def receive(self, message: pb.ChannelMessage) -> None:
        """Take a message of the sender. Raises `ChannelError` for one that does not wait its turn."""
        self._queued_bytes += len(message.chunk)
        if self._queued_bytes > _QUEUE_BYTES_MAX or len(self._queue) >= _QUEUE_MESSAGES_MAX:
            raise ChannelError("the sender does not wait")
        self._queue.append(message)
        self._wake.set()

    def _clear(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0

    async def _run(self) -> None:
        try:
            while not self.verified.done():
                await self._wake.wait()
                self._wake.clear()
                if self._fresh:
                    self._fresh = False
                    self._ready()
                while self._queue and not self._fresh:
                    await self._handle_next()
        except (ChannelError, DamagedError, OSError) as error:
            if not self.verified.done():
                self.verified.set_exception(error)

    async def _handle_next(self) -> None:
        chunks: list[bytes] = []
        while self._queue and self._queue[0].WhichOneof("kind") == "chunk":
            chunks.append(self._queue.popleft().chunk)
        if chunks:
            await self._write(chunks)
            return
        message = self._queue.popleft()
        if message.WhichOneof("kind") != "end":
            raise ChannelError("unexpected message of the sender")
        await self._verify(message.end)

    async def _write(self, chunks: list[bytes]) -> None:
        data = b"".join(chunks)
        longest = max(map(len, chunks))
        if longest > CHUNK_BYTES_MAX or self._part.size_bytes + len(data) > self._size_bytes:
            raise ChannelError("more bytes than were offered")
        await self._part.write(data)
        self._queued_bytes = max(0, self._queued_bytes - len(data))
        if self._part.size_bytes - self._acknowledged >= _ACKNOWLEDGE_EVERY_BYTES:
            self._acknowledge()

    def _acknowledge(self) -> None:
        self._acknowledged = self._part.size_bytes
        self._send(pb.ChannelMessage(received_bytes=self._acknowledged))
        self._on_progress(self._acknowledged)

    async def _verify(self, end: pb.End) -> None:
        self._acknowledge()
        sizes = {end.size_bytes, self._part.size_bytes, self._size_bytes}
        digest = self._part.digest()
        right = len(sizes) == 1 and hmac.compare_digest(digest, end.sha256)
        self._send(pb.ChannelMessage(verified=right))
        if right:
            self.verified.set_result(digest)
            return
        await self._part.reset()
        self._attempts += 1
        if self._attempts >= _ATTEMPTS_MAX:
            raise DamagedError("The file arrived damaged, twice.")
        self._ready()

    def _ready(self) -> None:
        self._acknowledged = self._part.size_bytes
        self._send(pb.ChannelMessage(ready=pb.Ready(offset=self._acknowledged)))
        self._on_progress(self._acknowledged)

    def _send(self, message: pb.ChannelMessage) -> None:
        if self._channel is not None:
            self._channel.send(message)
