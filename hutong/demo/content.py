"""The community as the TOML files beside this module describe it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from typing import Any

from hutong.demo.drawing import gallery
from hutong.demo.script import ContentError, Script, parse

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Person:
    """An account."""

    handle: str
    name: str
    about: str
    portrait: str


@dataclass(frozen=True, slots=True)
class Everybody:
    """All accounts; the first one is shown to newcomers."""

    password: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation; a group when it has a title. The first of the people opens it."""

    title: str
    people: tuple[str, ...]
    script: Script


@dataclass(frozen=True, slots=True)
class Request:
    """A request to become contacts that nobody has answered yet."""

    asker: str
    asked: str
    text: str


@dataclass(frozen=True, slots=True)
class Community:
    """Everybody, and everything they say."""

    language: str
    everybody: Everybody
    greeting: str
    request: Request
    rooms: tuple[Room, ...]
    files: dict[str, dict[str, str]]

    def acquaintances(self) -> list[tuple[str, str]]:
        """Return the pairs of contacts, each once.

        Who opens a conversation knows everybody in it; the first person knows all they share one with.
        """
        first = self.everybody.people[0].handle
        pairs: dict[frozenset[str], tuple[str, str]] = {}
        for room in self.rooms:
            for one, other in combinations(room.people, 2):
                if room.people[0] == one or first in {one, other}:
                    pairs.setdefault(frozenset((one, other)), (one, other))
            for line in room.script.lines:
                if line.kind == "add":
                    pairs.setdefault(frozenset((line.author, line.text)), (line.author, line.text))
        pairs.pop(frozenset((self.request.asker, self.request.asked)), None)
        return list(pairs.values())


def everybody(language: str) -> Everybody:
    """Return the accounts, with names in one of `LANGUAGES`."""
    described = _read("people.toml")
    people = [
        Person(each["handle"], each["name"][language], each["about"][language], each["portrait"])
        for each in described["person"]
    ]
    return Everybody(described["password"], tuple(people))


def load(language: str, now_ms: int) -> Community:
    """Return the community in one of `LANGUAGES`, as if it had lived until now. Raises `ContentError`."""
    talk = _read(f"{language}.toml")
    request = talk["request"]
    community = Community(
        language=language,
        everybody=everybody(language),
        greeting=talk["greeting"],
        request=Request(request["from"], request["to"], request["text"]),
        rooms=tuple(
            Room(room.get("title", ""), tuple(room["people"]), parse(room["script"], now_ms))
            for room in talk["room"]
        ),
        files=talk["files"],
    )
    _check(community)
    return community


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("hutong.demo").joinpath(name).read_text("utf-8"))


def _check(community: Community) -> None:
    """Refuse names that mean nothing. Raises `ContentError`."""
    handles = {person.handle for person in community.everybody.people}
    for room in community.rooms:
        present = set(room.people)
        for line in room.script.lines:
            if line.kind == "add":
                present.add(line.text)
            speakers = {line.author, *(author for author, _ in line.reactions)}
            if not speakers <= present <= handles:
                raise ContentError(f"{room.title or room.people}: who is {sorted(speakers - present)}?")
            if "call" in line.kind and (room.title or line.recalled or line.reactions):
                raise ContentError("calls are between two people, and nothing is added to them")
            if line.kind == "picture" and line.text not in gallery.SCENES:
                raise ContentError(f"there is no drawing {line.text}")
            if line.kind == "file" and line.text not in community.files:
                raise ContentError(f"there is no file {line.text}")
        if not set(room.script.seen) <= present:
            raise ContentError(f"{room.title or room.people}: not everybody after --- is there")
