"""Work that falls due, with a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hutong.platform.clock import ManualClock
from hutong.platform.due import DueWork


class Work:
    """What is due when, and when it was done."""

    def __init__(self, clock: ManualClock, *due_s: float, at_once: int = 100) -> None:
        self.clock = clock
        self.start_ms = clock.now_ms()
        self.waiting = sorted(due_s)
        self.at_once = at_once
        self.done: list[tuple[float, float]] = []  # due, done
        self.failures = 0
        self.due = DueWork("test", clock, self._run)

    def now_s(self) -> float:
        return (self.clock.now_ms() - self.start_ms) / 1000

    def add(self, due_s: float) -> None:
        self.waiting = sorted([*self.waiting, due_s])
        self.due.expect(self.start_ms + int(due_s * 1000))

    async def _run(self) -> int | None:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        for due in [each for each in self.waiting if each <= self.now_s()][: self.at_once]:
            self.waiting.remove(due)
            self.done.append((due, self.now_s()))
        return self.start_ms + int(self.waiting[0] * 1000) if self.waiting else None


async def settle(condition: Callable[[], object]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come about")


async def idle() -> None:
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_each_is_done_when_it_falls_due() -> None:
    clock = ManualClock()
    work = Work(clock, 5, 7)
    work.due.start()
    await idle()
    work.add(6)
    work.add(300)
    for _ in range(400):
        clock.advance(1)
        await idle()
    await work.due.stop()
    assert work.done == [(5, 5), (6, 6), (7, 7), (300, 300)]


async def test_what_fell_due_before_is_done_at_once_in_turns() -> None:
    clock = ManualClock()
    work = Work(clock, *[-1.0] * 10, at_once=3)
    work.due.start()
    await settle(lambda: len(work.done) == 10)
    await work.due.stop()


async def test_what_fails_is_tried_again() -> None:
    clock = ManualClock()
    work = Work(clock, -1)
    work.failures = 2
    work.due.start()
    await settle(lambda: work.failures == 1)
    await idle()
    assert work.done == []
    for _ in range(2):
        clock.advance(5)
        await idle()
    assert len(work.done) == 1
    await work.due.stop()


async def test_a_clock_that_was_set_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    work = Work(clock, 3600)
    work.due.start()
    await idle()
    monkeypatch.setattr(clock, "_start_ms", clock._start_ms + 3_600_000)
    clock.advance(60)  # nobody waits for longer without a look
    await settle(lambda: work.done)
    await work.due.stop()


async def test_stopped_it_does_nothing() -> None:
    clock = ManualClock()
    work = Work(clock, 5)
    await DueWork("never started", clock, work._run).stop()
    work.due.start()
    await idle()
    await work.due.stop()
    clock.advance(10)
    await idle()
    assert work.done == []
