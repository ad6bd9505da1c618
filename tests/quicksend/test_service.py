"""The mailbox: who may join, what is kept, how it ends, and what it does not let happen."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hutong.features.quicksend import channel as rules
from hutong.features.quicksend.service import ALL_JOINS, ALL_OPENS, JOINS, OPENS, RELAYS
from hutong.local import Client
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.schema import quicksend_pb2 as pb
from hutong.testing import TestServer, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADDRESSES = (f"192.0.2.{number}" for number in itertools.count(1))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestServer]:
    """One for all: channels, and addresses, are each test's own."""
    async with TestServer.run(tmp_path_factory.mktemp("server"), rate_limit_factor=1000) as server:
        yield server


class Ends:
    """Two clients that never signed in, and their channel."""

    def __init__(self, server: TestServer) -> None:
        self.server = server
        address = next(ADDRESSES)
        self.clients = (Client(server, address), Client(server, address))
        self.one, self.two, self.three = (os.urandom(16) for _ in range(3))
        self.channel = 0

    async def open(self, token: bytes = b"") -> pb.OpenReply:
        token = token or self.one
        reply: pb.OpenReply = await self.clients[0].call("QuickSend.Open", pb.OpenRequest(token=token))
        self.channel = reply.channel
        return reply

    async def join(self, token: bytes = b"") -> None:
        token = token or self.two
        await self.clients[1].call("QuickSend.Join", pb.JoinRequest(channel=self.channel, token=token))

    async def say(self, token: bytes, number: int, letter: bytes) -> None:
        request = pb.SayRequest(channel=self.channel, token=token, number=number, letter=letter)
        await self.clients[token == self.two].call("QuickSend.Say", request)

    async def hear(self, token: bytes, after: int = 0) -> pb.HearReply:
        request = pb.HearRequest(channel=self.channel, token=token, after=after)
        reply: pb.HearReply = await self.clients[token == self.two].call("QuickSend.Hear", request)
        return reply

    async def leave(self, token: bytes, ending: pb.Ending) -> None:
        request = pb.LeaveRequest(channel=self.channel, token=token, ending=ending)
        await self.clients[token == self.two].call("QuickSend.Leave", request)


@pytest_asyncio.fixture(loop_scope="module")
async def ends(server: TestServer) -> Ends:
    ends = Ends(server)
    await ends.open()
    return ends


async def test_two_talk(ends: Ends) -> None:
    """QUICK5, QUICK11: in order, once, and what was heard is forgotten."""
    await ends.join()
    await ends.join()  # a retry
    await ends.say(ends.two, 1, b"a")
    await ends.say(ends.two, 1, b"a")
    await ends.say(ends.two, 2, b"b")
    assert list((await ends.hear(ends.one)).letters) == [b"a", b"b"]
    assert list((await ends.hear(ends.one, 1)).letters) == [b"b"]
    with refused(InvalidArgument, "bad_number"):
        await ends.hear(ends.one, 0)
    with refused(InvalidArgument, "bad_number"):
        await ends.hear(ends.one, 3)
    assert list((await ends.hear(ends.one, 2)).letters) == []
    await ends.say(ends.one, 1, b"c")
    assert list((await ends.hear(ends.two)).letters) == [b"c"]


async def test_the_same_token_is_the_same_channel(ends: Ends) -> None:
    """QUICK4."""
    first = ends.channel
    assert 1_000 <= first <= 9_999
    assert (await ends.open()).channel == first
    assert (await ends.open(ends.three)).channel != first


async def test_letters_that_do_not_follow_each_other(ends: Ends) -> None:
    """QUICK11."""
    with refused(FailedPrecondition, "nobody_there"):
        await ends.say(ends.one, 1, b"a")
    await ends.join()
    await ends.say(ends.one, 1, b"a")
    for number, letter in ((1, b"b"), (3, b"c"), (0, b"a")):
        with refused(InvalidArgument, "out_of_order"):
            await ends.say(ends.one, number, letter)
    for letter in (b"", b"x" * (rules.LETTER_BYTES_MAX + 1)):
        with refused(InvalidArgument, "bad_letter"):
            await ends.say(ends.one, 2, letter)
    assert list((await ends.hear(ends.two)).letters) == [b"a"]


