"""The rules of docs/protocol/direct-text.md, on the sans-I/O ends."""

from __future__ import annotations

import pytest

from hutong.protocols.direct import (
    RECORD_BYTES_MAX,
    TEXT_CHARACTERS_MAX,
    DirectError,
    PreviewReceiver,
    PreviewSender,
    State,
    Words,
)
from hutong.protocols.direct.receiving import (
    ARRIVES_S,
    DROPPED_MAX,
    EVENTS_MAX,
    RECORDS_BURST,
    SHOWN_MAX,
    UNCONFIRMED_S,
    WITHDRAWN_S,
)
from hutong.protocols.direct.sending import OPEN_MAX, SAYS_BURST
from hutong.schema import direct_pb2 as pb
from tests.direct import vectors
from tests.direct.world import World

OK, NO = Words("ok"), Words("no")
HEAD = 7


def preview(count: int, words: Words = OK, after: int = HEAD) -> bytes:
    said = pb.Preview(count=count, after=after, text=words.text, reply_to=words.reply_to)
    return pb.Record(preview=said).SerializeToString()


def settled(count: int, seq: int) -> bytes:
    return pb.Record(settled=pb.Settled(count=count, seq=seq)).SerializeToString()


def shown(receiver: PreviewReceiver) -> list[Words]:
    return [each.words for each in receiver.arriving]


def states(receiver: PreviewReceiver) -> list[State]:
    return [each.state for each in receiver.arriving]


def listening(*records: bytes, now: float = 0.0) -> PreviewReceiver:
    receiver = PreviewReceiver(HEAD)
    for record in records:
        receiver.receive(record, now)
    return receiver


@pytest.mark.parametrize("seed", range(30))
def test_nothing_stands_there_twice(seed: int) -> None:
    """DIRECT6, DIRECT7, DIRECT8: whatever the channel does, and however the log and the channel race."""
    world = World(seed, loss=0.15, disorder=0.3)
    for _ in range(600):
        world.step()
    assert world.previews > 10


@pytest.mark.parametrize("seed", range(10))
def test_what_the_server_refuses_comes_into_no_log(seed: int) -> None:
    """DIRECT9."""
    world = World(seed, loss=0.1, disorder=0.2, refusals=0.3)
    for _ in range(600):
        world.step()
    assert world.refused


def test_the_event_takes_the_place_of_its_preview() -> None:
    """DIRECT7."""
    receiver = listening(preview(1), preview(2, NO))
    assert shown(receiver) == [OK, NO]
    receiver.event(8, None)
    assert shown(receiver) == [OK, NO]
    receiver.event(9, OK)
    assert shown(receiver) == [NO]
    receiver.event(10, NO)
    assert not receiver.arriving


def test_the_same_words_twice_are_two_messages() -> None:
    """DIRECT7: and the first event stands for the first preview."""
    receiver = listening(preview(1), preview(2))
    receiver.event(8, OK)
    assert [each.number for each in receiver.arriving] == [2]


def test_a_preview_that_comes_behind_its_event_is_not_shown() -> None:
    """DIRECT8: once; the next one with these words is."""
    receiver = listening()
    receiver.event(8, OK)
    receiver.receive(preview(1), 0)
    assert not receiver.arriving
    receiver.receive(preview(2), 0)
    assert shown(receiver) == [OK]


def test_an_event_the_sender_knew_is_another_message() -> None:
    """DIRECT8."""
    receiver = listening()
    receiver.event(8, OK)
    receiver.receive(preview(1, after=8), 0)
    assert shown(receiver) == [OK]


def test_an_event_the_sender_saw_before_us_is_another_message() -> None:
    """DIRECT8: the sender may be ahead of us in the log."""
    receiver = listening(preview(1, after=8))
    receiver.event(8, OK)
    assert shown(receiver) == [OK]
    receiver.event(9, OK)
    assert not receiver.arriving


def test_what_cannot_be_known_again_is_not_shown() -> None:
    """DIRECT8: its event may be among those that are forgotten, or were never seen."""
    receiver = listening(preview(1, after=HEAD - 1))
    assert not receiver.arriving
    for seq in range(HEAD + 1, HEAD + EVENTS_MAX + 2):
        receiver.event(seq, NO)
    receiver.receive(preview(2), 0)
    assert not receiver.arriving
    receiver.receive(preview(3, after=HEAD + 1), 0)
    assert shown(receiver) == [OK]


