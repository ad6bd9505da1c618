"""LOG15 under way: devices come and go, people say, change and take back, and all see the same in the end."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from hutong.client import Client, Event, Sent, Timeline
from hutong.client import methods as m
from hutong.features.chat import model
from hutong.platform.errors import Internal, RpcError
from hutong.schema import chat_pb2, log_pb2
from tests.client.device import view
from tests.client.live import PASSWORD, LiveServer, running, until
from tests.platform.scene import cheap_passwords

STEPS = 150
DISAPPEAR_S = 1


class Device:
    """One device and its own view of every conversation, kept while it is offline."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self._server = server
        self._name = name
        self.timelines: dict[str, Timeline] = {}
        self.client: Client
        self._task: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        return self._task is not None

    async def enter(self) -> Client:
        self.client = self._server.client(self._name)
        await self.client.__aenter__()
        return self.client

    async def go_on(self) -> None:
        stream = self.client.events()

        async def listen() -> None:
            async for event in stream:
                if isinstance(event, Event) and event.log.startswith("chat:"):
                    self.timelines.setdefault(event.log, Timeline()).apply(event)

        self._task = asyncio.create_task(listen())
        await self.client.caught_up()

    async def leave(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        await self.client.__aexit__()


class Fuzz:
    """Does things at random; what is refused is refused."""

    def __init__(self, seed: int, logs: list[str]) -> None:
        self.random = random.Random(seed)
        self.logs = logs
        self.said: list[Sent] = []
        self.done: dict[str, int] = {}

    async def step(self, me: Client, number: int) -> None:
        log, any_ = self.random.choice(self.logs), self.random.choice(self.said) if self.said else None
        emoji = self.random.choice(["👍", "❤️", "🎉"])
        on = self.random.random() < 0.7
        options = self.random.sample(range(3), self.random.randrange(3))
        acts: dict[str, Any] = {
            "text": lambda: me.send_text(log, f"message {number}"),
            "poll": lambda: me.send_poll(log, f"Question {number}?", ["a", "b", "c"], multiple=True),
        }
        if any_ is not None:
            acts |= {
                "reply": lambda: me.reply(any_, f"answer {number}"),
                "edit": lambda: me.edit(any_, f"edited {number}"),
                "edit again": lambda: me.edit(any_, f"edited again {number}"),
                "recall": lambda: me.recall(any_),
                "react": lambda: me.react(any_, emoji, on=on),
                "vote": lambda: me.vote(any_, *options),
                "vote again": lambda: me.vote(any_, *options),
                "close": lambda: me.close_poll(any_),
                "pin": lambda: me.pin(any_, on=on),
            }
        name = self.random.choice(list(acts))
        try:
            result = await acts[name]()
        except Internal:
            raise
        except RpcError:
            return
        self.done[name] = self.done.get(name, 0) + 1
        if isinstance(result, Sent):
            self.said.append(result)


async def fresh(client: Client, log: str) -> list[log_pb2.Event]:
    events: list[log_pb2.Event] = []
    while True:
        before = events[0].seq if events else 0
        page = (await client.call(m.READ_LOG, log_pb2.ReadRequest(log=log, before=before, limit=200))).page
        events = [*page.events, *events]
        if not page.events:
            return events


async def all_gone(client: Client, log: str) -> bool:
    """Tell whether everything that was to disappear has."""
    bodies = [Event.of(event).body for event in await fresh(client, log)]
    return not any(isinstance(body, chat_pb2.MessageSent) and body.disappears_ms for body in bodies)


@pytest.mark.parametrize("seed", [1, 2])
async def test_devices_see_the_same_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """MSG6, MSG8, MSG9, MSG12, MSG13"""
    cheap_passwords(monkeypatch)
    monkeypatch.setattr(model, "DISAPPEAR_S_MIN", DISAPPEAR_S)
    async with running(tmp_path, rate_limit_factor=1000) as server:
        laptop, phone, tablet, bob = (Device(server, name) for name in ("laptop", "phone", "tablet", "bob"))
        lin = await (await laptop.enter()).sign_up("lin", PASSWORD)
        await (await bob.enter()).sign_up("bob", PASSWORD)
        await server.befriend(laptop.client, bob.client)
        for device in (phone, tablet):
            await (await device.enter()).log_in("lin", PASSWORD)
        for device in (laptop, phone, tablet, bob):
            await device.go_on()
        direct = await laptop.client.open("bob")
        group = await laptop.client.create_group("Team", [await bob.client.person(bob.client.me.user)])
        fuzz = Fuzz(seed, [direct.log, group.log])
        for number in range(STEPS):
            if number == STEPS // 10:
                await tablet.leave()
            if number in {STEPS // 3, STEPS // 2}:
                seconds = DISAPPEAR_S if number == STEPS // 3 else 0
                request = chat_pb2.SetDisappearingRequest(log=group.log, seconds=seconds)
                await laptop.client.call(m.SET_DISAPPEARING, request)
            if number % 40 == 39:
                await phone.leave()
            if number % 40 == 19 and not phone.online:
                await phone.enter()
                await phone.go_on()
            writers = [each for each in (laptop, phone, bob) if each.online]
            await fuzz.step(fuzz.random.choice(writers).client, number)
        async with asyncio.timeout(60):
            while not await all_gone(bob.client, group.log):
                pass
        for device in (phone, tablet):
            if not device.online:
                await device.enter()
                await device.go_on()
        assert {"text", "poll", "reply", "edit", "recall", "react", "vote", "pin"} <= set(fuzz.done)
        for log in fuzz.logs:
            read = Timeline()
            for event in await fresh(laptop.client, log):
                read.apply(Event.of(event))
            for device in (laptop, phone, tablet, bob):
                await until(lambda d=device, log=log, head=read.head: d.timelines[log].head == head)  # type: ignore[misc]
                assert view(device.timelines[log]) == view(read), (device._name, log)
            assert await laptop.client.pins(log) == read.pins
            (listed,) = [each for each in await phone.client.conversations() if each.log == log]
            mine = listed.member(lin.user)
            assert mine is not None
            assert listed.unread == len(read.unread(lin.user, mine.read))
        for device in (laptop, phone, tablet, bob):
            await device.leave()
