"""A real `hutong serve` in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

START_S = 30
ATTEMPTS = 10
HUTONG = [str(Path(sys.executable).with_name("hutong"))]


class Serve:
    """One data folder; may be started again and again, on the ports it got the first time."""

    command = "serve"

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.settings: dict[str, object] = {
            "port": 0,
            "link_port": 0,
            "relay_port": -1,
            "rate_limit_factor": 1_000_000,
            "log_level": "warning",
            **settings,
        }
        self.greeting = ""
        self.up = asyncio.Event()
        self.port = 0
        self.link_port = 0
        self.root = b""
        self.process: asyncio.subprocess.Process

    @property
    def errors(self) -> str:
        return (self.folder / "stderr.txt").read_text()

    def environment(self) -> dict[str, str]:
        named = {f"HUTONG_{name.upper()}": str(value) for name, value in self.settings.items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
        return {**inherited, **named, "HUTONG_DATA": str(self.folder), "COLUMNS": "300"}

    async def start(self) -> None:
        """Start it, and wait until it has said where it listens."""
        for attempt in range(ATTEMPTS):
            try:
                await self._start()
            except RuntimeError:
                # Between two runs somebody's outgoing connection may have the port for a moment.
                if "in use" not in self.greeting or attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.5)
            else:
                return

    async def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "stderr.txt").open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *HUTONG, self.command, env=self.environment(), stdout=asyncio.subprocess.PIPE, stderr=errors
            )
        assert self.process.stdout is not None
        self.greeting = ""
        async with asyncio.timeout(START_S):
            while "Stop with Ctrl-C" not in self.greeting:
                line = await self.process.stdout.readline()
                if not line:
                    await self.process.wait()
                    raise RuntimeError(f"it ended: {self.greeting} {self.errors}")
                self.greeting += line.decode()
        self.read_greeting()
        self.up.set()

    def read_greeting(self) -> None:
        """Learn the ports, and keep them for the next start."""
        found = re.search(r"open at https?://[\w.]+:(\d+)", self.greeting)
        link = re.search(r"hutong://[\w.]+:(\d+)#root=([\w-]{43})", self.greeting)
        assert found
        self.port = int(found[1])
        self.link_port = int(link[1]) if link else -1
        self.root = base64.urlsafe_b64decode(link[2] + "=") if link else b""
        self.settings |= {"port": self.port, "link_port": self.link_port}

    async def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        self.up.clear()
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.up.clear()
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 20)

    def query(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Read the database of a server that is not running."""
        with contextlib.closing(sqlite3.connect(self.folder / "hutong.db")) as connection:
            return connection.execute(statement, parameters).fetchall()


@asynccontextmanager
async def serving(folder: Path, **settings: object) -> AsyncIterator[Serve]:
    serve = Serve(folder, **settings)
    await serve.start()
    try:
        yield serve
    finally:
        if serve.process.returncode is None:
            await serve.kill()
