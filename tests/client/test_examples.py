"""The examples run as their first lines say."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from hutong.client import Client, Relation, methods, parse_address
from hutong.schema import bots_pb2
from tests.client.live import PASSWORD, LiveServer
from tests.client.test_cli import INTERRUPTIBLE, Command

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


async def _start(server: LiveServer, who: str, *arguments: str | Path, **environ: str) -> Command:
    environment = {
        **os.environ,
        **environ,
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
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD)
        await bob.sign_up("bob", PASSWORD)
        request = bots_pb2.CreateBotRequest(handle="echo", name="Echo")
        token = (await lin.call(methods.CREATE_BOT, request)).token
        bot = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, HUTONG_TOKEN=token)
        # It becomes a contact of whoever asks.
        await bob.contacts.ask((await bob.contacts.find("echo")).person)

        async def befriended() -> bool:
            return (await bob.contacts.find("echo")).relation is Relation.CONTACT

        async with asyncio.timeout(60):
            while not await befriended():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        conversation = await bob.open("echo")
        stream = bob.messages()
        await bob.caught_up()
        await bob.send_text(conversation, "hello")
        assert (await anext(stream)).text == "You said: hello"
        # Interrupted, it leaves in order and keeps how far it had read.
        await bot.end(interrupt=True)
        await bob.send_text(conversation, "are you there?")
        again = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, HUTONG_TOKEN=token)
        assert (await anext(stream)).text == "You said: are you there?"
        await again.end(interrupt=True)


async def test_a_bot_that_was_killed_answers_nothing_twice(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        request = bots_pb2.CreateBotRequest(handle="echo", name="Echo")
        token = (await lin.call(methods.CREATE_BOT, request)).token
        conversation = await lin.open("echo")
        stream = lin.messages()
        await lin.caught_up()
        for text in ("one", "two", "three"):
            bot = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, HUTONG_TOKEN=token)
            await lin.send_text(conversation, text)
            assert (await anext(stream)).text == f"You said: {text}"
            await bot.kill()  # before it has noted how far it had read, or after
        bot = await _start(server, "bot", EXAMPLES / "echo_bot.py", server.url, HUTONG_TOKEN=token)
        await lin.send_text(conversation, "four")
        assert (await anext(stream)).text == "You said: four"
        await bot.end(interrupt=True)


async def test_the_webhook_posts_once(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        group = await lin.create_group("Builds", [])
        request = bots_pb2.CreateHookRequest(log=group.log, name="CI")
        url = (await lin.call(methods.CREATE_HOOK, request)).url
        stream = lin.messages()
        await lin.caught_up()
        for text in ("Build 7 is green", "Build 7 is green", "Build 8 is red"):
            poster = await _start(server, "poster", EXAMPLES / "webhook.py", url, text)
            await poster.shows('"seq": ')
            assert await poster.end() == 0
        texts = [await anext(stream), await anext(stream)]
        assert [(each.author.name, each.text) for each in texts] == [
            ("CI", "Build 7 is green"),
            ("CI", "Build 8 is red"),
        ]


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
