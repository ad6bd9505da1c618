"""The index is lost, damaged, killed: what was said is found all the same, and once."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.features.chat.tests.saying import edit, recall, say
from hutong.features.search import indexer, log_reading
from hutong.features.search.tests.searching import caught_up, found, pages
from hutong.platform.clock import ManualClock
from hutong.platform.database import create_engine, insert_many
from hutong.platform.events import kind_of
from hutong.platform.log import log_event, read_head
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2
from hutong.schema import search_pb2 as pb
from hutong.testing import Client, TestServer

pytestmark = pytest.mark.usefixtures("quick_passwords")

_SERVE = """
import asyncio, sys
from pathlib import Path
from hutong.testing import TestServer

async def serve():
    async with TestServer.run(Path(sys.argv[1])):
        await asyncio.sleep(3600)

asyncio.run(serve())
"""


async def fill(server: TestServer, log: str, author: str, count: int) -> list[int]:
    """Put messages into the log at once, all of one moment; return their numbers."""
    body = chat_pb2.MessageSent(content=chat_pb2.Content(text="leaf 叶子"))

    def write(tx: Transaction) -> list[int]:
        return [tx.append(log, body, author=author).seq for _ in range(count)]

    return await server.core.platform.writer.work(write)


def entries(folder: Path) -> Counter[tuple[str, int]]:
    """Return what is in the index's file, as another process sees it."""
    try:
        with closing(sqlite3.connect(f"file:{folder / 'search.db'}?mode=ro", uri=True)) as database:
            return Counter(database.execute("SELECT log, seq FROM entry").fetchall())
    except sqlite3.OperationalError:
        return Counter()  # not there yet


def remove_index(folder: Path) -> None:
    for path in folder.glob("search.db*"):
        path.unlink()


def damage_index(folder: Path) -> None:
    for path in folder.glob("search.db-*"):
        path.unlink()
    (folder / "search.db").write_bytes(b"not any more " * 1000)


def leave_index(folder: Path) -> None:
    assert (folder / "search.db").exists()


@pytest.mark.parametrize("what_happens", [leave_index, remove_index, damage_index])
async def test_after_a_restart_all_is_found(tmp_path: Path, what_happens: Callable[[Path], None]) -> None:
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        kept = await say(alice, log, "a green leaf")
        edited = await say(alice, log, "a red leaf")
        gone = await say(alice, log, "a lost leaf")
        assert await found(bobby, "leaf") == [gone, edited, kept]
        await edit(alice, log, edited, "a brown leaf")
        await recall(alice, log, gone)
    what_happens(tmp_path)
    async with TestServer.run(tmp_path) as server:
        bobby = await Client(server).log_in("bobby")
        assert await found(bobby, "leaf") == [edited, kept]
        assert await found(bobby, "brown") == [edited]
        assert await found(bobby, "red") == await found(bobby, "lost") == []


async def test_damage_while_it_runs_is_mended(server: TestServer, tmp_path: Path) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log, "a green leaf")
    assert await found(bobby, "leaf") == [seq]
    with closing(sqlite3.connect(tmp_path / "search.db")) as database, database:
        database.execute("DELETE FROM found_data WHERE id > 10")
    reply = await bobby.call("Search.Messages", pb.MessagesRequest(text="leaf"))
    assert (list(reply.hits), reply.behind) == ([], True)
    assert await found(bobby, "leaf") == [seq]


async def test_damage_that_the_indexer_meets_is_mended(server: TestServer, tmp_path: Path) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    first = await say(alice, log, "a green leaf")
    await caught_up(server)
    with closing(sqlite3.connect(tmp_path / "search.db")) as database, database:
        database.execute("DROP TABLE reached")
    second = await say(alice, log, "a red leaf")
    assert await found(bobby, "leaf") == [second, first]


async def test_a_database_put_back_from_a_copy(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        old = await say(alice, log, "old leaf")
        await say(alice, log, "lost leaf")
        await caught_up(server)
    with closing(sqlite3.connect(tmp_path / "hutong.db")) as database, database:
        database.execute("DELETE FROM log_event WHERE log = ? AND seq > ?", (log, old))
    async with TestServer.run(tmp_path) as server:
        alice = await Client(server).log_in("alice")
        assert await found(alice, "leaf") == [old]
        new = await say(alice, log, "new leaf")
        assert await found(alice, "leaf") == [new, old]


async def test_more_at_once_than_it_remembers(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_FRESH_LOGS_MAX", 0)
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seqs = await fill(server, log, alice.user, 700)
    got = [seq async for page in pages(bobby, "leaf", 50) for seq in page]
    assert sorted(got) == seqs


async def test_what_goes_wrong_is_tried_again(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_RETRY_S", 0.01)
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await caught_up(server)
    look = log_reading.look
    failures: list[int] = []

    def fail(*arguments: object, **named: object) -> object:
        if len(failures) < 3:
            failures.append(1)
            raise OSError("no")
        return look(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(indexer, "look", fail)
    seq = await say(alice, log, "a green leaf")
    assert await found(bobby, "leaf") == [seq]
    assert len(failures) == 3


@pytest.mark.faults
async def test_killed_while_indexing(tmp_path: Path) -> None:
    count = 4_000
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        logs = [await server.conversation(alice, bobby)]
        logs.append((await alice.call("Chat.Open", chat_pb2.OpenRequest(user=alice.user))).conversation.log)
        expected = {(log, seq) for log in logs for seq in await fill(server, log, alice.user, count)}
        await caught_up(server)
    remove_index(tmp_path)
    kills = 0
    while kills < 4:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", _SERVE, str(tmp_path))
        before, began = len(entries(tmp_path)), time.monotonic()
        while len(entries(tmp_path)) < min(before + 1_000, len(expected)):
            assert process.returncode is None
            assert time.monotonic() - began < 60
            await asyncio.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        kills += 1
    assert len(entries(tmp_path)) > 0
    async with TestServer.run(tmp_path, clock=ManualClock()) as server:
        alice = await Client(server).log_in("alice")
        await caught_up(server)
        there = entries(tmp_path)
        assert set(there) == expected
        assert max(there.values()) == 1
        assert len(await found(alice, "叶子", limit=50)) == 50


class _Committing:
    """A snapshot that is none, as PostgreSQL's: something is committed before every statement."""

    def __init__(self, folder: Path, log: str, author: str) -> None:
        self._engine = create_engine(f"sqlite:///{folder / 'hutong.db'}", readonly=False)
        self._log = log
        self._author = author

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        body = chat_pb2.MessageSent(content=chat_pb2.Content(text="leaf")).SerializeToString()
        with self._engine.begin() as connection:
            seq = read_head(connection, self._log) + 1
            row = (self._log, seq, kind_of(chat_pb2.MessageSent), self._author, 1, None, body)
            insert_many(connection, log_event, [row])
        with self._engine.begin() as connection:
            rows: Any = connection.execute(statement, parameters).freeze()
        result: sa.CursorResult[Any] = rows()
        return result

    def head(self) -> int:
        with self._engine.begin() as connection:
            return read_head(connection, self._log)

    def close(self) -> None:
        self._engine.dispose()


async def test_nothing_is_passed_over_while_it_reads(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
    executor = _Committing(tmp_path, log, alice.user)
    seen: list[int] = []
    reached = {log: 0}
    for _ in range(5):
        heads = {log: executor.head()}
        look = log_reading.look(executor, reached, heads=heads, events_max=300, bytes_max=10_000)
        seen += [each.seq for each in look.batch.entries]
        reached = dict(look.batch.reached)
    executor.close()
    assert sorted(set(seen)) == list(range(2, reached[log] + 1))
