"""The sending end of version 2: moves messages between the core, the files and the lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hutong.client.transfers.line import Line
from hutong.client.transfers.source import Source, SourceError
from hutong.client.transfers.thread import Thread
from hutong.protocols.transfer import RulesError, Sender, StoppedError
from hutong.schema import transfers_pb2 as pb


class SendingFiles:
    """Hands a source over. `finished` is settled in the end; `close` when nobody waits for it any more."""

    def __init__(
        self,
        source: Source,
        on_progress: Callable[[int], None],
        *,
        bytes_per_s: float | None = None,
    ) -> None:
        self._source = source
        self._on_progress = on_progress
        self._core = Sender(source.manifest, bytes_per_s=bytes_per_s)
        self._lines: dict[int, Line] = {}
        self._next = 0
        self._wake = asyncio.Event()
        self._thread = Thread()
        loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[None] = loop.create_future()
        self._reading = loop.create_task(self._read())
        self._timer: asyncio.TimerHandle | None = None
        self._told_bytes = -1

    @property
    def sent_bytes(self) -> int:
        """What was put on lines, again or not."""
        return self._core.sent_bytes

    def opened(self, line: Line) -> None:
        """A line has opened; the receiver speaks first."""
        try:
            self._core.attach(self._next, rank=line.rank, piece_bytes_max=line.piece_bytes_max)
        except RulesError:
            line.close()
            return
        self._lines[self._next] = line
        self._next += 1

    def closed(self, line: Line) -> None:
        """A line is gone."""
        for number in [number for number, each in self._lines.items() if each is line]:
            del self._lines[number]
            self._core.detach(number)
        self._pump()

    def drained(self) -> None:
        """Some line has room again."""
        self._pump()

    def message(self, line: Line, message: pb.ChannelMessage) -> None:
        """Take a message; a line that breaks the rules is closed."""
        try:
            for number, each in self._lines.items():
                if each is line:
                    self._core.receive(number, message)
                    break
        except RulesError:
            line.close()
            self.closed(line)
            return
        self._pump()

    async def close(self) -> None:
        """Let go of files and lines."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._thread.rest()
        if self._timer is not None:
            self._timer.cancel()
        for line in list(self._lines.values()):
            line.close()
        self._source.close()
        self.finished.cancel()

    def _pump(self) -> None:
        """Say all that can be said, and see what became of it."""
        now = asyncio.get_running_loop().time()
        for number, line in list(self._lines.items()):
            while line.room and (message := self._core.poll(number, now)) is not None:
                line.send(message)
        self._wake.set()
        wait_s = self._core.wait_s(now)
        if wait_s > 0 and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._waited)
        if self._core.kept_bytes != self._told_bytes:
            self._told_bytes = self._core.kept_bytes
            self._on_progress(self._told_bytes)
        if self.finished.done():
            return
        if self._core.done:
            self.finished.set_result(None)
        elif self._core.stopped is not None:
            self.finished.set_exception(self._core.stopped)

    def _waited(self) -> None:
        self._timer = None
        self._pump()

    async def _read(self) -> None:
        """Read what the core wants, a few chunks at a time."""
        while True:
            wanted: list[int] = []
            while (chunk := self._core.next_read()) is not None:
                wanted.append(chunk)
            if not wanted:
                await self._wake.wait()
                self._wake.clear()
                continue
            try:
                read = await self._thread.run(self._source.read, wanted)
            except SourceError:
                self._core.stop(pb.STOP_SOURCE_CHANGED)
                self._pump()
                return
            for chunk, data, leaf_of in read:
                self._core.loaded(chunk, data, leaf_of)
            self._pump()


__all__ = ["SendingFiles", "StoppedError"]
