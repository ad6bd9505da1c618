"""The server in the public namespace, a client in every home, and what the test asks of them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .network import (
    DISCOVERY_PORT,
    DOOR_ADDRESS,
    PUBLIC_PORT,
    RELAY_ADDRESS,
    SERVER_PORT,
    Home,
    Network,
)
from .rules import Nat

ROOT = Path(__file__).resolve().parents[2]
_START_S = 120
_ANSWER_S = 90
_END_S = 5
_HUTONG = str(Path(sys.executable).with_name("hutong"))


class TownError(Exception):
    """A program in the lab ended, or did not do what it was told; the text is its own."""


class Program:
    """A process in a namespace; its standard error goes to a file."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self._namespace = namespace
        self.folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *command: str, **environment: str) -> asyncio.subprocess.Process:
        """Start it. `ip netns exec` becomes the program, so its process is the program's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
        with (self.folder / "stderr.txt").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *("ip", "netns", "exec", self._namespace, *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**inherited, **environment, "COLUMNS": "300"},
            )
        return self._process

    @property
    def errors(self) -> str:
        """What it said last."""
        return (self.folder / "stderr.txt").read_text()[-2_000:]

    async def end(self) -> None:
        """Let it end with its input, and kill it when it does not."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        self.ask_to_end(process)
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        """Tell it, if the end of its input does not."""


class Server(Program):
    """`hutong serve`, with its relay on port 443 of one address and the public door on 443 of another."""

    async def open(self) -> str:
        """Return its address. Raises `TownError`."""
        process = await self.start(
            _HUTONG,
            "serve",
            HUTONG_DATA=str(self.folder / "data"),
            HUTONG_HOST="0.0.0.0",  # the lab's own namespace
            HUTONG_PORT=str(SERVER_PORT),
            HUTONG_TLS="self-signed",
            HUTONG_PUBLIC_URL=f"https://{DOOR_ADDRESS}:{PUBLIC_PORT}",
            HUTONG_RELAY_PORT=str(PUBLIC_PORT),
            HUTONG_RELAY_ADDRESS=RELAY_ADDRESS,
            HUTONG_RELAY_DISCOVERY=f"{DOOR_ADDRESS}:{DISCOVERY_PORT}",
            HUTONG_RATE_LIMIT_FACTOR="1000",
            HUTONG_LOG_LEVEL="warning",
        )
        assert process.stdout is not None
        greeting = ""
        async with asyncio.timeout(_START_S):
            while "Stop with Ctrl-C" not in greeting:
                line = await process.stdout.readline()
                if not line:
                    raise TownError(f"hutong serve ended: {greeting} {self.errors}")
                greeting += line.decode()
        certificate = (self.folder / "data/tls/certificate.pem").read_text()
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
        return f"https://{DOOR_ADDRESS}:{PUBLIC_PORT}#sha256={fingerprint}"

    def ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        """It does not read its input."""
        if process.returncode is None:
            process.terminate()


