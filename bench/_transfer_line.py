"""One end of a transfer over a direct line alone, without server and data channel, for `bench.transfer`.

`python -m bench._transfer_line receive FOLDER PATH` prints its port and takes what is at PATH;
`... send PATH PORT` sends it there and prints the seconds from connecting to the end.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop

from hutong.client.transfers.door import DoorLine
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.line import Files
from hutong.client.transfers.receiving_files import ReceivingFiles
from hutong.client.transfers.sending_files import SendingFiles
from hutong.client.transfers.source import Source

_KEY = bytes(32)


def _line(files: Files, gone: asyncio.Event, *, connecting: bool) -> DoorLine:
    return DoorLine(_KEY, files, lambda _line: gone.set(), connecting=connecting)


async def _receive(into: Path, path: Path) -> None:
    manifest = (await asyncio.to_thread(Source, path)).manifest
    landing, gone = Landing(into, "bench"), asyncio.Event()
    count = len(manifest.entries) if path.is_dir() else 0
    files = ReceivingFiles(landing, {}, path.name, manifest.size_bytes, count, lambda _bytes: None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _line(files, gone, connecting=False), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await files.finished
    await gone.wait()
    await files.close()
    server.close()


async def _send(path: Path, port: int) -> None:
    files, gone = SendingFiles(await asyncio.to_thread(Source, path), lambda _bytes: None), asyncio.Event()
    started = time.monotonic()
    await asyncio.get_running_loop().create_connection(
        lambda: _line(files, gone, connecting=True), "127.0.0.1", port
    )
    await files.finished
    sys.stdout.write(f"{time.monotonic() - started}\n")
    await files.close()


if __name__ == "__main__":
    _, role, first, second = sys.argv
    uvloop.run(_receive(Path(first), Path(second)) if role == "receive" else _send(Path(first), int(second)))
