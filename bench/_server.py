"""A real `hutong serve` in a process of its own, on a folder filled beforehand."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._people import Person, befriend, put_people
from hutong.platform.database import create_engine
from hutong.platform.feature import discover, migration_folders
from hutong.platform.migrate import migrate
from hutong.schema import sealed_pb2


@dataclass(slots=True)
class Pair:
    """Two contacts and their conversation."""

    one: Person
    other: Person
    log: str


def seed(folder: Path, pairs: int) -> list[Pair]:
    """Fill a database with people who know each other in pairs."""
    url = f"sqlite:///{folder / 'hutong.db'}"
    migrate(url, migration_folders(discover()))
    engine = create_engine(url, readonly=False)
    with engine.begin() as connection:
        people = put_people(connection, 2 * pairs)
        made = [Pair(people[2 * n], people[2 * n + 1], f"chat:{n:012}") for n in range(pairs)]
        for pair in made:
            befriend(connection, pair.one, pair.other, pair.log)
    engine.dispose()
    return made


@dataclass(slots=True)
class Server:
    """A running server process."""

    port: int
    link_port: int
    pid: int
    tls: ssl.SSLContext | None = None  # trusts the public port's certificate, when it has one
    manifest: sealed_pb2.Manifest | None = None  # what the first link learnt

    def resident_bytes(self) -> int:
        """Return the memory the process holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_s(self) -> float:
        """Return the processor time the process has taken, its own and the kernel's for it, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def serve(folder: Path, *, tls: bool = False) -> AsyncIterator[Server]:
    """Run `hutong serve` on a seeded folder, on free ports; with `tls` the public port speaks it."""
    environment = {
        **os.environ,
        "HUTONG_DATA": str(folder),
        "HUTONG_PORT": "0",
        "HUTONG_LINK_PORT": "0",
        "HUTONG_RELAY_PORT": "0",
        "HUTONG_RATE_LIMIT_FACTOR": "1000000",
        "HUTONG_LOG_LEVEL": "warning",
        "HUTONG_TLS": "self-signed" if tls else "off",
    }
    command = [str(Path(sys.executable).with_name("hutong")), "serve"]
    with tempfile.TemporaryFile("w+") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        try:
            output = ""
            while not (found := re.search(r"https?://[\d.]+:(\d+)[^$]*hutong://[\d.]+:(\d+)", output)):
                line = await asyncio.wait_for(process.stdout.readline(), 20)
                if not line:
                    errors.seek(0)
                    raise RuntimeError(f"hutong serve ended: {errors.read()}")
                output += line.decode()
            context = ssl.create_default_context(cafile=folder / "tls/certificate.pem") if tls else None
            yield Server(int(found[1]), int(found[2]), process.pid, context)
        finally:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), 20)
