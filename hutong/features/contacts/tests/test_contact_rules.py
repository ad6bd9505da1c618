"""The two directions, without a server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hutong.features.contacts import model
from hutong.features.contacts.store import Row
from hutong.platform.errors import FailedPrecondition
from hutong.schema import contacts_pb2 as pb

ALICE = Row("alice", "bobby")
BOBBY = Row("bobby", "alice")


def test_asking_and_accepting() -> None:
    mine, theirs = model.ask(ALICE, BOBBY, "hi", 1)
    assert (mine.relation, theirs.relation) == (pb.RELATION_REQUESTED, pb.RELATION_ASKED)
    theirs, mine = model.answer(theirs, mine, 2, accept=True)
    assert (mine.relation, theirs.relation) == (pb.RELATION_CONTACT, pb.RELATION_CONTACT)
    assert (mine.greeting, mine.since_ms, theirs.since_ms) == ("", 2, 2)


def test_a_refusal_is_not_announced() -> None:
    mine, theirs = model.ask(ALICE, BOBBY, "hi", 1)
    theirs, after = model.answer(theirs, mine, 2, accept=False)
    assert theirs.empty
    assert after == mine


def test_asking_somebody_who_asked_is_accepting() -> None:
    theirs, mine = model.ask(BOBBY, ALICE, "hi", 1)
    mine, theirs = model.ask(mine, theirs, "hello", 2)
    assert (mine.relation, theirs.relation) == (pb.RELATION_CONTACT, pb.RELATION_CONTACT)


def test_blocked_people_are_not_heard_and_not_told() -> None:
    theirs = model.block(BOBBY, blocked=True)
    mine, after = model.ask(ALICE, theirs, "hi", 1)
    assert mine.relation == pb.RELATION_REQUESTED
    assert after == theirs


STEPS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["ask", "accept", "refuse", "remove", "block", "unblock"]),
    ),
    max_size=12,
)


@given(STEPS)
def test_both_directions_agree_whatever_happens(steps: list[tuple[bool, str]]) -> None:
    rows = {True: ALICE, False: BOBBY}
    for time, (who, step) in enumerate(steps):
        mine, theirs = rows[who], rows[not who]
        try:
            match step:
                case "ask":
                    mine, theirs = model.ask(mine, theirs, "hi", time)
                case "accept" | "refuse":
                    mine, theirs = model.answer(mine, theirs, time, accept=step == "accept")
                case "remove":
                    mine, theirs = model.remove(mine, theirs)
                case _:
                    mine = model.block(mine, blocked=step == "block")
        except FailedPrecondition:
            continue
        rows = {who: mine, not who: theirs}
        alice, bobby = rows[True].relation, rows[False].relation
        assert (alice == pb.RELATION_CONTACT) == (bobby == pb.RELATION_CONTACT)
        assert alice != pb.RELATION_ASKED or bobby == pb.RELATION_REQUESTED
        assert bobby != pb.RELATION_ASKED or alice == pb.RELATION_REQUESTED
