"""Two who have met, on a channel that now and then does not take a letter."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hutong.client import Client
from hutong.client.quicksend.mailbox import JOIN, OPEN, Mailbox
from hutong.client.quicksend.meeting import Meeting
from hutong.features.quicksend.channel import Channel
from hutong.platform.errors import ResourceExhausted
from hutong.protocols.quicksend import Code, Conversation
from hutong.schema import quicksend_pb2 as pb
from hutong.testing import refused
from tests.client.live import LiveServer


def _meeting(me: Client, code: Code, token: bytes, *, sender: bool) -> Meeting:
    mailbox = Mailbox(me.connection, me.pushes, code.number, token)
    return Meeting(mailbox, Conversation(code, os.urandom(64), sender=sender))


@asynccontextmanager
async def met(server: LiveServer) -> AsyncIterator[tuple[Meeting, Meeting]]:
    async with server.client("a", catch_up=False) as one, server.client("b", catch_up=False) as other:
        tokens = os.urandom(16), os.urandom(16)
        opened = await one.connection.call(OPEN, pb.OpenRequest(token=tokens[0]))
        code = Code.make(opened.channel, os.urandom(4))
        await other.connection.call(JOIN, pb.JoinRequest(channel=code.number, token=tokens[1]))
        sender = _meeting(one, code, tokens[0], sender=True)
        receiver = _meeting(other, code, tokens[1], sender=False)
        await asyncio.gather(sender.meet_receiver(), receiver.meet_sender())
        try:
            yield sender, receiver
        finally:
            await sender.close(pb.ENDING_DONE)
            await receiver.close(pb.ENDING_DONE)


def word(name: str) -> pb.Word:
    return pb.Word(offer=pb.Offer(name=name))


async def heard(receiver: Meeting, count: int) -> list[str]:
    async with asyncio.timeout(20):
        return [(await receiver.next()).offer.name for _ in range(count)]


class Faulty:
    """`Channel.say` that fails when told: before the letter is kept, or after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before = self.after = False
        say = Channel.say

        def faulty(channel: Channel, side: int, number: int, letter: bytes) -> None:
            before, self.before = self.before, False
            if before:
                raise ResourceExhausted("The other side does not listen.", reason="unheard")
            say(channel, side, number, letter)
            after, self.after = self.after, False
            if after:
                raise ResourceExhausted("Nobody hears that it was kept.", reason="unheard")

        monkeypatch.setattr(Channel, "say", faulty)


@pytest.mark.parametrize("kept", [False, True])
async def test_a_word_after_a_letter_that_failed_is_understood(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """QUICK10, QUICK11: nonces follow each other, and a number stands for one letter."""
    async with met(server) as (sender, receiver):
        faulty = Faulty(monkeypatch)
        faulty.before, faulty.after = not kept, kept
        with refused(ResourceExhausted, "unheard"):
            await sender.say(word("one"))
        await sender.say(word("two"))
        assert await heard(receiver, 2) == ["one", "two"]


async def test_while_a_letter_is_not_taken_no_word_is_sealed(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QUICK10: what waits is one letter, however often a word is refused."""
    async with met(server) as (sender, receiver):
        faulty = Faulty(monkeypatch)
        for name in ("one", "two", "three"):
            faulty.before = True
            with refused(ResourceExhausted, "unheard"):
                await sender.say(word(name))
        await sender.say(word("four"))
        assert await heard(receiver, 2) == ["one", "four"]


async def test_a_word_after_one_that_was_called_off_is_understood(server: LiveServer) -> None:
    """QUICK17: the path ends in the middle of a signal, and `arrived` comes after it."""
    async with met(server) as (sender, receiver):
        saying = asyncio.create_task(sender.say(word("one")))
        await asyncio.sleep(0)  # sealed, and on its way
        saying.cancel()
        await asyncio.wait([saying])
        assert saying.cancelled()
        await sender.say(word("two"))
        assert await heard(receiver, 2) == ["one", "two"]
