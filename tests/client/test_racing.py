"""Racing addresses, and leaving bad ones alone."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from hutong.protocols.racing import Bans, Race, bans, race


def _started(running: Race[str], now: float) -> list[str]:
    started = []
    while (address := running.start(now)) is not None:
        started.append(address)
    return started


def test_the_next_address_starts_every_two_and_a_half_seconds() -> None:
    """LINK43."""
    running = Race(["a", "b", "c", "d"], 100.0)
    assert _started(running, 100.0) == ["a"]
    assert _started(running, 102.4) == []
    assert running.deadline == 102.5
    assert _started(running, 102.5) == ["b"]
    assert _started(running, 105.0) == ["c"]
    # Three are in flight.
    assert _started(running, 109.0) == []
    assert running.deadline == 110.0
    assert running.late(110.0) == ["a"]
    running.failed("a", 110.0)
    assert _started(running, 110.0) == ["d"]
    assert running.late(112.5) == ["b"]
    for address, now in (("b", 112.5), ("c", 115.0), ("d", 120.0)):
        assert not running.over
        running.failed(address, now)
    assert running.over
    assert running.deadline == math.inf


def test_a_failure_lets_the_next_start_at_once() -> None:
    """LINK43."""
    running = Race(["a", "b", "c"], 0.0)
    assert _started(running, 0.0) == ["a"]
    running.failed("a", 0.1)
    assert _started(running, 0.1) == ["b"]
    running.failed("a", 0.2)  # was over already: no reason to hurry
    assert _started(running, 0.2) == []


def test_an_address_is_tried_once() -> None:
    running = Race(["a", "a", "b"], 0.0)
    running.start(0.0)
    running.failed("a", 0.0)
    assert _started(running, 0.0) == ["b"]


@given(
    st.lists(st.integers(0, 40), max_size=40),
    st.lists(st.tuples(st.floats(0, 4), st.booleans()), max_size=200),
)
def test_any_race_keeps_its_bounds_and_ends(addresses: list[int], steps: list[tuple[float, bool]]) -> None:
    """LINK43: never more than three, never one for longer than 10 s, each once."""
    running, now = Race(addresses, 0.0), 0.0
    flying: dict[int, float] = {}
    tried: list[int] = []
    for wait_s, fails in [*steps, *[(4.0, True)] * 200]:
        now = min(now + wait_s, max(now, running.deadline))
        for late in running.late(now):
            assert now - flying.pop(late) >= race.ATTEMPT_S_MAX - 1e-6
            running.failed(late, now)
        while (address := running.start(now)) is not None:
            flying[address] = now
            tried.append(address)
            assert len(flying) <= race.IN_FLIGHT_MAX
        if fails and flying:
            address = next(iter(flying))
            del flying[address]
            running.failed(address, now)
    assert running.over
    assert tried == list(dict.fromkeys(addresses))[: race.ADDRESSES_MAX]


def test_three_failures_of_the_last_eight_ban_an_address() -> None:
    """LINK44."""
    known: Bans[str] = Bans()
    for _ in range(2):
        known.failed("a", 0.0)
    assert known.order(["a", "b"], 0.0) == ["a", "b"]
    known.failed("a", 10.0)
    assert known.order(["a", "b"], 10.0) == ["b"]
    assert known.banned_until("a") == 10.0 + 360
    assert known.order(["a", "b"], 370.0) == ["a", "b"]


def test_old_failures_are_forgotten() -> None:
    """LINK44: only the last eight count."""
    known: Bans[str] = Bans()
    known.failed("a", 0.0)
    known.failed("a", 0.0)
    for _ in range(7):
        known.succeeded("a")
    known.failed("a", 1.0)
    assert known.order(["a", "b"], 1.0) == ["a", "b"]


def test_bans_grow_to_half_an_hour() -> None:
    """LINK44."""
    known: Bans[str] = Bans()
    now, lengths = 0.0, []
    for _ in range(3):
        known.failed("a", now)
    for _ in range(5):
        lengths.append(known.banned_until("a") - now)
        now = known.banned_until("a")
        known.failed("a", now)
    assert lengths == [360, 720, 1440, 1800, 1800]
    known.succeeded("a")
    assert known.order(["a", "b"], now) == ["a", "b"]


def test_a_failure_during_a_ban_does_not_lengthen_it() -> None:
    known: Bans[str] = Bans()
    for _ in range(6):
        known.failed("a", 0.0)
    assert known.banned_until("a") == 360


def test_when_all_are_banned_the_one_that_ends_first_is_tried() -> None:
    """LINK44: a ban never makes a server unreachable."""
    known: Bans[str] = Bans()
    for now, address in ((5.0, "a"), (3.0, "b")):
        for _ in range(3):
            known.failed(address, now)
    assert known.order(["a", "b"], 6.0) == ["b", "a"]
    known.forgive()
    assert known.order(["a", "b"], 6.0) == ["a", "b"]


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=400))
def test_bans_are_bounded(events: list[tuple[int, bool]]) -> None:
    known: Bans[int] = Bans()
    for now, (address, good) in enumerate(events * 3):
        if good:
            known.succeeded(address)
        else:
            known.failed(address, float(now))
        assert known.banned_until(address) <= now + bans.LONGEST_BAN_S
    assert len(known._records) <= bans.ADDRESSES_MAX
