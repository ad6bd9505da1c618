"""The commands, as a person runs them: processes of their own against a real server."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hutong.client import Client, GroupSettings, parse_address
from tests.client.live import PASSWORD, LiveServer, running, until

# A shell that runs the tests in the background has its children ignore Ctrl-C.
INTERRUPTIBLE = ("env", "--default-signal=INT")


class Command:
    """A running command, its output as it comes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.output = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(4096):
            self.output += data.decode()

    async def type(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def shows(self, text: str) -> None:
        try:
            await until(lambda: text in self.output, within_s=40)
        except TimeoutError:
            pytest.fail(f"{text!r} is not in:\n{self.output}")

    async def end(self, *, interrupt: bool = False) -> int:
        if interrupt:
            self._process.send_signal(signal.SIGINT)
        elif self._process.stdin is not None:
            self._process.stdin.close()
        return await self._ended()

    async def kill(self) -> None:
        """End it without a chance to put anything in order."""
        self._process.kill()
        await self._ended()

    async def _ended(self) -> int:
        async with asyncio.timeout(40):
            code = await self._process.wait()
            await self._reading
        return code


class Shell:
    """Somebody's terminal."""

    def __init__(self, server: LiveServer, who: str) -> None:
        self.home = server.folder / f"home-{who}"
        self.environment = {
            **os.environ,
            "HUTONG_HOME": str(self.home),
            "HUTONG_SERVER": server.url,
            "HUTONG_PASSWORD": PASSWORD,
            "COLUMNS": "200",
        }

    async def start(self, *arguments: str | Path) -> Command:
        process = await asyncio.create_subprocess_exec(
            *INTERRUPTIBLE,
            sys.executable,
            *("-W", "error", "-c", "from hutong.cli.main import app; app()"),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment,
        )
        return Command(process)

    async def run(self, *arguments: str | Path) -> tuple[int, str]:
        command = await self.start(*arguments)
        code = await command.end()
        return code, command.output

    async def sign_up(self, handle: str) -> None:
        code, output = await self.run("login", handle, "--new", "--name", handle.title())
        assert (code, f"@{handle}" in output) == (0, True), output


@asynccontextmanager
async def friends(server: LiveServer) -> AsyncIterator[tuple[Shell, Shell]]:
    lin, bob = Shell(server, "lin"), Shell(server, "bob")
    await asyncio.gather(lin.sign_up("lin"), bob.sign_up("bob"))
    async with _api(server, lin) as one, _api(server, bob) as other:
        await server.befriend(one, other)
    yield lin, bob


def _api(server: LiveServer, shell: Shell) -> Client:
    """The same device from Python."""
    address = parse_address(server.url)
    return Client(address, home=shell.home / address.folder_name)


async def test_a_conversation(server: LiveServer) -> None:
    async with friends(server) as (lin, bob):
        here = await lin.start("chat", "bob")
        await here.shows("whoever runs the server")
        there = await bob.start("chat")
        await there.shows("Signed in as @bob")
        await here.type("Dinner [red]at six[/]? \x1b[2J")
        await there.shows("Lin: Dinner [red]at six[/]? \ufffd[2J")
        await here.shows("Bob has read it.")
        await there.type("Yes!")  # to whoever spoke last
        await here.shows("Bob: Yes!")
        assert await here.end() == 0
        assert await there.end(interrupt=True) == 130


async def test_lines_of_a_pipe_are_all_sent_before_the_end(server: LiveServer) -> None:
    async with friends(server) as (lin, bob):
        here = await lin.start("chat", "bob")
        for number in range(20):
            await here.type(f"line {number}")
        assert await here.end() == 0, here.output
        async with _api(server, bob) as me:
            texts = [each.text for each in await me.history(await me.open("lin"))]
        assert texts == [f"line {number}" for number in range(20)]


async def test_a_file_is_sent_and_received(tmp_path: Path) -> None:
    async with (
        running(tmp_path, relay_port=0, relay_private_peers=True) as server,
        friends(server) as (lin, bob),
    ):
        source = tmp_path / "report.bin"
        source.write_bytes(os.urandom(800_000))
        into = tmp_path / "into"
        receiving = await bob.start("receive", "--into", into, "--once")
        await receiving.shows("Waiting for files")
        code, output = await lin.run("send", source, "--to", "bob")
        assert code == 0, output
        assert "report.bin arrived at Bob's device, verified. It went" in output.replace("\n", " ")
        assert await receiving.end() == 0, receiving.output
        assert (into / "report.bin").read_bytes() == source.read_bytes()


async def test_a_stored_file_is_taken_once(server: LiveServer) -> None:
    async with friends(server) as (lin, bob):
        source = server.folder / "note.txt"
        source.write_text("read me")
        code, output = await lin.run("send", source, "--to", "@bob")
        assert (code, "note.txt waits for Bob" in output) == (0, True), output
        into = server.folder / "into"
        code, output = await bob.run("receive", "--into", into, "--once")
        assert code == 0, output
        assert (into / "note.txt").read_text() == "read me"
        again = await bob.start("receive", "--into", into)
        await again.shows("Waiting for files")
        assert await again.end(interrupt=True) == 130
        assert [path.name for path in into.iterdir()] == ["note.txt"]


async def test_calling_off_a_send_is_told(server: LiveServer) -> None:
    async with friends(server) as (lin, bob), _api(server, bob) as me:
        source = server.folder / "note.txt"
        source.write_text("read me")
        sending = await lin.start("send", source, "--to", "bob")

        async def offered() -> bool:
            return bool(await me.transfers.open_offers(me.me.user))

        async with asyncio.timeout(30):
            while not await offered():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await sending.end(interrupt=True) == 130
        async with asyncio.timeout(30):
            while await offered():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_exit_codes_and_sentences(server: LiveServer) -> None:
    lin = Shell(server, "lin")
    code, output = await lin.run("chat", "bob")
    assert (code, "hutong login" in output) == (4, True), output
    code, output = await lin.run("chat", "--server", "http://127.0.0.1:1")
    assert (code, "Nothing is listening" in output) == (3, True), output
    code, output = await lin.run("chat", "--server", "ftp://x")
    assert code == 2, output
    lin.environment["HUTONG_PASSWORD"] = "not this one"
    code, output = await lin.run("login", "nobody")
    assert (code, "Wrong handle or password." in output) == (1, True), output
    lin.environment["HUTONG_PASSWORD"] = PASSWORD
    await lin.sign_up("lin")
    code, output = await lin.run("login", "lin")
    assert (code, "already" in output) == (1, True), output
    code, output = await lin.run("chat", "nobody")
    assert code == 1, output
    # The server of the last login is the one of the commands to come.
    del lin.environment["HUTONG_SERVER"]
    code, output = await lin.run("logout")
    assert (code, "Signed out @lin." in output) == (0, True), output


# ---- doctor ----


def _doctor_environment(server: LiveServer, shell: Shell) -> None:
    addresses = server.addresses
    del shell.environment["HUTONG_SERVER"]
    shell.environment |= {
        "HUTONG_DATA": str(server.folder / "server"),
        "HUTONG_PORT": str(addresses.port),
        "HUTONG_LINK_PORT": str(addresses.link_port),
        "HUTONG_RELAY_PORT": str(addresses.endpoints.relay_port or -1),
    }


async def test_doctor_on_the_servers_machine(tmp_path: Path) -> None:
    async with running(tmp_path, relay_port=0, relay_private_peers=True) as server:
        shell = Shell(server, "root")
        _doctor_environment(server, shell)
        code, output = await shell.run("doctor")
        assert code == 0, output
        assert "problem" not in output
        for check in ("Data folder", "Disk", "Database", "Clock", "Public port", "Link port"):
            assert check in output
        for check in ("STUN", "TURN over UDP", "TURN over TCP"):
            assert check in output
    code, output = await shell.run("doctor")  # stopped: the ports are free, nothing is broken
    assert code == 0, output
    assert "Start it: hutong serve" in output


async def test_doctor_names_what_is_broken(server: LiveServer) -> None:
    shell = Shell(server, "root")
    _doctor_environment(server, shell)
    link_port = shell.environment["HUTONG_LINK_PORT"]
    shell.environment["HUTONG_LINK_PORT"] = shell.environment["HUTONG_PORT"]
    code, output = await shell.run("doctor")
    assert (code, "Another program listens" in output) == (1, True), output
    shell.environment["HUTONG_LINK_PORT"] = link_port
    shell.environment["HUTONG_RELAY_PORT"] = shell.environment["HUTONG_PORT"]  # no UDP there
    code, output = await shell.run("doctor")
    assert (code, "STUN" in output) == (1, True), output
    shell.environment["HUTONG_DATA"] = str(server.folder / "nowhere")
    code, output = await shell.run("doctor")
    assert (code, "There is no folder" in output) == (1, True), output


async def test_doctor_sees_a_damaged_database(server: LiveServer) -> None:
    shell = Shell(server, "root")
    _doctor_environment(server, shell)
    folder = server.folder / "copy"
    folder.mkdir(mode=0o700)
    shell.environment["HUTONG_DATA"] = str(folder)
    (folder / "hutong.db").write_bytes(b"SQLite format 3\x00" + os.urandom(100_000))
    code, output = await shell.run("doctor")
    assert (code, "restore the newest backup" in output) == (1, True), output
    (folder / "hutong.db").unlink()
    with sqlite3.connect(folder / "hutong.db") as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("CREATE TABLE log_event (at_ms INTEGER)")
        connection.execute("INSERT INTO log_event VALUES (4102444800000)")
    connection.close()
    code, output = await shell.run("doctor")
    assert (code, "instead of WAL" in output) == (1, True), output
    assert "before the newest message" in output


async def test_doctor_from_outside(tmp_path: Path) -> None:
    async with running(tmp_path, relay_port=0, relay_private_peers=True) as server:
        shell = Shell(server, "lin")
        code, output = await shell.run("doctor", "--server", server.link)
        assert (code, "not signed in" in output) == (0, True), output
        await shell.sign_up("lin")
        code, output = await shell.run("doctor", "--server", server.url)
        assert code == 0, output
        for check in ("Connection", "Clock", "STUN", "TURN over UDP", "TURN over TCP"):
            assert check in output
        code, output = await shell.run("doctor", "--server", "http://127.0.0.1:1")
        assert (code, "Nothing is listening" in output) == (1, True), output


async def test_talking_in_a_group(server: LiveServer) -> None:
    """By a link that lets one in, and by the group's title from then on."""
    async with friends(server) as (lin, bob):
        async with _api(server, lin) as me:
            walks = await me.groups.create("Long Walks")
            link = (await me.invites.make(walks)).link(server.url)
        here = await bob.start("chat", link)
        await here.shows("can be read by you, Lin, and whoever runs the server")
        await here.type("Hello all")
        await here.shows("sent to Long Walks")
        assert await here.end() == 0, here.output
        there = await lin.start("chat", "long walks")
        await there.shows("Bob: Hello all")
        assert await there.end() == 0, there.output
        async with _api(server, lin) as me:
            await me.groups.create("Long Walks")
            await me.groups.decide(walks, GroupSettings(approval=True))
            closed = (await me.invites.make(walks)).token
        assert await lin.run("chat", "Long Walks") == (1, "2 of your groups are called Long Walks.\n")
        code, output = await bob.run("chat", "nobody_at_all")
        assert (code, "Nobody here has this handle." in output) == (1, True), output
        kim = Shell(server, "kim")
        await kim.sign_up("kim")
        code, output = await kim.run("chat", closed)
        assert (code, "asked to be let in" in output) == (0, True), output
