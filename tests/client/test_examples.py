"""The examples run as their first lines say."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from hutong.client import Client, parse_address
from tests.client.live import PASSWORD, LiveServer
from tests.client.test_cli import INTERRUPTIBLE, Command

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


async def _start(server: LiveServer, who: str, *arguments: str | Path) -> Command:
    environment = {
        **os.environ,
        "HUTONG_PASSWORD": PASSWORD,
        "XDG_DATA_HOME": str(server.folder / who),
    }
    process = await asyncio.create_subprocess_exec(
        *INTERRUPTIBLE,
        sys.executable,
        *("-W", "error"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    return Command(process)


async def test_the_echo_bot_answers_also_what_it_missed(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        bot = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, "echo")
        await bot.shows("@echo listens.")
        await lin.contacts.ask((await lin.contacts.find("echo")).person)

        async def befriended() -> bool:
            found = await lin.contacts.find("echo")
            return found.relation.name == "CONTACT"

        async with asyncio.timeout(30):
            while not await befriended():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        conversation = await lin.open("echo")
        stream = lin.messages()
        await lin.caught_up()
        await lin.send_text(conversation, "hello")
        assert (await anext(stream)).text == "You said: hello"
        # Interrupted, it leaves in order and keeps how far it had read.
        await bot.end(interrupt=True)
        await lin.send_text(conversation, "are you there?")
        again = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, "echo")
        assert (await anext(stream)).text == "You said: are you there?"
        await again.end(interrupt=True)


async def test_the_file_sender_sends(server: LiveServer) -> None:
    source = server.folder / "photo.jpg"
    source.write_bytes(b"pixels")
    async with server.client("bob") as bob:
        await bob.sign_up("bob", PASSWORD)
        address = parse_address(server.url)
        home = server.folder / "sender" / "hutong" / address.folder_name
        async with Client(address, home=home) as lin:
            await lin.sign_up("lin", PASSWORD)
            await server.befriend(lin, bob)
    sender = await _start(server, "sender", EXAMPLES / "send_file.py", server.url, "bob", source)
    await sender.shows("went to bob: stored")
    assert await sender.end() == 0
