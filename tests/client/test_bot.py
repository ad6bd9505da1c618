"""A bot goes on, whatever people do to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hutong.client import Client, methods
from hutong.client.bot import Bot, BotMessage
from hutong.client.models import Person
from hutong.platform.errors import FailedPrecondition, InvalidArgument
from hutong.schema import bots_pb2
from tests.client.live import PASSWORD, LiveServer


@asynccontextmanager
async def serving(bot: Bot) -> AsyncIterator[None]:
    """Let a bot serve; fail when it ended by itself."""
    task = asyncio.create_task(bot.serve())
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def helper(server: LiveServer, owner: Client) -> tuple[Bot, Person]:
    request = bots_pb2.CreateBotRequest(handle="helper", name="Helper")
    token = (await owner.call(methods.CREATE_BOT, request)).token
    return Bot(server.url, token, home=server.folder / "helper"), (await owner.contacts.find("helper")).person


async def test_all_handlers_may_answer(server: LiveServer) -> None:
    """Each answer has a key of its own: they are different messages."""
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        bot, _ = await helper(server, lin)

        @bot.on_message
        async def greet(message: BotMessage) -> None:
            await message.reply("Hello")

        @bot.on_message
        async def echo(message: BotMessage) -> None:
            await message.reply(f"You said: {message.text}")

        stream = lin.messages()
        await lin.caught_up()
        async with serving(bot):
            await lin.send_text(await lin.open("helper"), "hi")
            assert [(await anext(stream)).text for _ in range(2)] == ["Hello", "You said: hi"]


async def test_a_bot_that_is_out_of_a_group_serves_the_others(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        bot, person = await helper(server, lin)
        group = await lin.create_group("Team", [person])

        @bot.on_message
        async def leave(message: BotMessage) -> None:
            if message.conversation.group:
                await bot.client.groups.leave(message.conversation)  # then it cannot mark it as read
            else:
                await message.reply("still here")

        stream = lin.messages()
        await lin.caught_up()
        async with serving(bot):
            await lin.send_text(group, "go")
            await lin.send_text(await lin.open("helper"), "are you there?")
            assert (await anext(stream)).text == "still here"


async def test_who_asks_and_takes_it_back_harms_no_bot(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server.client("lin") as lin, server.client("bob") as bob:
        await lin.sign_up("lin", PASSWORD)
        await bob.sign_up("bob", PASSWORD)
        bot, person = await helper(server, lin)
        answered = asyncio.Event()

        async def too_late(*_: object, **__: object) -> None:
            answered.set()
            raise FailedPrecondition("There is no request of this person.", reason="not_asked")

        monkeypatch.setattr(bot.client.contacts, "answer", too_late)
        bot.on_message(_hello)
        stream = lin.messages()
        await lin.caught_up()
        async with serving(bot):
            await bob.contacts.ask(person)
            await answered.wait()
            await lin.send_text(await lin.open("helper"), "hi")
            assert (await anext(stream)).text == "Hello"


async def _hello(message: BotMessage) -> None:
    await message.reply("Hello")


async def test_a_bot_changes_its_name_and_keeps_the_rest(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        bot, person = await helper(server, lin)
        changed: list[Person] = []

        @bot.on_message
        async def rename(message: BotMessage) -> None:
            await bot.client.change_profile(about="Says everything again")
            changed.append(await bot.client.change_profile(name=message.text))
            with pytest.raises(InvalidArgument):
                await bot.client.change_profile(name=" ")
            await message.reply(f"I am {bot.client.me.name}")

        stream = lin.messages()
        await lin.caught_up()
        async with serving(bot):
            await lin.send_text(await lin.open("helper"), "Echo")
            assert (await anext(stream)).text == "I am Echo"
        found = (await lin.contacts.find("helper")).person
        assert changed == [found]
        assert (found.user, found.name, found.about) == (person.user, "Echo", "Says everything again")
