"""Catching up ahead of the program: what is asked for, what waits, and that nothing is lost or doubled."""

from __future__ import annotations

import asyncio

import pytest

from hutong.client import Event, methods, streams
from hutong.client.streams import EventStream
from hutong.schema import chat_pb2, link_pb2
from tests.client.test_sync import INBOX, LOG, Play, event

PAGE = 10


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Pages of ten events, and a stream that is full with as many."""
    monkeypatch.setattr(streams, "WAITING_EVENTS_MAX", PAGE)
    play = Play()
    play.page_events = PAGE
    return play


async def _take(stream: EventStream, play: Play, count: int) -> list[int]:
    taken: list[int] = []
    async with asyncio.timeout(5):
        while len(taken) < count:
            item = await anext(stream)
            assert isinstance(item, Event)
            taken.append(item.seq)
            await play.answer()
    return taken


def _asked_after(play: Play) -> list[int]:
    return [cursors[LOG] for cursors in play.follows if LOG in cursors]


async def test_two_answers_wait_for_a_slow_program_and_no_more(play: Play) -> None:
    play.append(100)
    stream = await play.start()
    # The first is in the stream; two more are here.
    assert _asked_after(play) == [2, 12, 22]
    assert await _take(stream, play, 100) == list(range(3, 103))
    assert _asked_after(play) == list(range(2, 103, 10))[: len(play.follows)]


async def test_what_is_pushed_meanwhile_comes_behind_what_waits(play: Play) -> None:
    play.append(25)
    stream = await play.start()
    play.push(*play.append(2))
    await play.answer()
    assert await _take(stream, play, 27) == list(range(3, 30))
    await asyncio.wait_for(play.sync.caught_up(), 1)


async def test_log9_a_link_that_ends_loses_nothing_of_what_waits(play: Play) -> None:
    play.append(50)
    stream = await play.start()
    await _new_link(play)
    await play.answer()
    # The new link pushes only what is followed on it: what waited does not count as caught up.
    assert _asked_after(play)[3] == 12
    assert await _take(stream, play, 50) == list(range(3, 53))
    play.push(*play.append(1))
    assert await _take(stream, play, 1) == [53]


async def test_a_new_link_follows_what_is_here_to_its_end_already(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has more conversations than the first flight asks for has them followed afterwards."""
    monkeypatch.setattr("hutong.client.sync.LOGS_AT_ONCE_MAX", 1)
    play.append(15)
    stream = await play.start()  # ten are in the stream, and the other five wait here
    await _new_link(play)
    play.follows.clear()
    await play.answer()
    assert await _take(stream, play, 15) == list(range(3, 18))
    assert any(LOG in cursors for cursors in play.follows)
    play.push(*play.append(1))
    assert await _take(stream, play, 1) == [18]


async def test_an_answer_to_a_stream_that_was_closed_leaves_no_gap(play: Play) -> None:
    play.append(50)
    stream = await _start_with_one_page(play)
    await stream.aclose()
    again = play.sync.stream()
    await play.answer()  # the second page, asked for by the stream before
    assert await _take(again, play, 50) == list(range(3, 53))


async def test_a_conversation_that_ends_while_its_pages_wait(play: Play) -> None:
    play.append(30)
    stream = await play.start()
    await _take(stream, play, 6)
    del play.events[LOG]
    play.push(event(1, INBOX, chat_pb2.ConversationGone(log=LOG)))
    await play.answer()
    await asyncio.wait_for(play.sync.caught_up(), 1)
    assert LOG not in play.acknowledged
    assert await _take(stream, play, 10) == [*range(9, 18), 1]


async def test_marks_do_not_stand_before_the_next_answer(play: Play) -> None:
    """Each is a write to the server, which would be in the way of what is asked for."""
    play.append(15)
    stream = await _start_with_one_page(play)
    assert _methods(play)[-2:] == [methods.FOLLOW.id, methods.FOLLOW.id]
    await _take(stream, play, 15)
    marked = play.scene.link.requests[-1]
    assert marked.method == methods.MARK.id
    assert chat_pb2.MarkRequest.FromString(marked.body) == chat_pb2.MarkRequest(log=LOG, delivered=17)


async def _new_link(play: Play) -> None:
    await play.scene.advance(10)
    play.scene.link.owner.lost()
    await play.scene.settle()
    play.scene.link.challenge()
    play.scene.accept_resume()
    play._answered = 1


async def _start_with_one_page(play: Play) -> EventStream:
    """Return a stream that is full with the first answer; the next question is under way."""
    await play.scene.start_signed_in()
    play._answered = 1
    stream = play.sync.stream()
    await play.scene.settle()
    await _answer_next(play)  # the list
    await _answer_next(play)  # the first page
    return stream


def _methods(play: Play) -> list[int]:
    return [request.method for request in play.scene.link.requests]


async def _answer_next(play: Play) -> None:
    request: link_pb2.Request = play.scene.link.requests[play._answered]
    play._answered += 1
    play.scene.link.answer(request.id, play._reply(request).SerializeToString())
    await play.scene.settle()