def test_a_log_that_jumps_takes_all_previews_along() -> None:
    """DIRECT8."""
    receiver = listening(preview(1))
    receiver.jumped(90)
    receiver.receive(preview(2, after=80), 0)
    assert not receiver.arriving


def test_repeated_and_overtaken_previews_are_dropped() -> None:
    """DIRECT4, DIRECT6."""
    receiver = listening(preview(2), preview(2, NO), preview(1, NO))
    assert shown(receiver) == [OK]
    receiver.channel()
    receiver.receive(preview(1, NO), 0)
    assert shown(receiver) == [OK, NO]


def test_the_sender_says_where_it_stands() -> None:
    """DIRECT9: so it goes although the event's words are others."""
    receiver = listening(preview(1), settled(1, 9))
    receiver.event(8, NO)
    assert shown(receiver) == [OK]
    receiver.event(9, Words("changed by the server"))
    assert not receiver.arriving
    receiver.receive(preview(2, after=9), 0)
    receiver.receive(settled(2, 9), 0)  # here already
    assert not receiver.arriving


def test_a_lie_about_the_place_doubles_nothing() -> None:
    """DIRECT10."""
    receiver = listening(preview(1), settled(1, 2**32 - 1))
    receiver.event(8, OK)
    assert not receiver.arriving


def test_what_the_server_refused_is_called_so_and_fades() -> None:
    """DIRECT9."""
    receiver = listening(preview(1), settled(1, 0))
    assert receiver.arriving[0].state is State.WITHDRAWN
    assert receiver.deadline() == WITHDRAWN_S
    receiver.expire(WITHDRAWN_S)
    assert not receiver.arriving


def test_what_does_not_come_is_called_so_and_fades() -> None:
    """DIRECT11."""
    receiver = listening(preview(1))
    receiver.expire(ARRIVES_S - 0.1)
    assert states(receiver) == [State.ARRIVING]
    receiver.expire(ARRIVES_S)
    assert states(receiver) == [State.UNCONFIRMED]
    receiver.event(8, NO)
    receiver.expire(ARRIVES_S + UNCONFIRMED_S)
    assert not receiver.arriving
    receiver.event(9, OK)  # the log goes on as if nothing had been
    assert not receiver.arriving


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        "text",
        b"\0" * (RECORD_BYTES_MAX + 1),
        preview(0),
        preview(1, Words("")),
        preview(1, Words("x" * (TEXT_CHARACTERS_MAX + 1))),
    ],
    ids=["noise", "no bytes", "oversize", "no count", "no text", "long text"],
)
def test_what_breaks_the_rules_ends_the_channel_and_changes_nothing(data: object) -> None:
    """DIRECT12."""
    receiver = listening(preview(1))
    with pytest.raises(DirectError):
        receiver.receive(data, 0)
    assert shown(receiver) == [OK]


def test_records_of_the_future_and_for_unknown_counts_change_nothing() -> None:
    """DIRECT12."""
    receiver = listening(preview(1), b"", b"\x7a\x03abc", settled(5, 9), settled(0, 9))
    assert shown(receiver) == [OK]


def test_a_flood_is_held_back_and_then_cut_off() -> None:
    """DIRECT12."""
    receiver = listening(*(preview(count, Words(str(count))) for count in range(1, RECORDS_BURST + 20)))
    assert len(receiver.arriving) == SHOWN_MAX
    with pytest.raises(DirectError):  # noqa: PT012  the cut comes after so many
        for count in range(DROPPED_MAX + 1):
            receiver.receive(preview(1000 + count), 0)
    assert len(receiver.arriving) == SHOWN_MAX


def test_the_sender_keeps_to_what_is_allowed() -> None:
    """DIRECT3."""
    sender = PreviewSender()
    said = [sender.say(OK, HEAD, 0.0) for _ in range(SAYS_BURST + 1)]
    assert [each[0] for each in said[:-1] if each] == list(range(1, SAYS_BURST + 1))
    assert said[-1] is None
    assert sender.say(Words("x" * (TEXT_CHARACTERS_MAX + 1)), HEAD, 100.0) is None
    assert sender.say(Words(""), HEAD, 100.0) is None
    now = 100.0
    while sender.say(OK, HEAD, now) is not None:
        now += 1
    assert len([count for count in range(100) if sender.settle(count, 0)]) == OPEN_MAX
    assert sender.settle(1, 8) is None


def test_the_web_clients_listener_is_held_to_this_one() -> None:
    """`python -m tests.direct.vectors` writes the file; the web client's tests play it."""
    assert vectors.PLACE.read_text() == vectors.vectors()
