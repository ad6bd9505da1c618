"""First answers, kept for a while."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from hutong.platform import answers
from hutong.platform.errors import AlreadyExists
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.testing import TestServer
from tests.platform.scene import group


async def count(server: TestServer) -> int:
    query = sa.select(sa.func.count()).select_from(answers.answer)
    return int(await server.core.platform.read(lambda read: read.execute(query).scalar_one()))


async def test_answers_are_forgotten_after_their_time(server: TestServer) -> None:
    """CONN13, for as long as a device's outbox would try"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    key = server.new_key()
    rename = chat_pb2.RenameRequest(log=log, title="New")
    await alice.call("Chat.Rename", rename, key=key)
    kept = await count(server)

    async def purge() -> None:
        statement = answers.purge_statement(server.clock.now_ms())
        await server.core.platform.writer.work(partial(Transaction.execute, statement=statement))

    server.clock.advance(answers.KEEP_MS / 1000)
    await purge()
    assert await count(server) == kept
    other = chat_pb2.RenameRequest(log=log, title="Other")
    with pytest.raises(AlreadyExists):
        await alice.call("Chat.Rename", other, key=key)
    server.clock.advance(0.001)
    await purge()
    assert await count(server) == 0
    await alice.call("Chat.Rename", other, key=key)
