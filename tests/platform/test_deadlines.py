"""Deadlines of many: each expires once, in time, and not at all when it was done before."""

from __future__ import annotations

import random

import pytest

from hutong.platform.clock import ManualClock, Timer
from hutong.platform.deadlines import TICK_S, Deadlines, Tick


class Call:
    """Notes when it was told to wait no longer."""

    def __init__(self, clock: ManualClock, deadlines: Deadlines, after_s: float) -> None:
        self._clock = clock
        self.due = clock.monotonic() + after_s
        self.expired: list[float] = []
        self.tick: Tick = deadlines.add(self.due, self)

    def done(self) -> None:
        del self.tick[self]

    def expire(self) -> None:
        self.expired.append(self._clock.monotonic())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def deadlines(clock: ManualClock) -> Deadlines:
    return Deadlines(clock)


def test_each_expires_once_never_early_and_hardly_late(clock: ManualClock, deadlines: Deadlines) -> None:
    """CONN15"""
    chance = random.Random(1)
    calls = []
    for _ in range(300):
        calls.append(Call(clock, deadlines, chance.choice((0.001, 0.1, TICK_S, 30, 120, chance.random()))))
        clock.advance(chance.random() / 10)
    clock.advance(120 + TICK_S)
    assert [len(call.expired) for call in calls] == [1] * len(calls)
    assert all(call.due <= call.expired[0] <= call.due + TICK_S + 0.002 for call in calls)


def test_what_is_done_does_not_expire(clock: ManualClock, deadlines: Deadlines) -> None:
    """CONN15"""
    done, late = Call(clock, deadlines, 1), Call(clock, deadlines, 1)
    done.done()
    assert late.tick is done.tick
    clock.advance(2)
    assert (done.expired, len(late.expired)) == ([], 1)
    assert late not in late.tick


def test_an_earlier_one_is_not_held_up_by_those_before(clock: ManualClock, deadlines: Deadlines) -> None:
    """CONN15"""
    patient, hasty = Call(clock, deadlines, 30), Call(clock, deadlines, 0.1)
    clock.advance(0.2)
    assert (len(patient.expired), len(hasty.expired)) == (0, 1)
    clock.advance(30)
    assert len(patient.expired) == 1


def test_what_expires_may_wait_again(clock: ManualClock, deadlines: Deadlines) -> None:
    """A new deadline out of `expire` is kept like any other."""
    again: list[Call] = []

    class Stubborn(Call):
        def expire(self) -> None:
            super().expire()
            again.append(Call(clock, deadlines, 1))

    Stubborn(clock, deadlines, 1)
    Call(clock, deadlines, 5)
    clock.advance(3)
    assert [len(call.expired) for call in again] == [1]


def test_many_share_a_timer_and_none_is_left(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    timers: list[Timer] = []
    call_later = clock.call_later

    def counted(delay_s: float, call: object) -> Timer:
        timers.append(call_later(delay_s, call))  # type: ignore[arg-type]
        return timers[-1]

    monkeypatch.setattr(clock, "call_later", counted)
    deadlines = Deadlines(clock)
    for _ in range(1000):
        Call(clock, deadlines, 30)
    assert len(timers) == 1
    clock.advance(60)
    assert len(timers) == 1