async def test_strangers(ends: Ends) -> None:
    """QUICK5: without its token a channel is not there; with another a receiver is too late."""
    with refused(NotFound, "no_such_channel"):
        await ends.hear(ends.three)
    with refused(InvalidArgument, "bad_token"):
        await ends.hear(b"short")
    with refused(InvalidArgument, "own_channel"):
        await ends.join(ends.one)
    await ends.join()
    with refused(FailedPrecondition, "taken"):
        await ends.join(ends.three)
    ends.channel += 1
    with refused(NotFound, "no_such_channel"):
        await ends.join(ends.three)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (pb.ENDING_DONE, "used"),
        (pb.ENDING_CANCELLED, "cancelled"),
        (pb.ENDING_DECLINED, "used"),
        (pb.ENDING_WRONG_CODE, "wrong_code"),
    ],
)
async def test_endings(ends: Ends, ending: pb.Ending, reason: str) -> None:
    """QUICK6, QUICK7: the first end counts, both hear it after the last letter, and nobody comes after it."""
    await ends.join()
    await ends.say(ends.two, 1, b"last")
    await ends.leave(ends.two, ending)
    await ends.leave(ends.one, pb.ENDING_CANCELLED)
    heard = await ends.hear(ends.one)
    assert (list(heard.letters), heard.ending) == ([b"last"], ending)
    assert (await ends.hear(ends.two)).ending == ending
    with refused(FailedPrecondition, "ended"):
        await ends.say(ends.one, 1, b"x")
    with refused(FailedPrecondition, reason):
        await ends.join(ends.three)


@pytest.mark.parametrize("ending", [0, pb.ENDING_GONE, pb.ENDING_EXPIRED, 99])
async def test_ends_do_not_say_what_only_the_server_knows(ends: Ends, ending: Any) -> None:
    with refused(InvalidArgument, "bad_ending"):
        await ends.leave(ends.one, ending)
    assert (await ends.hear(ends.one)).ending == 0


async def pass_time(ends: Ends, seconds: float, *listening: bytes) -> None:
    """Let time pass while some ask every half minute."""
    left = seconds
    while left > 0:
        step = min(30.0, left)
        ends.server.clock.advance(step)
        left -= step
        for token in listening:
            await ends.hear(token)


async def test_who_is_not_heard_of_is_gone(ends: Ends) -> None:
    """QUICK7."""
    await ends.join()
    await pass_time(ends, rules.GONE_AFTER_S, ends.two)
    assert (await ends.hear(ends.two)).ending == pb.ENDING_GONE
    with refused(FailedPrecondition, "gone"):
        await ends.join(ends.three)


async def test_a_code_nobody_uses_expires(ends: Ends) -> None:
    """QUICK4, and its number is not another's at once."""
    await pass_time(ends, rules.WAIT_S - 1, ends.one)
    assert (await ends.hear(ends.one)).ending == 0
    await pass_time(ends, 2, ends.one)
    assert (await ends.hear(ends.one)).ending == pb.ENDING_EXPIRED
    with refused(FailedPrecondition, "expired"):
        await ends.join()


async def test_what_waits_is_bounded(ends: Ends) -> None:
    """QUICK11."""
    await ends.join()
    for number in range(1, 4):
        await ends.say(ends.one, number, b"x" * rules.LETTER_BYTES_MAX)
    with refused(ResourceExhausted, "unheard"):
        await ends.say(ends.one, 4, b"x" * rules.LETTER_BYTES_MAX)
    await ends.hear(ends.two, 3)
    for number in range(4, 4 + rules.UNHEARD_MAX):
        await ends.say(ends.one, number, b"x")
    with refused(ResourceExhausted, "unheard"):
        await ends.say(ends.one, 4 + rules.UNHEARD_MAX, b"x")


