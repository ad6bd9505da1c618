"""The sync against a scripted server: gaps, repeats, and pushes that overtake pages (LOG7 to LOG9)."""

from __future__ import annotations

import asyncio

import pytest
from google.protobuf.message import Message as Body

from hutong.client import Event, methods
from hutong.client.pushes import Pushes
from hutong.client.streams import WAITING_EVENTS_MAX, EventStream
from hutong.client.sync import Sync
from hutong.platform.errors import Unauthenticated
from hutong.platform.events import kind_of
from hutong.schema import chat_pb2, link_pb2, log_pb2
from tests.client.scripted import Scene

LOG = "chat:1"
INBOX = "inbox:u1"


def event(seq: int, log: str = LOG, body: Body | None = None) -> log_pb2.Event:
    body = body or chat_pb2.MessageSent(content=chat_pb2.Content(text=str(seq)))
    return log_pb2.Event(log=log, seq=seq, kind=kind_of(body), author="u2", body=body.SerializeToString())


class Play:
    """A signed-in connection with a sync, and a server whose log is `events`."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.pushes = Pushes()
        self.scene.connection._handlers = self.pushes
        self.acknowledged = {INBOX: 0, LOG: 2}
        self.events = {LOG: [event(1), event(2)], INBOX: []}
        self.page_events = 100
        self.sync = Sync(
            self.scene.connection,
            "u1",
            self.acknowledged,
            clock=self.scene.clock,
            kept=lambda: None,
            seen=lambda _event: None,
        )
        self.pushes.add(self.sync)
        self._answered = 0
        self.follows: list[dict[str, int]] = []

    async def start(self) -> EventStream:
        await self.scene.start_signed_in()
        self._answered = 1
        stream = self.sync.stream()
        await self.answer()
        return stream

    async def answer(self) -> None:
        """Answer what is asked until nothing is."""
        await self.scene.settle()
        while self._answered < len(self.scene.link.requests):
            request = self.scene.link.requests[self._answered]
            self._answered += 1
            self.scene.link.answer(request.id, self._reply(request).SerializeToString())
            await self.scene.settle()

    def _reply(self, request: link_pb2.Request) -> Body:
        if request.method == methods.LIST_CHATS.id:
            head = len(self.events[LOG])
            return chat_pb2.ListReply(conversations=[chat_pb2.Conversation(log=LOG, head=head)])
        if request.method == methods.FOLLOW.id:
            asked = log_pb2.FollowRequest.FromString(request.body)
            self.follows.append({cursor.log: cursor.after for cursor in asked.cursors})
            return log_pb2.FollowReply(pages=[self._page(cursor) for cursor in asked.cursors])
        return chat_pb2.MarkReply()

    def _page(self, cursor: log_pb2.Cursor) -> log_pb2.Page:
        events = self.events.get(cursor.log)
        if events is None:
            return log_pb2.Page(log=cursor.log, denied=True)
        return log_pb2.Page(
            log=cursor.log,
            events=events[cursor.after : cursor.after + self.page_events],
            head=len(events),
        )

    def append(self, count: int = 1) -> list[log_pb2.Event]:
        start = len(self.events[LOG]) + 1
        added = [event(seq) for seq in range(start, start + count)]
        self.events[LOG] += added
        return added

    def push(self, *events: log_pb2.Event) -> None:
        self.scene.link.say(link_pb2.Packet(events=events))


@pytest.fixture
def play() -> Play:
    return Play()


async def _take(stream: EventStream, count: int) -> list[int]:
    taken: list[int] = []
    async with asyncio.timeout(5):
        while len(taken) < count:
            item = await anext(stream)
            assert isinstance(item, Event)
            taken.append(item.seq)
    return taken


async def _nothing_waits(stream: EventStream) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.01)


async def test_pushes_in_order_need_no_question(play: Play) -> None:
    stream = await play.start()
    before = len(play.follows)
    play.push(*play.append(3))
    assert await _take(stream, 3) == [3, 4, 5]
    assert len(play.follows) == before


async def test_a_gap_is_asked_for_and_nothing_comes_twice(play: Play) -> None:
    stream = await play.start()
    lost, kept = play.append(2)
    play.push(kept)
    await _nothing_waits(stream)
    await play.answer()
    assert play.follows[-1] == {LOG: 2}
    play.push(lost, kept)
    assert await _take(stream, 2) == [3, 4]
    play.push(*play.append(1))
    assert await _take(stream, 1) == [5]


async def test_pushes_that_overtake_the_page_wait_for_it(play: Play) -> None:
    play.append(3)
    await play.scene.start_signed_in()
    play._answered = 1
    stream = play.sync.stream()
    await play.scene.settle()
    listing = play.scene.link.requests[1]
    play._answered = 2
    play.scene.link.answer(listing.id, play._reply(listing).SerializeToString())
    await play.scene.settle()
    follow = play.scene.link.requests[2]
    play._answered = 3
    reply = play._reply(follow)  # read before the next append, sent after it
    play.push(*play.append(1))
    play.scene.link.answer(follow.id, reply.SerializeToString())
    await play.answer()
    assert await _take(stream, 4) == [3, 4, 5, 6]


async def test_many_pages_are_fetched_to_the_end(play: Play) -> None:
    play.append(25)
    play.page_events = 10
    stream = await play.start()
    assert await _take(stream, 25) == list(range(3, 28))
    await asyncio.wait_for(play.sync.caught_up(), 1)


async def test_a_new_conversation_is_followed_from_where_we_joined(play: Play) -> None:
    stream = await play.start()
    play.events["chat:2"] = [event(seq, "chat:2") for seq in (1, 2)]
    play.push(event(1, INBOX, chat_pb2.ConversationJoined(log="chat:2")))
    await play.answer()
    assert await _take(stream, 3) == [1, 1, 2]


async def test_a_log_we_lost_is_let_go(play: Play) -> None:
    stream = await play.start()
    del play.events[LOG]
    play.push(event(9))
    await play.answer()
    play.push(event(10))
    await play.answer()
    assert [LOG in each for each in play.follows] == [True, True]
    assert LOG not in play.acknowledged
    await _nothing_waits(stream)


async def test_a_slow_program_loses_nothing(play: Play) -> None:
    stream = await play.start()
    many = WAITING_EVENTS_MAX + 500
    for start in range(0, many, 100):
        play.push(*play.append(min(100, many - start)))
        await play.answer()
    taken: list[int] = []
    while len(taken) < many:
        taken += await _take(stream, 50)
        await play.answer()
    assert taken == list(range(3, many + 3))


async def test_the_cursor_moves_when_the_next_is_asked_for(play: Play) -> None:
    stream = await play.start()
    play.push(*play.append(2))
    await _take(stream, 1)
    assert play.acknowledged[LOG] == 2
    await _take(stream, 1)
    assert play.acknowledged[LOG] == 3
    await stream.aclose()
    assert play.acknowledged[LOG] == 4


async def test_a_device_that_is_signed_out_ends_its_streams(play: Play) -> None:
    stream = await play.start()
    play.scene.link.dismiss(link_pb2.Goodbye.REASON_REVOKED)
    with pytest.raises(Unauthenticated):
        await anext(stream)
    await play.scene.advance(1)
    assert len(play.scene.links) == 2  # as nobody, who follows nothing
    assert play.scene.link.early == []


async def test_seal14_what_was_followed_is_followed_in_the_first_flight(play: Play) -> None:
    """Events of the time without a link come with the sign-in's answer: no second round trip."""
    stream = await play.start()
    await play.scene.advance(10)
    play.append(2)
    play.scene.link.owner.lost()
    await play.scene.settle()
    assert [each.method for each in play.scene.link.requests] == [methods.RESUME.id, methods.FOLLOW.id]
    play.scene.link.challenge()
    play.scene.accept_resume()
    play._answered = 1
    await play.answer()
    assert await _take(stream, 2) == [3, 4]


