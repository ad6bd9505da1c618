"""The indexer makes room for whoever sends and reads, and none for nobody."""

from __future__ import annotations

import pytest

from hutong.features.search.pace import BUSY_GATHER_S, BUSY_SHARE, GATHER_S, PAUSE_S_MAX, Pace

LOOK_S = 0.002


class Looking:
    """Looks as soon as it may, beside others who compute for a part of the time."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.now = self.cpu_s = 100.0

    def run(self, seconds: float, *, others: float, look_s: float = LOOK_S, backlog: bool = False) -> int:
        """Return how many looks there were."""
        looks, end = 0, self.now + seconds
        while self.now < end:
            self._pass(self.pace.pause_s(self.now, backlog=backlog), others)
            self.pace.begins(self.now, self.cpu_s)
            self._pass(look_s, 1.0)
            self.pace.ended(self.now, self.cpu_s)
            looks += 1
        return looks

    def wait(self, seconds: float) -> None:
        self._pass(seconds, 0.0)

    def _pass(self, seconds: float, load: float) -> None:
        self.now += seconds
        self.cpu_s += seconds * load


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_the_first_after_a_silence_is_looked_at_at_once(looking: Looking) -> None:
    looking.run(1, others=0.5)
    looking.wait(60)
    assert looking.pace.pause_s(looking.now, backlog=False) == 0


def test_what_comes_while_nobody_else_is_busy_waits_for_no_more_than_a_moment(looking: Looking) -> None:
    looking.run(1, others=0.0)
    assert 0 < looking.pace.pause_s(looking.now, backlog=False) <= GATHER_S + 1e-9


def test_while_others_compute_there_are_few_looks(looking: Looking) -> None:
    looking.run(1, others=0.3)
    assert looking.pace.busy
    assert looking.run(10, others=0.3) <= 10 / BUSY_GATHER_S


def test_long_looks_get_a_share(looking: Looking) -> None:
    looking.run(1, others=0.3)
    assert looking.run(10, others=0.3, look_s=0.04) * 0.04 <= 10 * BUSY_SHARE + 0.04


def test_nothing_waits_for_longer_than_a_second(looking: Looking) -> None:
    looking.run(1, others=0.9, look_s=3.0)
    assert looking.pace.busy
    assert looking.pace.pause_s(looking.now, backlog=True) <= PAUSE_S_MAX + 1e-9


def test_a_backlog_is_taken_in_fast_when_others_are_done(looking: Looking) -> None:
    looking.run(2, others=0.5, backlog=True)
    slow = looking.run(5, others=0.5, backlog=True)
    looking.run(1, others=0.0, backlog=True)
    assert not looking.pace.busy
    assert looking.run(5, others=0.0, backlog=True) > 10 * slow


def test_its_own_work_does_not_count(looking: Looking) -> None:
    looking.run(5, others=0.01, look_s=0.05, backlog=True)
    assert not looking.pace.busy