async def test_a_channel_carries_so_much_and_no_more(ends: Ends) -> None:
    """QUICK11: of both ends together, heard or not; a letter said again counts once."""
    await ends.join()
    letter = b"x" * rules.LETTER_BYTES_MAX
    room = rules.SAID_BYTES_MAX // len(letter)
    assert room % 2 == 1
    for number in range(1, room // 2 + 1):
        for token, other in ((ends.one, ends.two), (ends.two, ends.one)):
            await ends.say(token, number, letter)
            await ends.say(token, number, letter)
            await ends.hear(other, number)
    last = room // 2 + 1
    await ends.say(ends.one, last, letter)
    left_bytes = rules.SAID_BYTES_MAX - room * len(letter)
    with refused(ResourceExhausted, "channel_full"):
        await ends.say(ends.two, last, b"x" * (left_bytes + 1))
    await ends.say(ends.two, last, b"x" * left_bytes)
    with refused(ResourceExhausted, "channel_full"):
        await ends.say(ends.two, last + 1, b"x")
    # It can still be ended.
    await ends.leave(ends.two, pb.ENDING_DONE)


async def test_an_operator_may_turn_it_off(tmp_path: Path) -> None:
    """QUICK6: with a reason for the page, and nothing is opened."""
    async with TestServer.run(tmp_path, quick_send=False) as server:
        ends = Ends(server)
        with refused(PermissionDenied, "quick_send_off"):
            await ends.open()
        with refused(PermissionDenied, "quick_send_off"):
            await ends.join()


async def test_codes_of_one_network_are_bounded(ends: Ends) -> None:
    """QUICK4: those that are over do not count."""
    for number in range(1, rules.Channels.OWNED_MAX):
        await ends.open(number.to_bytes(16, "big"))
    with refused(ResourceExhausted, "too_many_channels"):
        await ends.open(ends.three)
    await ends.leave((rules.Channels.OWNED_MAX - 1).to_bytes(16, "big"), pb.ENDING_CANCELLED)
    await ends.open(ends.three)


async def test_guessing_costs(tmp_path: Path) -> None:
    """QUICK6: opening, joining and the relay are counted."""
    async with TestServer.run(tmp_path) as server:
        ends = Ends(server)
        await ends.open()
        await ends.join()
        for _ in range(JOINS.burst - 1):
            with refused(NotFound, "no_such_channel"):
                await ends.clients[1].call("QuickSend.Join", pb.JoinRequest(channel=1, token=ends.two))
        for _ in range(ALL_JOINS.burst):
            with refused(ResourceExhausted, "rate_limited"):
                await ends.join()
        for _ in range(OPENS.burst - 1):
            await ends.open()
        for _ in range(ALL_OPENS.burst):
            with refused(ResourceExhausted, "rate_limited"):
                await ends.open()
        others = Ends(server)  # whom somebody else's guesses cost nothing
        await others.open()
        others.clients = (others.clients[0], Client(server, next(ADDRESSES)))
        await others.join()
        request = pb.RelaysRequest(channel=ends.channel, token=ends.one)
        for _ in range(RELAYS.burst):
            await ends.clients[0].call("QuickSend.Relays", request)
        with refused(ResourceExhausted, "rate_limited"):
            await ends.clients[0].call("QuickSend.Relays", request)


async def test_the_relay_is_for_two(server: TestServer, ends: Ends) -> None:
    """QUICK16: both ends are one user to the relay, and another channel is another."""
    server.core.platform.endpoints.relay_host = "203.0.113.5"
    server.core.platform.endpoints.relay_port = 3478
    server.core.platform.endpoints.relay_secret = b"secret"
    request = pb.RelaysRequest(channel=ends.channel, token=ends.one)
    with refused(FailedPrecondition, "nobody_there"):
        await ends.clients[0].call("QuickSend.Relays", request)
    await ends.join()
    ours = await ends.clients[0].call("QuickSend.Relays", request)
    request.token = ends.two
    theirs = await ends.clients[1].call("QuickSend.Relays", request)
    user = ours.servers[1].username.partition(":")[2]
    assert user.startswith("quick-")
    assert user.endswith(f"-{ends.channel}")
    assert theirs.servers[1].username.partition(":")[2] == user
    assert ours.servers[0].urls == ["stun:203.0.113.5:3478"]
    await ends.leave(ends.one, pb.ENDING_DONE)
    with refused(FailedPrecondition, "nobody_there"):
        await ends.clients[1].call("QuickSend.Relays", request)


async def test_ends_are_told(ends: Ends) -> None:
    """QUICK11: a notice goes to the connection that asked last, signed in or not."""
    await ends.join()
    sender = ends.clients[0]
    before = len(sender.notices)
    await ends.say(ends.two, 1, b"a")
    await ends.hear(ends.one)  # the answer comes after the notice
    assert len(sender.notices) > before