class Resident(Program):
    """`tests.nat.person` in a home."""

    def __init__(self, home: Home, folder: Path) -> None:
        super().__init__(home.namespace, folder)
        self.handle = home.handle
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._ready = asyncio.Event()
        self._numbers = itertools.count()
        self._reading: asyncio.Task[None] | None = None
        self._stdin: asyncio.StreamWriter

    async def move_in(self, address: str) -> None:
        """Sign up. Raises `TownError`."""
        process = await self.start(
            sys.executable, "-m", "tests.nat.person", address, self.handle, str(self.folder)
        )
        assert process.stdout is not None
        assert process.stdin is not None
        self._stdin = process.stdin
        self._reading = asyncio.create_task(self._read(process.stdout))
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait([ready, self._reading], timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
            if not self._ready.is_set():
                raise TownError(f"{self.handle} did not move in: {self.errors}")
        finally:
            ready.cancel()

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        while line := await stdout.readline():
            said = json.loads(line)
            if "ready" in said:
                self._ready.set()
            else:
                answer = self.answer(said["id"])
                if not answer.done():
                    answer.set_result(said)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result({"error": f"{self.handle} is gone: {self.errors}"})

    def answer(self, name: str) -> asyncio.Future[dict[str, Any]]:
        """Return what it will say, or said, under a name."""
        return self._answers.setdefault(name, asyncio.get_running_loop().create_future())

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Have it do something. Raises `TownError`, `TimeoutError`."""
        name = f"#{next(self._numbers)}"
        self._stdin.write(json.dumps({"id": name, **command}).encode() + b"\n")
        return await self.hear(name)

    async def hear(self, name: str) -> dict[str, Any]:
        """Wait for what it says under a name. Raises `TownError`, `TimeoutError`."""
        said = await asyncio.wait_for(asyncio.shield(self.answer(name)), _ANSWER_S)
        if "error" in said:
            raise TownError(f"{self.handle}: {said['error']}")
        return said

    async def end(self) -> None:
        """End it and stop listening to it."""
        await super().end()
        if self._reading is not None:
            await self._reading


@dataclass
class Sending:
    """A transfer under way, and what both will say in the end."""

    file: str
    sent: asyncio.Task[dict[str, Any]]
    received: asyncio.Task[dict[str, Any]]


class Town:
    """Everybody."""

    def __init__(self, network: Network, folder: Path) -> None:
        self._folder = folder
        self._server = Server(network.public, folder / "server")
        self._residents = {
            place: Resident(home, folder / home.handle) for place, home in network.homes.items()
        }
        self._numbers = itertools.count()

    async def open(self, acquaintances: list[tuple[Nat, Nat]]) -> None:
        """Start all; those of a pair become contacts, side a of the one with side b of the other."""
        address = await self._server.open()
        await asyncio.gather(*(each.move_in(address) for each in self._residents.values()))
        for one, other in acquaintances:
            a, b = self._residents[one, "a"], self._residents[other, "b"]
            await a.ask(do="know", handle=b.handle)
            await b.ask(do="know", handle=a.handle)

    async def close(self) -> None:
        """End every program."""
        await asyncio.gather(*(each.end() for each in self._residents.values()))
        await self._server.end()

    def resident(self, nat: Nat, side: str) -> Resident:
        """Return who lives there."""
        return self._residents[nat, side]

    async def transfer(self, sender: Nat, receiver: Nat, data: bytes, linger_s: float) -> str:
        """Send a file from the one's side a to the other's side b; return its way.

        It waits so long for a direct path. Raises `TownError`, `TimeoutError`; `AssertionError` when
        something else arrived.
        """
        async with self.sending(sender, receiver, data, linger_s=linger_s) as sending:
            sent, received = await sending.sent, await sending.received
        ways = {sent["way"], received["way"]}
        if ways != {"relayed" if received["line"] == "relay" else "direct"}:
            return f"{received['line']}, called {' and '.join(sorted(ways))}"
        return str(received["line"])

    @contextlib.asynccontextmanager
    async def sending(
        self, sender: Nat, receiver: Nat, data: bytes, *, linger_s: float, bytes_per_s: int = 20_000
    ) -> AsyncIterator[Sending]:
        """Start a transfer. What arrived is compared afterwards."""
        a, b = self._residents[sender, "a"], self._residents[receiver, "b"]
        source = self._folder / f"{next(self._numbers)}.bin"
        source.write_bytes(data)
        asked = a.ask(do="send", to=b.handle, path=str(source), linger_s=linger_s, bytes_per_s=bytes_per_s)
        sending = Sending(source.name, asyncio.create_task(asked), asyncio.create_task(b.hear(source.name)))
        try:
            yield sending
            received = await sending.received
            assert Path(received["path"]).read_bytes() == data
            await sending.sent
        finally:
            for task in (sending.sent, sending.received):
                task.cancel()
            await asyncio.wait([sending.sent, sending.received])
