"""Steps that many tests of the platform take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from google.protobuf.message import Message

from hutong.features.identity import passwords
from hutong.platform.clock import ManualClock
from hutong.platform.log import Stored, log_event
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2, link_pb2
from hutong.testing import Client, TestServer

WAIT_S = 10


class JumpingClock(ManualClock):
    """A manual clock whose time of day may be set, also backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.jump_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.jump_ms


def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sign-up cost a millisecond: nobody attacks a test's accounts."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", cheap)


def text(log: str, words: str) -> chat_pb2.SendRequest:
    return chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text=words))


def submit(client: Client, name: str, request: Message, key: bytes = b"") -> asyncio.Future[link_pb2.Reply]:
    """Send a request now, in this turn of the loop."""
    method = client.server.method(name)
    if not key and not method.replay_safe:
        key = client.server.new_key()
    return client.request(method, request.SerializeToString(), key)


async def say(client: Client, log: str, words: str, key: bytes | None = None) -> chat_pb2.SendReply:
    reply: chat_pb2.SendReply = await client.call("Chat.Send", text(log, words), key=key)
    return reply


def say_now(client: Client, log: str, words: str, key: bytes = b"") -> asyncio.Future[link_pb2.Reply]:
    return submit(client, "Chat.Send", text(log, words), key)


async def reason(reply: asyncio.Future[link_pb2.Reply]) -> str:
    """Return the reason of the error that answers, '' for a success."""
    return (await asyncio.wait_for(reply, WAIT_S)).error.reason


async def stored(server: TestServer, log: str) -> list[Stored]:
    """Return a log as it is in the database."""
    query = sa.select(log_event).where(log_event.c.log == log).order_by(log_event.c.seq)
    return [Stored(*row) for row in await server.core.platform.read(lambda read: read.execute(query).all())]


async def pair(server: TestServer) -> tuple[Client, Client, str]:
    alice, bobby = await server.friends("alice", "bobby")
    return alice, bobby, await server.conversation(alice, bobby)


async def group(*members: Client) -> str:
    """Return the log of a new group; its first member owns it."""
    owner, *others = members
    request = chat_pb2.CreateGroupRequest(title="Group", users=[each.user for each in others])
    return str((await owner.call("Chat.CreateGroup", request)).conversation.log)


def texts(client: Client, log: str) -> list[str]:
    """Return the pushed messages of one log, in the order of their arrival."""
    kind = 401
    return [
        chat_pb2.MessageSent.FromString(event.body).content.text
        for event in client.events
        if event.log == log and event.kind == kind
    ]


@asynccontextmanager
async def held_writer(server: TestServer) -> AsyncIterator[None]:
    """Keep the writer busy: what is sent meanwhile waits in its queue, and shares one commit afterwards."""
    entered, release = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        entered.set()
        assert release.wait(WAIT_S)

    held = server.core.platform.writer.work(hold)
    await asyncio.to_thread(entered.wait, WAIT_S)
    try:
        yield
    finally:
        release.set()
        await held


async def settle(server: TestServer) -> None:
    """Wait until everything submitted so far is committed, answered and pushed."""
    await server.core.platform.writer.work(lambda _tx: None)
    for _ in range(3):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], within_s: float = WAIT_S) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  a condition of any kind has no event
            await asyncio.sleep(0.005)
