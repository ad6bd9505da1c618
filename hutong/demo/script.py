"""Reads a conversation's script: who says what, and when, counted back from now.

== 2 weeks ago, sat         the days that follow; weeks are calendar weeks, so that a Saturday is one
09:12 lin: Good morning     a message; under `== now` minutes before now instead of a time: -12
| and good luck             one more line of it
  + gao ❤️                   a reaction to it
  x                         it is recalled
== 3 days ago
10:00 lin: [picture books]  also: [file <name>], [call 12] and [video call 12] (minutes), [missed call],
                            [add <handle>], [rename <title>]
--- gao, wen                they have not seen what follows
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = ("picture", "file", "video call", "call", "missed call", "add", "rename")

_DAY = re.compile(
    rf"== (?:(?P<now>now)|(?P<days>\d+) days ago|(?P<weeks>\d+) weeks ago, (?P<day>{'|'.join(WEEKDAYS)}))"
)
_SAYS = re.compile(r"(?:(?P<hour>\d\d):(?P<minute>\d\d)|-(?P<before>\d+)) (?P<author>\w+): (?P<text>.+)")
_SPECIAL = re.compile(rf"\[(?P<kind>{'|'.join(KINDS)})(?: (?P<text>[^\]]+))?\]")
_REACTION = re.compile(r"\+ (?P<author>\w+) (?P<emoji>\S+)")

# Two messages of one day are at least this far apart, whatever the script says.
APART_MS = 4_000


class ContentError(Exception):
    """The demo's content has a mistake; the text says where."""


@dataclass(slots=True)
class Line:
    """Something somebody says or does in a conversation."""

    at_ms: int
    author: str
    kind: str
    text: str
    reactions: list[tuple[str, str]] = field(default_factory=list)  # (author, emoji)
    recalled: bool = False

    def some(self, below: int, salt: str = "") -> int:
        """Return a number that looks random and is always the same for this line."""
        return zlib.crc32(f"{salt}{self.author}{self.text}".encode()) % below


@dataclass(slots=True)
class Script:
    """A conversation's lines in the order of their telling."""

    lines: list[Line]
    seen: dict[str, int]  # handle: how many lines this person has seen, when it is not all of them


def parse(text: str, now_ms: int) -> Script:
    """Return what a script says. Raises `ContentError`."""
    return _Parser(now_ms).parse(text)


class _Parser:
    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._day: date | None = None  # None: now
        self._previous_ms = 0
        self._script = Script([], {})

    def parse(self, text: str) -> Script:
        for number, line in _numbered(text):
            try:
                self._take(line)
            except (ContentError, ValueError) as error:
                raise ContentError(f"line {number} of a script, {line!r}: {error}") from error
        return self._script

    def _take(self, line: str) -> None:
        lines = self._script.lines
        if line.startswith("=="):
            self._begin_day(line)
        elif line.startswith("---"):
            for handle in line.removeprefix("---").replace(",", " ").split():
                self._script.seen[handle] = len(lines)
        elif not line.startswith(("|", "+", "x")):
            lines.append(self._says(line))
        elif not lines:
            raise ContentError("there is nothing above it")
        elif line.startswith("|"):
            lines[-1].text += "\n" + line.removeprefix("|").strip()
        elif line == "x":
            lines[-1].recalled = True
        else:
            reaction = _matched(_REACTION, line)
            lines[-1].reactions.append((reaction["author"], reaction["emoji"]))

    def _begin_day(self, line: str) -> None:
        found = _matched(_DAY, line)
        self._day = None if found["now"] else _day(found, self._now_ms)
        self._previous_ms = 0

    def _says(self, line: str) -> Line:
        found = _matched(_SAYS, line)
        if self._script.seen.get(found["author"]) is not None:
            raise ContentError("somebody who has not seen the conversation cannot answer")
        kind, text = _content(found["text"])
        said = Line(0, found["author"], kind, text)
        said.at_ms = max(self._minute_ms(found) + said.some(50) * 1000, self._previous_ms + APART_MS)
        if said.at_ms >= self._now_ms:
            raise ContentError("this is not in the past")
        self._previous_ms = said.at_ms
        return said

    def _minute_ms(self, found: re.Match[str]) -> int:
        if (self._day is None) != (found["before"] is not None):
            raise ContentError("minutes before now belong under `== now`, times of the day under a day")
        if self._day is None:
            return self._now_ms - int(found["before"]) * 60_000
        at = datetime.combine(self._day, time(int(found["hour"]), int(found["minute"]))).astimezone()
        return int(at.timestamp()) * 1000


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def _matched(pattern: re.Pattern[str], line: str) -> re.Match[str]:
    found = pattern.fullmatch(line)
    if found is None:
        raise ContentError("this is not understood")
    return found


def _day(found: re.Match[str], now_ms: int) -> date:
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone().date()
    if found["days"]:
        back = int(found["days"])
    else:
        back = int(found["weeks"]) * 7 + today.weekday() - WEEKDAYS.index(found["day"])
    if back < 1:
        raise ContentError("only days before today have times; use `== now`")
    return today - timedelta(days=back)


def _content(text: str) -> tuple[str, str]:
    special = _SPECIAL.fullmatch(text)
    return (special["kind"], special["text"] or "") if special else ("text", text)
