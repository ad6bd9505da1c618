"""A writer on a database of its own, and commands for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa

from hutong.platform.clock import ManualClock
from hutong.platform.database import Reads
from hutong.platform.events import kind_of
from hutong.platform.log import Stored, log_event
from hutong.platform.pending import Pending
from hutong.platform.writer import (
    Append,
    Outcome,
    Transaction,
    Work,
    Writer,
)
from hutong.schema import chat_pb2

KIND = kind_of(chat_pb2.MemberLeft)
note = sa.Table("note", sa.MetaData(), sa.Column("text", sa.String, primary_key=True))


class Bench:
    """A writer on a database of its own, with what it published."""

    def __init__(self, url: str) -> None:
        self.clock = ManualClock()
        self.published: list[Outcome] = []
        self.writer = Writer(url, self.clock, self.published.append)
        self.read = Reads(url)

    async def events(self, log: str) -> list[Stored]:
        query = sa.select(log_event).where(log_event.c.log == log).order_by(log_event.c.seq)
        return [Stored(*row) for row in await self.read(lambda read: read.execute(query).all())]

    async def notes(self) -> list[str]:
        rows = await self.read(lambda read: read.execute(sa.select(note).order_by(note.c.text)).all())
        return [row.text for row in rows]

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the writer busy: what is submitted meanwhile waits, and shares one commit afterwards."""
        entered, release = threading.Event(), threading.Event()

        def hold(_tx: Transaction) -> None:
            entered.set()
            assert release.wait(10)

        held = self.writer.work(hold)
        await asyncio.to_thread(entered.wait, 10)
        try:
            yield
        finally:
            release.set()
            await held

    async def together(self, *commands: Any) -> list[Any]:
        """Run commands in one group; return each one's result or error."""
        async with self.held():
            pendings = [self.writer.submit(command) for command in commands]
        return [await outcome(pending) for pending in pendings]


async def outcome(pending: Pending[Any]) -> Any:
    """Return the result, or the error that came instead."""
    try:
        return await pending
    except Exception as error:  # noqa: BLE001  whatever it is, the test looks at it
        return error


def write_note(text: str) -> Work[None]:
    def run(tx: Transaction) -> None:
        tx.execute(sa.insert(note), {"text": text})

    return Work(run)


def append(log: str, key: bytes, *, body: bytes = b"", refuse: Exception | None = None) -> Append:
    def check(_tx: Transaction) -> None:
        if refuse is not None:
            raise refuse

    return Append(log, KIND, body, "alice", key, check)


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")
