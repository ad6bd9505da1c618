"""`hutong send` and `hutong receive` by a code, as two people without accounts run them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hutong.protocols.quicksend import Language, parse_code
from tests.client.live import LiveServer
from tests.client.test_cli import Command, Shell

CODE = re.compile(r"hutong receive (\S+)")
LINK = re.compile(r"or open: (\S+)")


async def code_of(command: Command) -> str:
    await command.shows("calls it off")
    found = CODE.search(command.output)
    assert found is not None, command.output
    return found[1]


async def test_a_file_by_a_code(server: LiveServer, tmp_path: Path) -> None:
    """QUICK1: the code may be said in the other language, and asks before it takes."""
    source = tmp_path / "report [1].pdf"
    source.write_bytes(os.urandom(200_000))
    here, there = Shell(server, "one"), Shell(server, "two")
    sending = await here.start("send", source)
    code = parse_code(await code_of(sending))
    taking = await there.start("receive", code.text(Language.CHINESE), "--into", tmp_path / "into")
    await taking.shows("Take it?")
    assert "report [1].pdf" in taking.output
    await taking.type("y")
    assert await taking.end() == 0, taking.output
    assert await sending.end() == 0, sending.output
    assert "directly from device to device" in taking.output
    assert "has arrived, verified" in sending.output
    assert (tmp_path / "into" / source.name).read_bytes() == source.read_bytes()


async def test_a_link_names_its_server_and_several_files_come_together(
    server: LiveServer, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("1")
    two.write_text("2")
    here, there = Shell(server, "one"), Shell(server, "two")
    sending = await here.start("send", one, two, "--words", "zh")
    await code_of(sending)
    link = LINK.search(sending.output)
    assert link is not None
    there.environment["HUTONG_SERVER"] = "http://127.0.0.1:1"
    code, output = await there.run("receive", link[1], "--yes", "--into", tmp_path / "into")
    assert code == 0, output
    assert await sending.end() == 0, sending.output
    assert sorted(path.name for path in (tmp_path / "into" / "one +1").iterdir()) == ["one.txt", "two.txt"]


async def test_what_is_no_code_costs_no_guess(server: LiveServer, tmp_path: Path) -> None:
    """QUICK3."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    sending = await Shell(server, "one").start("send", source)
    text = await code_of(sending)
    there = Shell(server, "two")
    status, output = await there.run("receive", f"{text}x")
    assert (status, "Perhaps" in output) == (2, True), output
    status, output = await there.run("receive", text, "--yes", "--into", tmp_path / "into")
    assert status == 0, output
    assert await sending.end() == 0


@pytest.mark.parametrize("answer", ["n", ""])
async def test_no_is_no(server: LiveServer, tmp_path: Path, answer: str) -> None:
    """QUICK13."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    sending = await Shell(server, "one").start("send", source)
    taking = await Shell(server, "two").start("receive", await code_of(sending), "--into", tmp_path / "into")
    await taking.shows("Take it?")
    await taking.type(answer)
    assert await taking.end() == 1
    assert await sending.end() == 1
    assert "did not want it" in sending.output
    assert list((tmp_path / "into").iterdir()) == []


async def test_a_sender_that_is_interrupted_voids_the_code(server: LiveServer, tmp_path: Path) -> None:
    """QUICK7."""
    source = tmp_path / "note.txt"
    source.write_text("hello")
    sending = await Shell(server, "one").start("send", source)
    code = await code_of(sending)
    assert await sending.end(interrupt=True) == 130, sending.output
    status, output = await Shell(server, "two").run("receive", code, "--yes", "--into", tmp_path / "into")
    assert (status, "called it off" in output) == (1, True), output
