"""`hutong search`: what was said, and who is who."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from hutong.cli.session import HomeOption, ServerOption, console, run, safe, tell, tell_error, with_client
from hutong.client import Client, Conversation
from hutong.client.search import FoundPerson, Hit
from hutong.platform.errors import FailedPrecondition, NotFound

_HITS = 20
_HITS_MAX = 1_000
_PEOPLE = 5
_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
_FIRST_YEAR = 1971  # Unix times begin a year before, and 0 is no bound


class Kind(StrEnum):
    """What is looked for."""

    TEXT = "text"
    PICTURE = "picture"
    FILE = "file"
    LINK = "link"
    VOICE = "voice"
    VIDEO = "video"
    POLL = "poll"


@dataclass(frozen=True)
class _Asked:
    """One run's words and filters; times are Unix milliseconds, 0 for none."""

    text: str
    place: str
    author: str
    after_ms: int
    before_ms: int
    kind: str
    limit: int

    @property
    def narrowed(self) -> bool:
        return bool(self.place or self.author or self.after_ms or self.before_ms or self.kind)


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="All of them; the last one may be unfinished. '\"in quotes\"': next to each other."
        ),
    ] = None,
    place: Annotated[str, typer.Option("--in", help="The title of a group, or somebody's handle.")] = "",
    author: Annotated[str, typer.Option("--from", help="The handle of who said it, or `me`.")] = "",
    after: Annotated[
        datetime | None,
        typer.Option("--after", formats=_DATES, metavar="DATE", help="From when that day begins on."),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option("--before", formats=_DATES, metavar="DATE", help="Until that day begins."),
    ] = None,
    kind: Annotated[Kind | None, typer.Option("--kind", case_sensitive=False)] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=_HITS_MAX, help="How many messages at most.")
    ] = _HITS,
    server: ServerOption = None,
    home: HomeOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each that is found.")] = False,
) -> None:
    """Find messages, the newest first, in everything you may read; and people, unless a filter is given.

    Dates are days, 2026-05-01, or minutes, 2026-05-01T18:30, in this machine's time zone.
    """
    asked = _Asked(" ".join(words or ()), place, author, _time(after), _time(before), kind or "", limit)
    if not asked.text.strip() and not asked.narrowed:
        raise typer.BadParameter("Say some words, or narrow it down with an option.")

    async def work(me: Client) -> None:
        found = 0
        if not asked.narrowed:
            for person in await me.search.people(asked.text, limit=_PEOPLE):
                found += 1
                _print(_person_json(person) if as_json else _person_line(person), plain=as_json)
        hits = me.search(
            asked.text,
            of=await _place(me, asked.place) if asked.place else "",
            author=await _author(me, asked.author) if asked.author else "",
            kind=asked.kind,
            from_ms=asked.after_ms,
            to_ms=asked.before_ms,
            limit=asked.limit,
        )
        async for hit in hits:
            found += 1
            _print(_hit_json(hit) if as_json else _hit_line(hit), plain=as_json)
        if me.search.behind:
            tell_error("The server is still taking in messages: some may be missing.")
        if not found and not as_json:
            tell("Nothing was found.")

    run(with_client(server, home, work))


def _time(date: datetime | None) -> int:
    if date is None:
        return 0
    if date.year < _FIRST_YEAR:
        raise typer.BadParameter(f"Nothing here is older than {_FIRST_YEAR}.")
    return int(date.timestamp() * 1000)


async def _place(me: Client, name: str) -> Conversation:
    """Return one of one's conversations. Searching opens none, and joins none."""
    handle = name.strip().removeprefix("@").lower()
    title = name.strip().casefold()
    conversations = await me.conversations()
    direct = [each for each in conversations if not each.group and handle in _handles(me, each)]
    groups = [each for each in conversations if each.group and each.title.casefold() == title]
    if direct:
        return direct[0]
    if not groups:
        raise NotFound(f"You have no conversation called {name}.", reason="no_such_log")
    if len(groups) > 1:
        raise FailedPrecondition(f"{len(groups)} of your groups are called {name}.")
    return groups[0]


def _handles(me: Client, conversation: Conversation) -> set[str]:
    """Return who a conversation of two is called by: the other one, or oneself for saved messages."""
    handles = {each.person.handle for each in conversation.members}
    return handles - {me.me.handle} or handles


async def _author(me: Client, name: str) -> str:
    handle = name.strip().removeprefix("@").lower()
    if handle in {"me", me.me.handle}:
        return me.me.user
    return (await me.contacts.find(handle)).person.user


def _print(line: str, *, plain: bool) -> None:
    if plain:
        console.print(line, markup=False)
    else:
        tell(line)


def _person_line(found: FoundPerson) -> str:
    person = found.person
    also = f" ({safe(found.nickname)})" if found.nickname else ""
    standing = "a contact" if found.contact else "in a group of yours"
    return f"[bold]{safe(person.name)}[/]{also} @{safe(person.handle)} [dim]{standing}[/]"


def _hit_line(hit: Hit) -> str:
    message = hit.message
    when = datetime.fromtimestamp(message.at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
    name = "you" if message.mine else safe(message.author.name)
    group = message.conversation.group
    where = f" [dim]in {safe(message.conversation.title)}[/]" if group else ""
    return f"[dim]{when}[/] [bold]{name}[/]{where}: {''.join(_marked(hit))}"


def _marked(hit: Hit) -> Iterator[str]:
    end = 0
    for start, length in hit.spans:
        yield safe(hit.excerpt[end:start])
        end = start + length
        yield f"[bold green]{safe(hit.excerpt[start:end])}[/]"
    yield safe(hit.excerpt[end:])


def _person_json(found: FoundPerson) -> str:
    person = found.person
    return json.dumps(
        {
            "type": "person",
            "user": person.user,
            "handle": person.handle,
            "name": person.name,
            "contact": found.contact,
            "nickname": found.nickname,
        }
    )


def _hit_json(hit: Hit) -> str:
    message = hit.message
    return json.dumps(
        {
            "type": "message",
            "at": datetime.fromtimestamp(message.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
            "conversation": message.conversation.title,
            "log": message.log,
            "seq": message.seq,
            "author": message.author.handle,
            "name": message.author.name,
            "text": message.text,
            "excerpt": hit.excerpt,
            "spans": hit.spans,
        }
    )
