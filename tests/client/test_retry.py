"""Waiting times, and the end of repeating."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hutong.protocols.heartbeat import Activity
from hutong.protocols.retry import Avalanche, Network, first_packet_s, probe_after_s, reconnect_s, retry_s
from hutong.protocols.retry.avalanche import BODIES_MAX, REPEATS_MAX, WINDOW_S


@pytest.mark.parametrize(
    ("size_bytes", "network", "seconds"),
    [
        (0, Network.FAST, 12),
        (12 * 1024, Network.FAST, 13),
        (120 * 1024, Network.FAST, 22),
        (10**9, Network.FAST, 22),
        (0, Network.MOBILE, 15),
        (4 * 1024, Network.MOBILE, 16),
        (10**9, Network.MOBILE, 30),
    ],
)
def test_the_first_packet(size_bytes: int, network: Network, seconds: float) -> None:
    """LINK49: Mars' figures; the probe leaves its pong the time it needs."""
    assert first_packet_s(size_bytes, network) == seconds
    assert probe_after_s(size_bytes, network) == seconds - 8


@pytest.mark.parametrize(
    ("activity", "longest_s"),
    [(Activity.FOREGROUND, 30), (Activity.BACKGROUND, 240), (Activity.INACTIVE, 600)],
)
def test_reconnecting_waits_as_long_as_the_person_can(activity: Activity, longest_s: float) -> None:
    """LINK45, CONN19."""
    waits = [reconnect_s(attempt, 0.0, activity) for attempt in range(30)]
    assert waits[:5] == [0.5, 1, 2, 4, 8]
    assert waits[-1] == longest_s


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True), st.sampled_from(Activity))
def test_waits_have_bounds(attempt: int, chance: float, activity: Activity) -> None:
    """CONN14: shortened at random by up to half."""
    assert 0.25 <= retry_s(attempt, chance) <= 30
    full = reconnect_s(attempt, 0.0, activity)
    assert full / 2 <= reconnect_s(attempt, chance, activity) <= full <= 600


def test_the_same_body_too_often_is_blocked() -> None:
    """LINK50."""
    storm = Avalanche()
    assert all(storm.allows(b"a", float(second)) for second in range(REPEATS_MAX))
    assert not storm.allows(b"a", 200.0)
    assert storm.allows(b"b", 200.0)
    assert not storm.allows(b"a", WINDOW_S - 1)
    assert storm.allows(b"a", WINDOW_S)


def test_other_bodies_do_not_hide_a_storm() -> None:
    """LINK50: the memory is bounded, and what storms is never what it forgets."""
    storm = Avalanche()
    allowed = 0
    for second in range(200):
        allowed += storm.allows(b"storm", float(second))
        for other in range(BODIES_MAX // 2):
            storm.allows(b"%d %d" % (second, other), float(second))
    assert allowed == REPEATS_MAX
    assert len(storm._counts) <= BODIES_MAX
