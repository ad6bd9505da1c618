"""Debian's `openssl s_client` and `s_server` as subprocesses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.tls13.live import HOST, WAIT_S


class Tool:
    """A running `openssl`; what it has printed is in `printed`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.printed = ""
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65_536):
            self.printed += data.decode(errors="replace")
            self._more.set()
        self._more.set()

    async def until(self, pattern: str) -> re.Match[str]:
        """Wait until the pattern has been printed."""
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    self._more.clear()
                    found = re.search(pattern, self.printed)
                    if found:
                        return found
                    assert not self._reading.done(), f"{pattern!r} is not in:\n{self.printed}"
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{pattern!r} is not in:\n{self.printed}") from None

    async def type(self, line: str) -> None:
        """Type a line; those of one letter are commands."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def ended(self) -> int:
        async with asyncio.timeout(WAIT_S):
            await self._reading
            return await self._process.wait()

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading
        if self._process.stdin is not None:
            self._process.stdin.close()


@asynccontextmanager
async def openssl(*arguments: str) -> AsyncIterator[Tool]:
    """Run `openssl` with these arguments, and end it."""
    tool = Tool(
        await asyncio.create_subprocess_exec(
            "openssl",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    )
    try:
        yield tool
    finally:
        await tool.stop()


@asynccontextmanager
async def s_server(*arguments: str) -> AsyncIterator[tuple[Tool, int]]:
    """Run `openssl s_server` on a free port."""
    async with openssl("s_server", "-tls1_3", "-accept", f"{HOST}:0", *arguments) as tool:
        port = await tool.until(r"ACCEPT [\d.]+:(\d+)")
        yield tool, int(port[1])
