"""Everything one can say, and do with what was said: the part of `Client` about messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.models import Conversation, Message, Person, Sent
from hutong.client.storage import Storage
from hutong.platform.errors import InvalidArgument
from hutong.schema import (
    chat_pb2,
    forwarding_pb2,
    identity_pb2,
    pins_pb2,
    polls_pb2,
    previews_pb2,
    reactions_pb2,
    scheduled_pb2,
)

# A message is worth waiting for a server that restarts.
SEND_DEADLINE_S = 60.0
_DEGREES = 10**7


class Placed(Protocol):
    """Something that was said: a `Message` or a `Sent`."""

    @property
    def log(self) -> str:
        """The conversation's id."""

    @property
    def seq(self) -> int:
        """Its number there."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that is sent later. `problem` says why it could not be: it waits for its author then."""

    id: str
    log: str
    content: chat_pb2.Content
    at_ms: int
    problem: str

    @classmethod
    def of(cls, scheduled: scheduled_pb2.Scheduled) -> Scheduled:
        """Return what the server's answer says."""
        return cls(scheduled.id, scheduled.log, scheduled.content, scheduled.at_ms, scheduled.problem)


class Saying:
    """Messages of every kind. All raise `RpcError`; those with a file also `OSError`."""

    _connection: Connection

    # ---- saying ----

    async def send(
        self,
        to: Conversation | str,
        content: chat_pb2.Content,
        *,
        key: bytes = b"",
        deadline_s: float = SEND_DEADLINE_S,
    ) -> Sent:
        """Send any content, like `send_text`."""
        log = log_of(to)
        request = chat_pb2.SendRequest(log=log, content=content)
        reply = await self._connection.call(methods.SEND, request, key=key, deadline_s=deadline_s)
        return Sent(log, reply.seq, reply.at_ms)

    async def send_text(
        self,
        to: Conversation | str,
        text: str,
        *,
        mentions: Iterable[Person] = (),
        preview: chat_pb2.Preview | None = None,
        key: bytes = b"",
        deadline_s: float = SEND_DEADLINE_S,
    ) -> Sent:
        """Send a text; return when the server has it durably.

        It is sent again after a lost connection and arrives once. To try again later than the deadline
        without the risk of a double, choose the `key` (`client.connection.new_key()`) and give the same.
        People in `mentions` stand in the text as `@name` or `@handle`; a `preview` comes from `preview()`.
        """
        content = chat_pb2.Content(text=text, mentions=_mentions(text, mentions), preview=preview)
        return await self.send(to, content, key=key, deadline_s=deadline_s)

    async def reply(self, to: Placed, text: str, *, mentions: Iterable[Person] = ()) -> Sent:
        """Answer a message, in its conversation."""
        content = chat_pb2.Content(text=text, mentions=_mentions(text, mentions), reply_to=to.seq)
        return await self.send(to.log, content)

    async def send_voice(
        self,
        to: Conversation | str,
        path: Path,
        *,
        duration_ms: int,
        media_type: str = "audio/ogg",
        waveform: bytes = b"",
    ) -> Sent:
        """Send a voice message. `waveform`: loudness 0-255 of at most 128 equal stretches."""
        blob, size_bytes = await self._upload(path, media_type)
        voice = chat_pb2.Voice(
            blob=blob,
            media_type=media_type,
            duration_ms=duration_ms,
            waveform=waveform,
            size_bytes=size_bytes,
        )
        return await self.send(to, chat_pb2.Content(voice=voice))

    async def send_video(
        self,
        to: Conversation | str,
        path: Path,
        *,
        duration_ms: int,
        width: int,
        height: int,
        media_type: str = "video/mp4",
        poster: Path | None = None,
    ) -> Sent:
        """Send a film, with a still picture to show before it plays."""
        blob, size_bytes = await self._upload(path, media_type)
        still, _ = await self._upload(poster) if poster is not None else ("", 0)
        video = chat_pb2.Video(
            blob=blob,
            poster=still,
            width=width,
            height=height,
            duration_ms=duration_ms,
            name=path.name,
            size_bytes=size_bytes,
            media_type=media_type,
        )
        return await self.send(to, chat_pb2.Content(video=video))

    async def send_location(
        self,
        to: Conversation | str,
        latitude: float,
        longitude: float,
        *,
        name: str = "",
        address: str = "",
    ) -> Sent:
        """Send a place (WGS 84, degrees). Raises `InvalidArgument` for one that is not on the earth."""
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise InvalidArgument("There is no such place.", reason="bad_place")
        location = chat_pb2.Location(
            latitude_e7=round(latitude * _DEGREES),
            longitude_e7=round(longitude * _DEGREES),
            name=name,
            address=address,
        )
        return await self.send(to, chat_pb2.Content(location=location))

    async def send_card(self, to: Conversation | str, person: Person) -> Sent:
        """Send somebody's contact card."""
        profile = identity_pb2.Profile(user=person.user)
        return await self.send(to, chat_pb2.Content(card=chat_pb2.Card(profile=profile)))

    async def send_sticker(self, to: Conversation | str, sticker: chat_pb2.Sticker) -> Sent:
        """Send a sticker out of a pack or a message."""
        return await self.send(to, chat_pb2.Content(sticker=sticker))

    async def send_poll(
        self,
        to: Conversation | str,
        question: str,
        options: Sequence[str],
        *,
        multiple: bool = False,
        closes_ms: int = 0,
    ) -> Sent:
        """Ask everybody. `closes_ms` (Unix time): when votes end; 0: by `close_poll`."""
        poll = chat_pb2.Poll(question=question, options=options, multiple=multiple, closes_ms=closes_ms)
        return await self.send(to, chat_pb2.Content(poll=poll))

    async def preview(self, url: str) -> chat_pb2.Preview | None:
        """Ask the server what stands behind a link; None when there is nothing to show."""
        reply = await self._connection.call(methods.LOOK_AT_LINK, previews_pb2.LookRequest(url=url))
        return reply.preview if reply.HasField("preview") else None

    # ---- later ----

    async def schedule(
        self, to: Conversation | str, content: chat_pb2.Content | str, at_ms: int
    ) -> Scheduled:
        """Let the server send something at a time (Unix ms, 10 s to a year from now)."""
        content = chat_pb2.Content(text=content) if isinstance(content, str) else content
        request = scheduled_pb2.ScheduleRequest(log=log_of(to), content=content, at_ms=at_ms)
        return Scheduled.of((await self._connection.call(methods.SCHEDULE, request)).scheduled)

    async def scheduled(self) -> list[Scheduled]:
        """Return what waits to be sent, the next one first."""
        reply = await self._connection.call(methods.LIST_SCHEDULED, scheduled_pb2.ListRequest())
        return [Scheduled.of(each) for each in reply.scheduled]

    async def cancel_scheduled(self, scheduled: Scheduled) -> None:
        """Do not send it."""
        await self._connection.call(methods.CANCEL_SCHEDULED, scheduled_pb2.CancelRequest(id=scheduled.id))

    # ---- what was said ----

    async def edit(self, message: Placed, text: str, *, mentions: Iterable[Person] = ()) -> None:
        """Give a text of yours other words, within the server's time limit."""
        content = chat_pb2.Content(text=text, mentions=_mentions(text, mentions))
        request = chat_pb2.EditRequest(log=message.log, seq=message.seq, content=content)
        await self._connection.call(methods.EDIT, request)

    async def wordings(self, message: Placed) -> list[chat_pb2.Wording]:
        """Return all the words a message had, the first ones first."""
        request = chat_pb2.HistoryRequest(log=message.log, seq=message.seq)
        return list((await self._connection.call(methods.HISTORY, request)).wordings)

    async def recall(self, message: Placed) -> None:
        """Take one of your messages back, within the server's time limit."""
        request = chat_pb2.RecallRequest(log=message.log, seq=message.seq)
        await self._connection.call(methods.RECALL, request)

    async def forward(
        self, messages: Iterable[Message], to: Conversation | str, *, merged: bool = False
    ) -> list[int]:
        """Pass messages of one conversation on, each by itself or all as one; return their numbers there."""
        messages = list(messages)
        logs = {message.log for message in messages}
        if len(logs) != 1:
            raise InvalidArgument("Forward messages of one conversation.", reason="bad_number")
        request = forwarding_pb2.ForwardRequest(
            source=logs.pop(),
            seqs=sorted(message.seq for message in messages),
            target=log_of(to),
            merged=merged,
        )
        return list((await self._connection.call(methods.FORWARD, request)).seqs)

    async def react(self, message: Placed, emoji: str, *, on: bool = True) -> None:
        """Put an emoji on a message, or take it off."""
        request = reactions_pb2.ReactRequest(log=message.log, seq=message.seq, emoji=emoji, on=on)
        await self._connection.call(methods.REACT, request)

    async def vote(self, message: Placed, *options: int) -> None:
        """Choose options of a poll, counted from 0, instead of what you chose before; none takes it back."""
        request = polls_pb2.VoteRequest(log=message.log, seq=message.seq, options=options)
        await self._connection.call(methods.VOTE, request)

    async def close_poll(self, message: Placed) -> None:
        """End a poll of yours."""
        request = polls_pb2.CloseRequest(log=message.log, seq=message.seq)
        await self._connection.call(methods.CLOSE_POLL, request)

    async def pin(self, message: Placed, *, on: bool = True) -> None:
        """Keep a message in sight, or do so no longer."""
        request = pins_pb2.PinRequest(log=message.log, seq=message.seq, on=on)
        await self._connection.call(methods.PIN, request)

    async def pins(self, of: Conversation | str) -> list[int]:
        """Return the numbers of the messages that are pinned, the newest pin first."""
        return list(
            (await self._connection.call(methods.LIST_PINS, pins_pb2.ListRequest(log=log_of(of)))).seqs
        )

    async def _upload(self, path: Path, media_type: str = "") -> tuple[str, int]:
        stored = await Storage(self._connection).upload(path, media_type)
        return stored.blob, path.stat().st_size


def log_of(of: Conversation | Message | str) -> str:
    """Return the id of a conversation, or of the one a message stands in."""
    return of if isinstance(of, str) else of.log


def _mentions(text: str, people: Iterable[Person]) -> Iterator[chat_pb2.Mention]:
    """Yield where people are named. Raises `InvalidArgument` for somebody who is not."""
    for person in people:
        for name in (f"@{person.name}", f"@{person.handle}"):
            start = text.find(name)
            if start >= 0:
                yield chat_pb2.Mention(user=person.user, start=start, length=len(name))
                break
        else:
            raise InvalidArgument(f"The text does not name @{person.handle}.", reason="bad_mention")
