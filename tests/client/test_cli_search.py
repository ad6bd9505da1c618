"""`hutong search`, as a person runs it."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from hutong.cli.main import app
from hutong.client import Client
from tests.client.live import LiveServer
from tests.client.test_cli import Shell, _api, friends

DAY_S = 24 * 3600


async def _indexed(me: Client, text: str) -> None:
    """Wait until the server has taken in a message."""
    async with asyncio.timeout(60):
        while not [hit async for hit in me.search(text)]:  # noqa: ASYNC110  what people see, too
            await asyncio.sleep(0.2)  # the server gives a person a pace


async def found(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    code, output = await shell.run("search", *arguments, "--json")
    assert code == 0, output
    return [json.loads(line) for line in output.splitlines()]


def seqs(hits: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(hit["log"], hit["seq"]) for hit in hits]


async def test_finding_messages_and_people(server: LiveServer) -> None:
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    async with friends(server) as (lin, bob):
        async with _api(server, lin) as one, _api(server, bob) as other:
            kitchen = await one.groups.create("Kitchen", [other.me])
            await one.send_text(await one.open("bob"), "Dumplings [red]tonight[/]? 饺子")
            await other.send_text(kitchen, "I shall bring dumplings and bowls")
            await _indexed(one, "bowls")

        code, output = await lin.run("search", "dumplings")
        assert code == 0
        newest, oldest = output.splitlines()
        assert newest.endswith("Bob in Kitchen: I shall bring dumplings and bowls")
        assert oldest.endswith("you: Dumplings [red]tonight[/]? 饺子")
        assert newest.startswith(time.strftime("%Y-", time.localtime()))

        bowls, tonight = await found(lin, "dumplings")
        assert (bowls["type"], bowls["conversation"], bowls["author"]) == ("message", "Kitchen", "bob")
        assert bowls["text"] == bowls["excerpt"] == "I shall bring dumplings and bowls"
        ((start, length),) = bowls["spans"]
        assert bowls["excerpt"][start : start + length] == "dumplings"
        assert abs(datetime.fromisoformat(bowls["at"]).timestamp() - time.time()) < DAY_S
        assert (tonight["author"], tonight["text"]) == ("lin", "Dumplings [red]tonight[/]? 饺子")

        assert seqs(await found(lin, "饺子", "--limit", "1")) == seqs([tonight])
        assert await found(lin, "dumplings", "--in", "kitchen") == [bowls]
        assert seqs(await found(lin, "--in", "@bob", "--from", "me")) == seqs([tonight])
        day = f"{yesterday:%Y-%m-%d}"
        assert seqs(await found(lin, "--from", "bob", "--kind", "text", "--after", day)) == seqs([bowls])
        assert await found(lin, "dumplings", "--before", day) == []

        (person,) = await found(lin, "bob")
        assert (person["type"], person["handle"], person["contact"]) == ("person", "bob", True)
        code, output = await lin.run("search", "bob")
        assert output.splitlines()[0] == "Bob @bob a contact"


async def test_what_is_not_there(server: LiveServer) -> None:
    async with friends(server) as (lin, _):
        for arguments, code, said in (
            (("tea", "--in", "Garden"), 1, "You have no conversation called Garden."),
            (("tea", "--from", "nobody"), 1, "Nobody here has this handle."),
            (("tea",), 0, "Nothing was found."),
        ):
            ended, output = await lin.run("search", *arguments)
            assert (ended, said in output) == (code, True), output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say some words"),
        (("tea", "--kind", "song"), "song"),
        (("tea", "--after", "Tuesday"), "Tuesday"),
        (("tea", "--before", "1950-01-01"), "1971"),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["search", *arguments], env={"COLUMNS": "200"})
    assert (result.exit_code, said in result.output) == (2, True), result.output
