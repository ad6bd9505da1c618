"""A device that folds what it is told, and a fresh look at the same, to compare the two (LOG15)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from hutong.client.folding import folded, marked
from hutong.client.models import Conversation, Event, Person
from hutong.client.timeline import Timeline
from hutong.schema import chat_pb2, identity_pb2, log_pb2, pins_pb2
from hutong.testing import Client
from tests.client.own import Own, look, packs


class Device:
    """One member's device: conversations, messages, and all else it keeps, from what it is told alone."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.conversations: dict[str, Conversation] = {}
        self.timelines: dict[str, Timeline] = {}
        self.seen: set[int] = set()  # kinds of events
        self.own = Own()

    async def start(self) -> None:
        """Look at everything once, and follow it from there on."""
        await self.client.follow(self.client.inbox, after=0)
        for each in (await self.client.call("Chat.List", chat_pb2.ListRequest())).conversations:
            await self._open(each.log)
        self.own = await look(self.client, self.conversations)
        self.client.events.clear()
        self.client.notices.clear()

    async def _open(self, log: str) -> None:
        self.conversations[log] = await self._ask(log)
        self.timelines[log] = await self._read(log)
        await self.client.follow(log, after=self.conversations[log].head)

    async def _ask(self, log: str) -> Conversation:
        reply = await self.client.call("Chat.Get", chat_pb2.GetRequest(log=log))
        return Conversation.of(reply.conversation, self.client.user)

    async def _read(self, log: str) -> Timeline:
        timeline = Timeline()
        page = (await self.client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
        for event in page.events:
            timeline.apply(Event.of(event))
        return timeline

    async def _read_records(self, log: str) -> None:
        page = (await self.client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
        for event in map(Event.of, page.events):
            self.own.apply_record(event)

    async def take(self) -> None:
        """Fold what was pushed since."""
        await self.client.call(
            "Chat.List", chat_pb2.ListRequest()
        )  # the reply comes behind all that happened before
        while self.client.events or self.client.notices:
            events, self.client.events = self.client.events, []
            for event in events:
                await self._apply(Event.of(event))
            notices, self.client.notices = self.client.notices, []
            for notice in notices:
                if isinstance(notice, chat_pb2.MarkMoved) and notice.log in self.conversations:
                    known = self.conversations[notice.log]
                    after = marked(known, notice, self.client.user)
                    self.conversations[notice.log] = after or await self._ask(notice.log)

    async def _apply(self, event: Event) -> None:
        self.seen.add(event.kind)
        self.own.apply(event)
        if isinstance(event.body, chat_pb2.ConversationJoined):
            await self._open(event.body.log)
            await self._read_records(event.body.log)
        elif isinstance(event.body, chat_pb2.ConversationGone):
            self.conversations.pop(event.body.log, None)
            self.timelines.pop(event.body.log, None)
        elif isinstance(event.body, identity_pb2.ProfileChanged):
            person = Person.of(event.body.profile)
            for log, known in self.conversations.items():
                self.conversations[log] = _with(known, person, self.client.user)
        elif event.log in self.conversations:
            self.timelines[event.log].apply(event)
            after = folded(self.conversations[event.log], event, self.client.user)
            if after is None and not _ends(event, self.client.user):
                after = await self._ask(event.log)
            if after is not None:
                self.conversations[event.log] = after

    async def check(self) -> None:
        """Compare with what somebody sees who was not there before."""
        listed = (await self.client.call("Chat.List", chat_pb2.ListRequest())).conversations
        assert {each.log for each in listed} == set(self.conversations)
        me = self.client.user
        for log, mine in self.conversations.items():
            reply = await self.client.call("Chat.Get", chat_pb2.GetRequest(log=log))
            fresh = Conversation.of(reply.conversation, me)
            assert mine == fresh, log
            timeline, read = self.timelines[log], await self._read(log)
            assert view(timeline) == view(read), log
            pins = (await self.client.call("Pins.List", pins_pb2.ListRequest(log=log))).seqs
            assert [seq for seq in timeline.pins if seq >= fresh.joined] == list(pins)
            member = fresh.member(me)
            assert member is not None
            authors = await self._authors(log)
            records = self.own.unread(log, member.read, authors, me)
            assert len(timeline.unread(me, member.read)) + records == fresh.unread
            mentioned = timeline.mentioned(me, member.read)
            assert (len(mentioned), min(mentioned, default=0)) == (
                reply.conversation.mentioned,
                reply.conversation.first_mention,
            )
        if self.own.packs is None:
            self.own.packs = await packs(self.client)
        assert self.own == await look(self.client, self.conversations)

    async def _authors(self, log: str) -> dict[int, str]:
        page = (await self.client.call("Log.Read", log_pb2.ReadRequest(log=log, limit=200))).page
        return {event.seq: event.author for event in page.events}


def view(timeline: Timeline) -> dict[str, Any]:
    """Return everything a timeline shows."""
    return {
        "head": timeline.head,
        "pins": timeline.pins,
        "messages": {seq: asdict(shown) for seq, shown in timeline.messages.items()},
    }


def _with(conversation: Conversation, person: Person, me: str) -> Conversation:
    """Return a conversation in which somebody has other names; one of two is called after the other."""
    members = tuple(
        replace(each, person=person) if each.person.user == person.user else each
        for each in conversation.members
    )
    other = conversation.other(me)
    called = other is not None and other.user == person.user
    return replace(conversation, members=members, title=person.name if called else conversation.title)


def _ends(event: Event, user: str) -> bool:
    """Tell whether an event is the last its user hears of a conversation."""
    left = isinstance(event.body, chat_pb2.MemberLeft) and event.body.user == user
    return left or (isinstance(event.body, chat_pb2.MemberRemoved) and user in event.body.users)
