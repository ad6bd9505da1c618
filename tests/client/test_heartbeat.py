"""The heartbeat: vectors shared with TypeScript, and what holds for any course of events."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hutong.protocols.heartbeat import Activity, Beat, Heartbeat, Learnt, interval_s, learnt

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "schema/vectors/heartbeat.json").read_text())
WEEK_S = 7 * 86_400


def test_figures() -> None:
    """LINK47: Mars' figures."""
    assert VECTORS["figures"] == {
        "shortest_s": learnt.SHORTEST_S,
        "longest_s": learnt.LONGEST_S,
        "step_s": learnt.STEP_S,
        "later_step_s": learnt.LATER_STEP_S,
        "later_after_s": learnt.LATER_AFTER_S,
        "successes": learnt.SUCCESSES,
        "failures": learnt.FAILURES,
        "pong_within_s": 8,
        "cut_quiet_s": learnt.CUT_QUIET_S,
        "cut_margin_s": learnt.CUT_MARGIN_S,
        "cut_shortest_s": learnt.CUT_SHORTEST_S,
    }


@pytest.mark.parametrize("row", VECTORS["intervals"], ids=str)
def test_intervals(row: dict[str, Any]) -> None:
    """LINK47."""
    known = Learnt(interval_s=row["interval_s"])
    assert interval_s(known, Activity(row["activity"]), row["limit_s"]) == row["expected_s"]


@pytest.mark.parametrize("case", VECTORS["learnt"], ids=lambda case: case["name"])
def test_what_a_network_teaches(case: dict[str, Any]) -> None:
    """LINK48, LINK59."""
    known = Learnt(**case["start"])
    for step in case["steps"]:
        now_s = step["now_s"]
        match step["event"]:
            case "succeeded":
                known = known.succeeded(now_s)
            case "failed":
                known = known.failed(now_s)
            case _:
                known = known.cut(step["quiet_s"], now_s)
        assert step | asdict(known) == step


@pytest.mark.parametrize("case", VECTORS["heartbeats"], ids=lambda case: case["name"])
def test_the_heartbeat_of_a_carrier(case: dict[str, Any]) -> None:
    """LINK47, CONN11."""
    known = Learnt(**case["learnt"])
    beat = Heartbeat(case["limit_s"], known, Activity(case["activity"]), 0.0)
    for step in case["steps"]:
        now = step["now"]
        match step["op"]:
            case "sent":
                beat.sent(now)
            case "heard":
                assert beat.heard(now, step["pong"]) is step["tried"]
            case "take" | "probe" as name:
                due = beat.take(now) if name == "take" else beat.probe(now)
                assert (due, beat.number) == (Beat[step["beat"].upper()], step["number"])
            case "turn":
                beat.turn(Activity(step["activity"]), known)
        assert (beat.deadline, beat.waiting) == (step["deadline"], step["waiting"])


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 2 * WEEK_S)), max_size=200))
def test_the_interval_stays_within_its_bounds(events: list[tuple[bool, int]]) -> None:
    """LINK48: whatever happens, and it grows only after a success, shrinks only after a failure."""
    known, now_s = Learnt(), 1_790_000_000
    for success, later_s in events:
        now_s += later_s
        after = known.succeeded(now_s) if success else known.failed(now_s)
        assert learnt.SHORTEST_S <= after.interval_s <= learnt.LONGEST_S
        assert abs(after.interval_s - known.interval_s) <= learnt.STEP_S
        if after.interval_s > known.interval_s:
            assert success
        if after.interval_s < known.interval_s:
            assert not success
        known = after


@given(st.integers(learnt.SHORTEST_S, learnt.LONGEST_S - 1))
def test_the_longest_interval_a_network_bears_is_found(network_s: int) -> None:
    """LINK48: within a step of it, on a network that forgets after `network_s`; and then nothing is lost."""
    known, now_s, lost_late = Learnt(), 1_790_000_000.0, 0
    for number in range(200):
        now_s += known.interval_s
        alive = known.interval_s <= network_s
        lost_late += number >= 100 and not alive
        known = known.succeeded(now_s) if alive else known.failed(now_s)
    assert network_s - learnt.STEP_S < known.interval_s <= network_s
    assert lost_late == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(("sent", "heard", "pong", "probe", "wait")), st.floats(0, 100)), max_size=60
    ),
    st.floats(10, 900),
    st.sampled_from(list(Activity)),
)
def test_a_silent_server_is_dead_within_its_time(
    events: list[tuple[str, float]], limit_s: float, activity: Activity
) -> None:
    """LINK47: asked at every deadline, the carrier ends at the latest 8 s after the silence grew too long."""
    beat, now = Heartbeat(limit_s, Learnt(), activity, 0.0), 0.0
    for kind, wait_s in events:
        now += min(wait_s, max(0.0, beat.deadline - now))
        match kind:
            case "sent":
                beat.sent(now)
            case "heard":
                beat.heard(now, 0)
            case "pong":
                beat.heard(now, beat.number)
            case "probe":
                beat.probe(now)
            case _:
                pass
    start = now
    while beat.take(now := max(now, beat.deadline)) is not Beat.DEAD:
        assert now - start <= limit_s + 8 + 1e-6
    assert now - start <= min(limit_s, learnt.SHORTEST_S) + 16 + 1e-6
