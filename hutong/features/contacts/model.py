"""How asking, answering, removing and blocking change the two directions. No I/O."""

from __future__ import annotations

from hutong.features.contacts.store import Row
from hutong.platform.errors import FailedPrecondition
from hutong.schema import contacts_pb2 as pb

Pair = tuple[Row, Row]


def ask(mine: Row, theirs: Row, greeting: str, now_ms: int) -> Pair:
    """I ask. Answers a request of theirs; repeats change nothing; blocked people are not heard."""
    if mine.relation == pb.RELATION_CONTACT:
        return mine, theirs
    if mine.relation == pb.RELATION_ASKED:
        return answer(mine, theirs, now_ms, accept=True)
    mine = mine._replace(relation=pb.RELATION_REQUESTED, greeting=greeting, since_ms=now_ms)
    if not theirs.blocked:
        theirs = theirs._replace(relation=pb.RELATION_ASKED, greeting=greeting, since_ms=now_ms)
    return mine, theirs


def answer(mine: Row, theirs: Row, now_ms: int, *, accept: bool) -> Pair:
    """I answer their request. Raises `FailedPrecondition` when there is none."""
    if mine.relation == pb.RELATION_CONTACT and accept:
        return mine, theirs
    if mine.relation != pb.RELATION_ASKED:
        raise FailedPrecondition("There is no request of this person.", reason="not_asked")
    relation = pb.RELATION_CONTACT if accept else pb.RELATION_NONE
    since_ms = now_ms if accept else 0
    return (
        mine._replace(relation=relation, greeting="", since_ms=since_ms),
        # A refusal is not announced: the asker's request simply stays open.
        theirs._replace(relation=relation, greeting="", since_ms=since_ms) if accept else theirs,
    )


def remove(mine: Row, theirs: Row) -> Pair:
    """I end it, for both."""
    return (
        mine._replace(relation=pb.RELATION_NONE, greeting="", since_ms=0),
        theirs._replace(relation=pb.RELATION_NONE, greeting="", since_ms=0),
    )


def block(mine: Row, *, blocked: bool) -> Row:
    """I do not want to hear from them, or I do again. They are not told."""
    return mine._replace(blocked=blocked)
