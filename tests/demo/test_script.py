from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from hutong.demo import content
from hutong.demo.drawing import gallery
from hutong.demo.script import ContentError, parse

NOON = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)  # a Wednesday


def at(now: datetime) -> int:
    return int(now.timestamp()) * 1000


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%a %d %H:%M")


def test_days_and_weeks_count_back_from_today(zone: str) -> None:
    script = parse(
        "== 2 weeks ago, sat\n09:12 lin: a\n== 1 weeks ago, mon\n18:00 lin: b\n== 3 days ago\n07:30 gao: c",
        at(NOON),
    )
    assert [local(line.at_ms) for line in script.lines] == ["Sat 30 09:12", "Mon 01 18:00", "Sun 07 07:30"]


def test_minutes_before_now_are_in_the_past_and_in_order() -> None:
    script = parse("== now\n-9 lin: a\n-1 gao: b\n-1 lin: c\n-1 lin: d", at(NOON))
    times = [line.at_ms for line in script.lines]
    assert times == sorted(set(times))
    assert at(NOON) - 10 * 60_000 < times[0] < times[-1] < at(NOON)


def test_a_line_carries_its_rest() -> None:
    script = parse(
        "== 1 days ago\n10:00 lin: two\n| lines\n  + gao ❤️\n  + wen 😂\n  x\n"
        "10:01 gao: [video call 14]\n--- gao, wen",
        at(NOON),
    )
    first, second = script.lines
    assert first.text == "two\nlines"
    assert first.reactions == [("gao", "❤️"), ("wen", "😂")]
    assert first.recalled
    assert not second.recalled
    assert (second.kind, second.text) == ("video call", "14")
    assert script.seen == {"gao": 2, "wen": 2}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("== yesterday", "not understood"),
        ("== 0 days ago\n10:00 lin: a", "before today"),
        ("== 0 weeks ago, sun\n10:00 lin: a", "before today"),
        ("== 1 days ago\n25:00 lin: a", "hour"),
        ("== 1 days ago\n-12 lin: a", "minutes before now"),
        ("== now\n10:00 lin: a", "minutes before now"),
        ("== now\n-0 lin: a", "not in the past"),
        ("== now\n-5 lin a", "not understood"),
        ("== now\n+ lin 👍", "nothing above"),
        ("== now\n-5 lin: a\n--- gao\n-4 gao: b", "has not seen"),
    ],
)
def test_mistakes_are_explained(script: str, why: str) -> None:
    with pytest.raises(ContentError, match=why):
        parse(script, at(NOON))


@pytest.mark.parametrize("language", content.LANGUAGES)
def test_the_content_fits_on_every_day_and_hour(language: str, zone: str) -> None:
    for day in range(8, 15):
        for hour in (0, 5, 12, 23):
            now_ms = at(datetime(2026, 6, day, hour, 1, tzinfo=UTC))
            community = content.load(language, now_ms)
            times = [line.at_ms for room in community.rooms for line in room.script.lines]
            assert now_ms - 28 * 86_400_000 < min(times) < max(times) < now_ms


def test_the_languages_tell_the_same_story() -> None:
    english, chinese = (content.load(language, at(NOON)) for language in content.LANGUAGES)
    assert [room.people for room in english.rooms] == [room.people for room in chinese.rooms]
    assert len(english.files) == len(chinese.files)
    assert len(english.everybody.people) == 16
    assert sorted(person.portrait for person in english.everybody.people) == sorted(gallery.PORTRAITS)
