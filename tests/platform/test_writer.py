"""One transaction for many commands: what a failing command and a failing commit take with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.platform.errors import InvalidArgument, PermissionDenied, RpcError, Unavailable
from hutong.platform.log import log_event
from hutong.platform.migrate import migrate
from hutong.platform.pending import Pending
from hutong.platform.writer import (
    QUEUE_COMMANDS_MAX,
    Transaction,
    Work,
)
from hutong.schema import chat_pb2
from tests.platform.writing import Bench, append, key, note, write_note


async def test_a_failing_command_takes_back_only_itself(bench: Bench) -> None:
    cache = {"a": 1, "b": 2}
    called: list[str] = []

    def everything(tx: Transaction) -> None:
        tx.append("log:1", chat_pb2.MemberLeft(user="gone"))
        tx.append("log:2", chat_pb2.MemberLeft(user="gone"))
        tx.execute(sa.insert(note), {"text": "gone"})
        tx.append("log:1", chat_pb2.MemberLeft(user="gone too"))
        tx.write_events()
        assert tx.event("log:1", 3).author == ""
        tx.notify("alice", chat_pb2.Typing(typing=True))
        tx.unfollow("log:1", "alice")
        tx.after_commit(lambda: called.append("gone"))
        tx.invalidate(cache, "a")
        cache["a"] = 99  # filled again with what is about to be taken back
        raise PermissionDenied("No.")

    def well(tx: Transaction) -> int:
        tx.execute(sa.insert(note), {"text": "well"})
        tx.notify("alice", chat_pb2.Typing(typing=False))
        tx.after_commit(lambda: called.append("well"))
        tx.invalidate(cache, "b")
        return tx.append("log:1", chat_pb2.MemberLeft(user="well")).seq

    first, failed, second, third = await bench.together(
        append("log:1", key(1)), Work(everything), Work(well), append("log:1", key(2))
    )
    assert first.seq == 1
    assert isinstance(failed, PermissionDenied)
    assert (second, third.seq) == (2, 3)
    assert [event.seq for event in await bench.events("log:1")] == [1, 2, 3]
    assert await bench.events("log:2") == []
    assert await bench.notes() == ["well"]
    assert called == ["well"]
    assert cache == {}
    outcome = bench.published[-1]
    assert [(event.log, event.seq) for event in outcome.events] == [("log:1", 1), ("log:1", 2), ("log:1", 3)]
    assert [notify.body for notify in outcome.notices] == [chat_pb2.Typing(typing=False)]
    assert outcome.unfollows == []


@pytest.mark.parametrize(
    "wrong",
    [
        InvalidArgument("No."),
        ValueError("x"),
        KeyError("x"),
        AttributeError("our own mistake"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
        RecursionError("deep"),
        NotImplementedError(),
        RuntimeError("x"),
        sa.exc.NoResultFound(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_command_raises_its_neighbours_stay(bench: Bench, wrong: Exception) -> None:
    def fail(tx: Transaction) -> None:
        tx.execute(sa.insert(note), {"text": "gone"})
        raise wrong

    before, failed, after = await bench.together(write_note("before"), Work(fail), append("log:1", key(1)))
    assert before is None
    assert failed is wrong
    assert after.seq == 1
    assert await bench.notes() == ["before"]


async def test_a_violated_constraint_takes_back_only_its_command(bench: Bench) -> None:
    one, same, other = await bench.together(write_note("one"), write_note("one"), write_note("other"))
    assert (one, other) == (None, None)
    assert isinstance(same, sa.exc.IntegrityError)
    assert await bench.notes() == ["one", "other"]


async def test_a_number_too_large_for_the_database_takes_back_only_its_command(bench: Bench) -> None:
    def huge(tx: Transaction) -> None:
        tx.execute(sa.select(log_event).where(log_event.c.seq == 2**70))

    failed, well = await bench.together(Work(huge), write_note("well"))
    assert isinstance(failed, OverflowError)
    assert well is None
    assert await bench.notes() == ["well"]


async def test_a_refused_append_leaves_no_gap(bench: Bench) -> None:
    results = await bench.together(
        append("log:1", key(1)),
        append("log:1", key(2), refuse=PermissionDenied("No.")),
        append("log:1", key(3)),
        append("log:1", key(2)),  # a refused key was not used
    )
    assert [getattr(result, "seq", None) for result in results] == [1, None, 2, 3]
    assert [event.key for event in await bench.events("log:1")] == [key(1), key(3), key(2)]


async def test_one_commit_for_the_whole_group(bench: Bench) -> None:
    commits, commands = bench.writer.commits, bench.writer.commands
    await bench.together(*(append(f"log:{number}", key(number)) for number in range(700)))
    assert bench.writer.commits == commits + 2
    assert bench.writer.commands == commands + 701


async def test_one_failing_callback_keeps_no_answer_from_anybody(bench: Bench) -> None:
    def bad(tx: Transaction) -> str:
        tx.after_commit(lambda: 1 / 0)
        return "committed"

    results = await bench.together(Work(bad), write_note("well"), append("log:1", key(1)))
    assert results[:2] == ["committed", None]
    assert results[2].seq == 1
    assert bench.published[-1].events


async def test_one_failing_receiver_keeps_no_answer_from_anybody(bench: Bench) -> None:
    broken = bench.writer.submit(append("log:1", key(1)))
    broken.then(lambda _: 1 / 0)
    well = bench.writer.submit(append("log:1", key(2)))
    assert (await well).seq == 2


async def test_the_queue_is_bounded(bench: Bench) -> None:
    waiting: list[Pending[None]] = []

    def fill() -> None:
        for _ in range(QUEUE_COMMANDS_MAX + 1):
            waiting.append(bench.writer.work(lambda _tx: None))  # noqa: PERF401  the last one raises

    async with bench.held():
        with pytest.raises(Unavailable) as refused:
            fill()
    assert refused.value.reason == "busy"
    assert refused.value.retry_after_ms > 0
    assert len(waiting) == QUEUE_COMMANDS_MAX
    for pending in waiting:
        await pending


async def test_closing_commits_what_waits_and_takes_no_more(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'writer.db'}"
    migrate(url, [])
    bench = Bench(url)
    bench.writer.start()
    waiting = [bench.writer.submit(append("log:1", key(number))) for number in range(100)]
    await bench.writer.close()
    assert [(await pending).seq for pending in waiting] == list(range(1, 101))
    with pytest.raises(Unavailable):
        bench.writer.submit(append("log:1", key(1000)))
    assert len(await bench.events("log:1")) == 100
    bench.read.close()


async def test_an_event_can_be_read_and_erased_in_its_own_transaction(bench: Bench) -> None:
    def run(tx: Transaction) -> None:
        seq = tx.append("log:1", chat_pb2.MemberLeft(user="alice"), author="alice").seq
        assert tx.head("log:1") == seq
        assert tx.event("log:1", seq).author == "alice"
        tx.erase("log:1", seq)
        assert tx.event("log:1", seq).body == b""
        with pytest.raises(RpcError):
            tx.event("log:1", seq + 1)

    await bench.writer.work(run)
    assert [event.body for event in await bench.events("log:1")] == [b""]
