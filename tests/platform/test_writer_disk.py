"""Commits that fail: everybody is told, nothing else happened, and the numbers stay right."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hutong.platform.errors import Unavailable
from hutong.platform.log import log_event
from hutong.platform.writer import (
    Transaction,
    Work,
)
from tests.platform.writing import Bench, append, key, note


async def test_a_failing_commit_fails_everybody_and_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a broken disk; a really full one is below."""
    await bench.together(append("log:1", key(1)))
    published = len(bench.published)
    cache = {"room": "as committed"}

    def change(tx: Transaction) -> None:
        tx.execute(sa.insert(note), {"text": "gone"})
        tx.invalidate(cache, "room")

    def look(tx: Transaction) -> None:
        tx.execute(sa.select(note))
        cache["room"] = "as if it were committed"

    dialect: Any = bench.writer._engine.dialect
    commit = dialect.do_commit
    broken = True

    def failing_commit(connection: Any) -> None:
        if broken:
            raise sa.exc.OperationalError("COMMIT", None, Exception("disk I/O error"))
        commit(connection)

    monkeypatch.setattr(dialect, "do_commit", failing_commit)
    commands = (append("log:1", key(2)), append("log:2", key(3)), Work(change), Work(look))
    for pending in [bench.writer.submit(command) for command in commands]:
        with pytest.raises(Unavailable) as failed:
            await pending
        assert failed.value.reason == "not_stored"
    assert "room" not in cache
    outcomes = bench.published[published:]
    assert not any(outcome.events or outcome.notices or outcome.calls for outcome in outcomes)
    broken = False
    (retried,) = await bench.together(append("log:1", key(2)))
    assert (retried.seq, retried.duplicate) == (2, False)
    assert [event.seq for event in await bench.events("log:1")] == [1, 2]
    assert await bench.notes() == []


FULL_DISK = """
    import asyncio, resource, signal, sys
    from hutong.platform.clock import ManualClock
    from hutong.platform.errors import Unavailable
    from hutong.platform.migrate import migrate
    from hutong.platform.writer import Append, Writer

    url = f"sqlite:///{sys.argv[1]}"
    migrate(url, [])

    async def main():
        published = []
        writer = Writer(url, ManualClock(), published.append)
        writer.start()

        async def append(log, number, size):
            key = number.to_bytes(16, "big")
            return await writer.submit(Append(log, 60000, b"x" * size, "alice", key, lambda tx: None))

        assert (await append("log:1", 1, 10)).seq == 1
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
        announced = len(published)
        group = [append("log:1", number, 100_000) for number in range(2, 8)]
        results = await asyncio.gather(*group, append("log:2", 8, 10), return_exceptions=True)
        assert any(isinstance(result, Unavailable) for result in results), results
        for result in results:
            if isinstance(result, Unavailable):
                assert result.reason == "not_stored", result
        stored = [result for result in results if not isinstance(result, Exception)]
        assert sum(len(outcome.events) for outcome in published[announced:]) == len(stored)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        # There is room again: the same keys go through, without a gap.
        again = [await append("log:1", number, 100_000) for number in range(2, 8)]
        again.append(await append("log:2", 8, 10))
        for before, after in zip(results, again, strict=True):
            if not isinstance(before, Exception):
                assert (before.seq, after.duplicate) == (after.seq, True)
        assert sorted(each.seq for each in again[:-1]) == [2, 3, 4, 5, 6, 7], again
        assert again[-1].seq == 1
        await writer.close()

    asyncio.run(main())
"""


def test_a_full_disk_answers_unavailable_and_leaves_the_numbers_right(tmp_path: Path) -> None:
    """A real one, as far as SQLite can tell: the kernel refuses to let its files grow."""
    database = tmp_path / "full.db"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(database)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "commit_failed" in done.stderr + done.stdout
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        rows = connection.execute(sa.select(log_event.c.log, log_event.c.seq).order_by("log", "seq")).all()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    engine.dispose()
    assert [tuple(row) for row in rows] == [*[("log:1", seq) for seq in range(1, 8)], ("log:2", 1)]
