"""`hutong core` and `hutong edge` as processes, and what their memory and their traffic hold."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.edge.serving import Serve
from tests.platform.scene import until


class CoreProcess(Serve):
    """A core; edges find it at `address`."""

    command = "core"

    def __init__(self, folder: Path, address: str = "127.0.0.1:0", **settings: object) -> None:
        super().__init__(folder, core_address=address, **settings)
        self.address = address

    def read_greeting(self) -> None:
        found = re.search(r"takes edges at (\S+)", self.greeting)
        assert found
        self.address = found[1]
        self.settings["core_address"] = self.address


class EdgeProcess(Serve):
    """An edge of a core."""

    command = "edge"

    def __init__(self, folder: Path, core: CoreProcess, address: str = "", **settings: object) -> None:
        secret = core.folder / "edge.secret"
        super().__init__(folder, core_address=address or core.address, core_secret_file=secret, **settings)


@dataclass
class Apart:
    core: CoreProcess
    edge: EdgeProcess
    wire: Recorder


@asynccontextmanager
async def apart(folder: Path, **settings: object) -> AsyncIterator[Apart]:
    """Run both, with a recorder on the wire between them."""
    async with AsyncExitStack() as stack:
        core = CoreProcess(folder / "core", "127.0.0.1:0", **settings)
        await _run(stack, core)
        host, _, port = core.address.rpartition(":")
        wire = await stack.enter_async_context(recording(int(port)))
        edge = EdgeProcess(folder / "edge", core, f"{host}:{wire.port}", **settings)
        await _run(stack, edge)
        yield Apart(core, edge, wire)


async def _run(stack: AsyncExitStack, process: Serve) -> None:
    async def end() -> None:
        if process.process.returncode is None:
            await process.kill()

    await process.start()
    stack.push_async_callback(end)


@asynccontextmanager
async def running(process: Serve) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        await _run(stack, process)
        yield


class Recorder:
    """A proxy that keeps all that goes through it, and can cut it off."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.data = bytearray()
        self._writers: set[asyncio.StreamWriter] = set()
        self.pumps = 0

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.pumps += 1
        with suppress(OSError):
            back, there = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(there)
            await asyncio.gather(self._pump(reader, there), self._pump(back, writer))
        writer.transport.abort()
        self.pumps -= 1

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                self.data += data
                sink.write(data)
                await sink.drain()
        sink.transport.abort()


@asynccontextmanager
async def recording(port: int) -> AsyncIterator[Recorder]:
    """Record what goes to a port, and what comes back."""
    recorder = Recorder(port)
    server = await asyncio.start_server(recorder.accept, "127.0.0.1", 0)
    recorder.port = server.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        server.close()
        recorder.cut()
        await server.wait_closed()
        await until(lambda: not recorder.pumps)


def occurrences(pid: int, *wanted: bytes) -> dict[bytes, int]:
    """Count byte strings in all memory a process can read."""
    counts = dict.fromkeys(wanted, 0)
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not found or "[vvar" in line or "[vsyscall]" in line:
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            with suppress(OSError, ValueError, OverflowError):
                memory.seek(start)
                data = memory.read(end - start)
                for each in wanted:
                    counts[each] += data.count(each)
    return counts
