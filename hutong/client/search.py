"""Searching: `client.search("words")`, in everything one may read; `client.search.people("name")`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.directory import Directory
from hutong.client.models import Conversation, Event, Message, Person
from hutong.schema import chat_pb2
from hutong.schema import search_pb2 as pb

_PAGE = 50
HITS = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found."""

    message: Message  # in its newest wording; `at_ms` is when that was said
    excerpt: str
    spans: tuple[tuple[int, int], ...]  # start and length of what was found, in characters of the excerpt
    behind: bool  # the server has not looked at everything yet: ask again in a while


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody who was found."""

    person: Person
    contact: bool  # or else somebody in a group of one's own
    nickname: str  # by which they were found, when neither name nor handle says so


class Search:
    """What `client.search` is. `behind` is what the newest answer said, with or without hits."""

    def __init__(self, connection: Connection, directory: Directory, me: Callable[[], str]) -> None:
        self._connection = connection
        self._directory = directory
        self._me = me
        self.behind = False

    async def __call__(
        self,
        text: str = "",
        *,
        of: Conversation | str = "",
        author: Person | str = "",
        kind: str = "",
        from_ms: int = 0,
        to_ms: int = 0,
        limit: int = HITS,
    ) -> AsyncIterator[Hit]:
        """Yield what is found, the newest first: all words; "in quotes" next to each other.

        `kind` is one of text, picture, file, link, voice, video, poll; times are Unix milliseconds. Text may
        be empty when something else narrows it down. Raises `RpcError`; `ValueError` for an unknown kind.
        """
        request = pb.MessagesRequest(
            text=text,
            log=of if isinstance(of, str) else of.log,
            author=author if isinstance(author, str) else author.user,
            kind=f"KIND_{(kind or 'any').upper()}",
            from_ms=from_ms,
            to_ms=to_ms,
        )
        left = limit
        while left > 0:
            request.limit = min(left, _PAGE)
            reply = await self._connection.call(methods.SEARCH_MESSAGES, request)
            self.behind = reply.behind
            for hit in reply.hits:
                opened = await self._open(hit, behind=reply.behind)
                if opened is not None:
                    yield opened
            left -= len(reply.hits)
            request.cursor = reply.cursor
            if not reply.cursor:
                return

    async def people(self, text: str, *, limit: int = 0) -> list[FoundPerson]:
        """Return contacts, and people of one's groups, by a part of a name or a handle.

        The best matches first, 20 unless `limit` says how many; at most 50. Raises `RpcError`.
        """
        reply = await self._connection.call(methods.SEARCH_PEOPLE, pb.PeopleRequest(text=text, limit=limit))
        return [FoundPerson(Person.of(each.profile), each.contact, each.nickname) for each in reply.people]

    async def _open(self, hit: pb.Hit, *, behind: bool) -> Hit | None:
        event = Event.of(hit.event)
        if not isinstance(event.body, chat_pb2.MessageSent | chat_pb2.MessageEdited):
            return None
        message = Message(
            conversation=await self._directory.conversation(event.log),
            seq=hit.seq,
            at_ms=event.at_ms,
            author=await self._directory.person(event.author),
            content=event.body.content,
            mine=event.author == self._me(),
        )
        spans = tuple((span.start, span.length) for span in hit.spans)
        return Hit(message, hit.excerpt, spans, behind)
