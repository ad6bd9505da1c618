"""The sending end: moves messages between the core, the files and the lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hutong.client.transfers.line import Line, PieceLine
from hutong.client.transfers.source import Source, SourceError
from hutong.client.transfers.thread import Thread
from hutong.protocols.transfer import Piece, RulesError, Sender, StoppedError
from hutong.schema import transfers_pb2 as pb

# Read at once, and jobs of the thread that wait for each other.
_JOB_BYTES = 1024 * 1024
_JOBS_MAX = 2


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
        self._thread = Thread()
        self._jobs = 0
        self._closed = False
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
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
        now = asyncio.get_running_loop().time()
        try:
            for number, each in self._lines.items():
                if each is line:
                    self._core.receive(number, message, now)
                    break
        except RulesError:
            line.close()
            self.closed(line)
            return
        if message.HasField("have"):
            self._told_bytes = -1  # also one without chunks: the receiver is there
        self._pump()

    def piece(self, line: Line, piece: Piece) -> None:
        """Refuse it: pieces go the other way."""
        del piece
        line.close()
        self.closed(line)

    async def close(self) -> None:
        """Let go of files and lines."""
        self._closed = True
        await self._thread.rest()
        self._thread.end()
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
                _say(line, message)
        self._read_ahead()
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

    def _read_ahead(self) -> None:
        """Read what the core wants; the thread has the next job before it is done with one."""
        while self._jobs < _JOBS_MAX and not self._closed:
            wanted: list[int] = []
            wanted_bytes = 0
            while wanted_bytes < _JOB_BYTES and (chunk := self._core.next_read()) is not None:
                wanted.append(chunk)
                wanted_bytes += self._core.manifest.span(chunk).size_bytes
            if not wanted:
                return
            self._jobs += 1
            self._thread.start(self._source.read, wanted, self._core.manifest.hash).add_done_callback(
                self._read
            )

    def _read(self, job: asyncio.Future[list[tuple[int, memoryview, bytes]]]) -> None:
        self._jobs -= 1
        if self._closed or job.cancelled():
            return
        try:
            for chunk, data, leaf_of in job.result():
                self._core.loaded(chunk, data, leaf_of)
        except SourceError:
            self._core.stop(pb.STOP_SOURCE_CHANGED)
        self._pump()


def _say(line: Line, message: pb.ChannelMessage | Piece) -> None:
    if not isinstance(message, Piece):
        line.send(message)
    elif isinstance(line, PieceLine):
        line.send_piece(message)
    else:
        line.send(message.message())


__all__ = ["SendingFiles", "StoppedError"]
