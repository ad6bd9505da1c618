"""One end in a process of its own, that a test kills: `python -m tests.transfer.cut_end send|receive ...`.

It connects to its port of the test's network, again and again, until everything has arrived. What it has
handed to its sockets (or kept) stands in a file of eight bytes, mapped, so that it outlives the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import struct
import sys
from pathlib import Path

from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.line import Files
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source
from hutong.protocols.transfer import Piece, StoppedError
from hutong.schema import transfers_pb2 as pb

KEY = bytes(range(32))
NO_ROOM = 3
_RETRY_S = 0.02


class Count:
    """A number in a file that a test reads while it changes."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    @property
    def value(self) -> int:
        return int(struct.unpack("<Q", self._map[:])[0])

    @value.setter
    def value(self, value: int) -> None:
        self._map[:] = struct.pack("<Q", value)


class CountedLine(DoorLine):
    """Counts before it hands over: what is killed between the two counts too much, never too little."""

    count: Count | None = None

    def send_piece(self, piece: Piece) -> None:
        if self.count is not None:
            self.count.value += len(piece.data)
        super().send_piece(piece)


async def _keep_connected(port: int, files: Files, count: Count | None, *, connecting: bool) -> None:
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()

    def line() -> CountedLine:
        made = CountedLine(KEY, files, lambda _line: gone.set(), connecting=connecting)
        made.count = count
        return made

    while True:
        gone.clear()
        with contextlib.suppress(OSError):
            await loop.create_connection(line, "127.0.0.1", port)
            await gone.wait()
        await asyncio.sleep(_RETRY_S)


async def _send(path: Path, port: int, count: Count) -> None:
    files = SendingFiles(Source(path), lambda _bytes: None)
    connecting = asyncio.create_task(_keep_connected(port, files, count, connecting=True))
    try:
        await files.finished
    finally:
        connecting.cancel()
        await asyncio.wait([connecting])
        await files.close()


async def _receive(into: Path, size_bytes: int, port: int, count: Count) -> None:
    landing = Landing(into, "0123456789ab")

    def kept(done_bytes: int) -> None:
        count.value = done_bytes

    files = ReceivingFiles(landing, landing.resume(), "arrived.bin", size_bytes, 0, kept)
    count.value = files.kept_bytes
    connecting = asyncio.create_task(_keep_connected(port, files, None, connecting=False))
    try:
        await files.finished
        # The sender has to hear it too, perhaps on another connection than this one.
        await asyncio.Event().wait()
    finally:
        connecting.cancel()
        await asyncio.wait([connecting])
        await files.close()


async def main(role: str, path: Path, size_bytes: int, port: int, count: Path) -> int:
    """Return 0 when everything has arrived, `NO_ROOM` when there was none."""
    work = (
        _send(path, port, Count(count)) if role == "send" else _receive(path, size_bytes, port, Count(count))
    )
    try:
        await work
    except StoppedError as error:
        if error.reason == pb.STOP_NO_SPACE:
            return NO_ROOM
        raise
    return 0


if __name__ == "__main__":
    _, role, path, size_bytes, port, count = sys.argv
    sys.exit(asyncio.run(main(role, Path(path), int(size_bytes), int(port), Path(count))))
