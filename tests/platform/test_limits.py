from __future__ import annotations

import pytest

from hutong.platform import limits as limits_module
from hutong.platform.clock import ManualClock
from hutong.platform.errors import ResourceExhausted
from hutong.platform.limits import Limits, Rate

RATE = Rate("guess", burst=3, every_s=10)


def spend(limits: Limits, times: int, key: str = "a", rate: Rate = RATE) -> int:
    """Return how many of `times` were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limits.spend(rate, key)
        except ResourceExhausted:
            continue
        allowed += 1
    return allowed


def test_a_burst_and_then_one_at_a_time() -> None:
    clock = ManualClock()
    limits = Limits(clock)
    assert spend(limits, 5) == 3
    clock.advance(9.9)
    assert spend(limits, 2) == 0
    clock.advance(0.2)
    assert spend(limits, 2) == 1
    clock.advance(1000)
    assert spend(limits, 10) == 3  # it fills up to the burst, not beyond


def test_the_waiting_time_is_told_and_enough() -> None:
    clock = ManualClock()
    limits = Limits(clock)
    spend(limits, 3)
    with pytest.raises(ResourceExhausted) as refused:
        limits.spend(RATE, "a")
    assert refused.value.reason == "rate_limited"
    assert 0 < refused.value.retry_after_ms <= 10_001
    clock.advance(refused.value.retry_after_ms / 1000)
    limits.spend(RATE, "a")


def test_refusals_cost_nothing() -> None:
    clock = ManualClock()
    limits = Limits(clock)
    spend(limits, 1000)
    clock.advance(10.01)
    assert spend(limits, 5) == 1


def test_keys_and_names_have_buckets_of_their_own() -> None:
    limits = Limits(ManualClock())
    assert spend(limits, 5, "a") == 3
    assert spend(limits, 5, "b") == 3
    assert spend(limits, 5, "a", Rate("other", burst=2, every_s=1)) == 2


def test_forgiving() -> None:
    limits = Limits(ManualClock())
    spend(limits, 3)
    limits.forgive(RATE, "a")
    limits.forgive(RATE, "never seen")
    assert spend(limits, 5) == 3


def test_the_factor() -> None:
    clock = ManualClock()
    limits = Limits(clock, factor=10)
    assert spend(limits, 50) == 30
    clock.advance(1.001)
    assert spend(limits, 5) == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "_BUCKETS_MAX", 10)
    limits = Limits(ManualClock())
    for number in range(100):
        limits.spend(RATE, str(number))
    assert len(limits._buckets) == 10
    assert spend(limits, 5, "99") == 2  # the newest are remembered
