"""Changes of network during a conversation: nothing lost, nothing doubled, and no long silence (LINK46)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hutong.client import Client, State
from hutong.client.pushes import Listener
from tests.client.live import PASSWORD, LiveServer

CHANGES = 12


@pytest.mark.parametrize("address", ["url", "link"])
async def test_link46_a_conversation_survives_changes_of_network(
    server: LiveServer, address: str, tmp_path: Path
) -> None:
    async with server.client("bob") as bo, server.client("lin", getattr(server, address)) as lin:
        await lin.sign_up("lin", PASSWORD)
        await bo.sign_up("bob", PASSWORD)
        await server.befriend(lin, bo)
        log = (await lin.open("bob")).log
        here, there = lin.messages(), bo.messages()
        await asyncio.gather(lin.caught_up(), bo.caught_up())
        watch = _States()
        lin.pushes.add(watch)
        sending = asyncio.gather(*(_talk(each, log) for each in (lin, bo)))
        for _ in range(CHANGES):
            await asyncio.sleep(0.03)
            lin.connection.hurry()
        await sending
        count = 5 * CHANGES
        said = [await asyncio.wait_for(anext(here), 20) for _ in range(count)]
        heard = [await asyncio.wait_for(anext(there), 20) for _ in range(count)]
        expected = [str(number) for number in range(count)]
        assert [each.text for each in said] == expected
        assert [each.text for each in heard] == expected
        assert watch.states == []  # never without a link
        history = await lin.history(log, limit=200)
        assert len({(each.author.user, each.text) for each in history}) == len(history) == 2 * count


class _States(Listener):
    def __init__(self) -> None:
        self.states: list[State] = []

    def on_state(self, state: State) -> None:
        self.states.append(state)


async def _talk(who: Client, log: str) -> None:
    for number in range(5 * CHANGES):
        await who.send_text(log, str(number))
        await asyncio.sleep(0.005)


async def test_link46_hurrying_again_and_again_opens_one_link_at_a_time(server: LiveServer) -> None:
    async with server.client("lin") as lin:
        await lin.sign_up("lin", PASSWORD)
        for _ in range(50):
            lin.connection.hurry()
        assert await lin.conversations() == []
        assert lin.state is State.ONLINE