async def test_two_streams_each_get_everything(play: Play) -> None:
    one = await play.start()
    other = play.sync.stream()
    play.push(*play.append(2))
    assert await _take(one, 2) == [3, 4]
    await one.aclose()
    assert play.acknowledged[LOG] == 2
    assert await _take(other, 2) == [3, 4]
    assert play.acknowledged[LOG] == 3


async def test_a_conversation_that_comes_during_the_first_look_is_not_missed(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the list, or after the place in the inbox that was read before the list."""
    play.acknowledged.clear()
    play.events = {INBOX: []}
    usual, asked = play._reply, 0

    def reply(request: link_pb2.Request) -> Body:
        nonlocal asked
        asked += 1
        answer: Body
        if request.method == methods.READ_LOG.id:
            answer = log_pb2.ReadReply(page=log_pb2.Page(log=INBOX, head=len(play.events[INBOX])))
        elif request.method == methods.LIST_CHATS.id and LOG not in play.events:
            answer = chat_pb2.ListReply()
        else:
            answer = usual(request)
        if asked == 1:
            play.events[LOG] = [event(1)]
            play.events[INBOX].append(event(1, INBOX, chat_pb2.ConversationJoined(log=LOG)))
        return answer

    monkeypatch.setattr(play, "_reply", reply)
    stream = await play.start()
    assert await _take(stream, 1) == [1]  # the inbox's word of it
    play.push(*play.append(1))
    await play.answer()
    assert await _take(stream, 1) == [2]
