from __future__ import annotations

import asyncio
import time

from hutong.platform.clock import ManualClock, Randomness, SeededRandomness, SystemClock


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(1000)
    assert (clock.now_ms(), clock.monotonic()) == (1000, 0.0)
    clock.advance(1.5)
    assert (clock.now_ms(), clock.monotonic()) == (2500, 1.5)


def test_timers_run_in_the_order_they_fall_due() -> None:
    clock = ManualClock()
    calls: list[tuple[str, float]] = []

    def note(name: str) -> None:
        calls.append((name, clock.monotonic()))

    clock.call_later(3, lambda: note("late"))
    clock.call_later(1, lambda: note("early"))
    clock.call_later(1, lambda: note("as early, asked for later"))
    clock.call_later(2, lambda: note("cancelled")).cancel()
    clock.call_later(1.5, lambda: clock.call_later(0.5, lambda: note("made by a timer")))
    clock.advance(0.9)
    assert calls == []
    clock.advance(5)
    assert calls == [
        ("early", 1.0),
        ("as early, asked for later", 1.0),
        ("made by a timer", 2.0),
        ("late", 3.0),
    ]
    assert clock.monotonic() == 5.9


def test_a_cancelled_timer_stays_cancelled() -> None:
    clock = ManualClock()
    calls: list[int] = []
    timer = clock.call_later(1, lambda: calls.append(1))
    timer.cancel()
    timer.cancel()
    clock.advance(2)
    assert calls == []


async def test_the_system_clock_is_the_machine_s() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 5000
    before = clock.monotonic()
    called = asyncio.Event()
    clock.call_later(0.001, called.set)
    await asyncio.wait_for(called.wait(), 10)
    assert clock.monotonic() >= before


def test_ids() -> None:
    ids = {Randomness().new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 12 and not set(each) - set("0123456789abcdefghjkmnpqrstvwxyz") for each in ids)
    assert len(Randomness().token(32)) == 32


def test_seeded_randomness_repeats() -> None:
    one, same, other = SeededRandomness(1), SeededRandomness(1), SeededRandomness(2)
    assert one.token(8) == same.token(8) != other.token(8)
    assert one.new_id() == same.new_id() != other.new_id()
