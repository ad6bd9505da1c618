"""The receiving end: moves messages between the core, the disk and the lines."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

from hutong.client.transfers.landing import Landing
from hutong.client.transfers.line import RANK_DATA_CHANNEL, Line
from hutong.client.transfers.thread import Thread
from hutong.protocols.transfer import (
    Drop,
    Effect,
    Manifest,
    Opened,
    Piece,
    Place,
    Receiver,
    RulesError,
    StoppedError,
    Write,
)
from hutong.schema import transfers_pb2 as pb

# Writes that wait for each other in the thread, so that it has no pause between two.
_JOBS_MAX = 2
_SIGN_EVERY_S = 3.0


class ReceivingFiles:
    """Takes what was offered. `finished` gives the root and the place."""

    def __init__(
        self,
        landing: Landing,
        leaves: dict[int, bytes],
        name: str,
        size_bytes: int,
        files: int,
        on_progress: Callable[[int], None],
        *,
        make_way: Callable[[Manifest], Awaitable[None]] | None = None,
    ) -> None:
        """`make_way` is awaited before a manifest that was not known is begun."""
        self._landing = landing
        self._name = name
        self._offered = size_bytes, files
        self._on_progress = on_progress
        self._make_way = make_way
        self._core = Receiver(landing.manifest, leaves)
        self._lines: dict[int, Line] = {}
        self._next = 0
        self._door_bytes = 0
        self._effects: deque[Effect] = deque()
        self._wake = asyncio.Event()
        self._thread = Thread()
        self._jobs = 0
        self._closed = False
        loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[tuple[bytes, Path]] = loop.create_future()
        self._working = loop.create_task(self._work())

    @property
    def received_bytes(self) -> int:
        """What has arrived, again or not."""
        return self._core.received_bytes

    @property
    def mostly_by_door(self) -> bool:
        """Whether more came over direct connections than over data channels."""
        return 2 * self._door_bytes > self._core.received_bytes

    @property
    def kept_bytes(self) -> int:
        """What is written down."""
        return self._core.kept_bytes

    def opened(self, line: Line) -> None:
        """A line has opened: say hello."""
        try:
            self._core.attach(
                self._next, window_bytes=line.window_bytes, piece_bytes_max=line.piece_bytes_max
            )
        except RulesError:
            line.close()
            return
        self._lines[self._next] = line
        self._next += 1
        self._pump()

    def closed(self, line: Line) -> None:
        """A line is gone."""
        for number in [number for number, each in self._lines.items() if each is line]:
            del self._lines[number]
            self._core.detach(number)

    def drained(self) -> None:
        """Some line has room again."""
        self._pump()

    def message(self, line: Line, message: pb.ChannelMessage) -> None:
        """Take a message; a line that breaks the rules is closed."""
        if message.HasField("piece"):
            self.piece(line, Piece.of(message.piece))
        else:
            self._take(line, lambda number: self._core.receive(number, message))

    def piece(self, line: Line, piece: Piece) -> None:
        """Take a piece; a line that breaks the rules is closed."""
        if line.rank > RANK_DATA_CHANNEL:
            self._door_bytes += len(piece.data)
        self._take(line, lambda number: self._core.receive_piece(number, piece))

    async def close(self) -> None:
        """Let go of the disk and the lines; what has arrived stays."""
        self._closed = True
        self._working.cancel()
        await asyncio.wait([self._working])
        await self._thread.rest()
        in_hand = [effect for effect in self._effects if isinstance(effect, Write)]
        self._effects.clear()
        if in_hand:
            with contextlib.suppress(OSError):
                await self._thread.run(self._landing.write, in_hand)
        self._thread.end()
        for line in list(self._lines.values()):
            line.close()
        self._landing.close()
        self.finished.cancel()

    def _take(self, line: Line, receive: Callable[[int], list[Effect]]) -> None:
        try:
            for number, each in self._lines.items():
                if each is line:
                    self._effects += receive(number)
                    break
        except RulesError:
            line.close()
            self.closed(line)
            return
        if self._effects:
            self._wake.set()
        self._pump()

    def _pump(self) -> None:
        for number, line in list(self._lines.items()):
            while line.room and (message := self._core.poll(number)) is not None:
                line.send(message)
        if self._core.stopped is not None and not self.finished.done():
            self.finished.set_exception(self._core.stopped)

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._effects and self._may_go_on():
                    await self._do_next()
            except OSError as error:
                self._give_up(error)
            self._pump()

    def _may_go_on(self) -> bool:
        """Whether the next effect can be begun: writes beside another, everything else after all of them."""
        return self._jobs < (_JOBS_MAX if isinstance(self._effects[0], Write) else 1)

    def _give_up(self, error: OSError) -> None:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        self._core.stop(pb.STOP_NO_SPACE if full else pb.STOP_UNWRITABLE)
        self._effects.clear()

    async def _do_next(self) -> None:
        match self._effects[0]:
            case Write():
                self._write()
            case Drop(chunk):
                self._effects.popleft()
                await self._thread.run(self._landing.drop, chunk)
            case Opened(manifest):
                self._effects.popleft()
                if not self._is_offered(manifest):
                    self._core.stop(pb.STOP_BROKEN_RULES)
                    return
                if self._make_way is not None:
                    await self._make_way(manifest)
                leaves = await self._thread.run(self._landing.begin, manifest)
                self._core.opened(manifest, leaves)
            case Place(root):
                self._effects.popleft()
                place = await self._place()
                self._core.placed()
                self._pump()
                self.finished.set_result((root, place))

    async def _place(self) -> Path:
        """Put everything into its place; thousands of files on a slow disk take longer than silence may."""
        placing = self._thread.start(self._landing.place, self._name)
        while not (await asyncio.wait([placing], timeout=_SIGN_EVERY_S))[0]:
            self._core.still_placing()
            self._on_progress(self._core.kept_bytes)
            self._pump()
        return placing.result()

    def _write(self) -> None:
        """Compare and write all that has arrived, in the thread, while more arrives."""
        writes: list[Write] = []
        while self._effects and isinstance(self._effects[0], Write):
            write = self._effects.popleft()
            assert isinstance(write, Write)
            writes.append(write)
        self._jobs += 1
        job = self._thread.start(self._landing.write, writes)
        job.add_done_callback(lambda done: self._written(writes, done))

    def _written(self, writes: list[Write], job: asyncio.Future[list[Write]]) -> None:
        self._jobs -= 1
        if self._closed or job.cancelled():
            return
        error = job.exception()
        if isinstance(error, OSError):
            self._give_up(error)
        elif error is not None:
            raise error
        else:
            self._settle(writes, job.result())
            self._on_progress(self._core.kept_bytes)
        self._wake.set()
        self._pump()

    def _settle(self, writes: list[Write], damaged: list[Write]) -> None:
        for write in writes:
            if write not in damaged:
                self._core.written(write.channel, write.chunk, write.leaf)
                continue
            self._core.damaged(write.chunk)
            line = self._lines.get(write.channel)
            if line is not None:
                line.close()
                self.closed(line)

    def _is_offered(self, manifest: Manifest) -> bool:
        """Tell whether these are the files the offer spoke of."""
        size_bytes, files = self._offered
        if manifest.size_bytes != size_bytes:
            return False
        if files == 0:
            return len(manifest.entries) == 1 and not manifest.entries[0].folder
        return len(manifest.entries) == files


__all__ = ["ReceivingFiles", "StoppedError"]
