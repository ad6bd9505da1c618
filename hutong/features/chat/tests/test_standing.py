from __future__ import annotations

import pytest

from hutong.features.chat.tests.saying import edit, group, recall, say
from hutong.platform import log as platform_log
from hutong.platform.errors import InvalidArgument, NotFound, Unauthenticated
from hutong.platform.events import kind_of
from hutong.schema import chat_pb2 as pb
from hutong.schema import polls_pb2, reactions_pb2, transfers_pb2
from hutong.testing import Client, TestServer, refused


async def standing(client: Client, log: str, first: int, last: int) -> pb.StandingReply:
    reply: pb.StandingReply = await client.call(
        "Chat.Standing", pb.StandingRequest(log=log, first=first, last=last)
    )
    return reply


def told(reply: pb.StandingReply) -> list[object]:
    """Return what is said, by whom."""
    kinds = (pb.MessageEdited, reactions_pb2.Reacted, polls_pb2.Voted, polls_pb2.PollClosed)
    bodies = {kind_of(kind): kind for kind in (*kinds, transfers_pb2.TransferEnded)}
    return [(event.author, bodies[event.kind].FromString(event.body)) for event in reply.events]


async def react(client: Client, log: str, seq: int, emoji: str, *, on: bool = True) -> None:
    request = reactions_pb2.ReactRequest(log=log, seq=seq, emoji=emoji, on=on)
    await client.call("Reactions.React", request)


async def test_what_became_of_messages_however_long_ago(server: TestServer) -> None:
    """MSG20"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    text = await say(alice, log, "one")
    asked = pb.Poll(question="Tea?", options=["yes", "no"], multiple=True)
    poll = await say(alice, log, pb.Content(poll=asked))
    gone = await say(alice, log, "gone")
    last = await say(bobby, log, "untouched")
    for words in ("two", "three"):
        server.clock.advance(1)
        await edit(alice, log, text, words)
    at_ms = server.clock.now_ms()
    await react(bobby, log, text, "👍")
    await react(bobby, log, text, "🥟")
    await react(bobby, log, text, "👍", on=False)
    await react(bobby, log, gone, "👍")
    for options in ((0,), (1, 0)):
        await bobby.call("Polls.Vote", polls_pb2.VoteRequest(log=log, seq=poll, options=options))
    await alice.call("Polls.Close", polls_pb2.CloseRequest(log=log, seq=poll))
    await recall(alice, log, gone)
    reply = await standing(bobby, log, 1, last)
    assert reply.last == last
    assert told(reply) == [
        (alice.user, pb.MessageEdited(seq=text, content=pb.Content(text="three"))),
        (bobby.user, reactions_pb2.Reacted(seq=text, emoji="🥟", on=True)),
        (bobby.user, polls_pb2.Voted(seq=poll, options=[0, 1])),
        ("", polls_pb2.PollClosed(seq=poll)),
    ]
    assert {(event.log, event.seq, event.key) for event in reply.events} == {(log, 0, b"")}
    assert reply.events[0].at_ms == at_ms
    assert told(await standing(bobby, log, poll, poll)) == told(reply)[2:]
    assert told(await standing(bobby, log, last, last)) == []


async def test_a_transfer_is_told_with_its_offer(server: TestServer) -> None:
    """MSG20"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    offers = []
    for name in ("one.bin", "two.bin"):
        offer = transfers_pb2.OfferRequest(log=log, name=name, size_bytes=9, files=1)
        offers.append((await alice.call("Transfers.Offer", offer)).transfer)
    head = await say(alice, log)
    await alice.call("Transfers.Cancel", transfers_pb2.CancelRequest(transfer=offers[1]))
    ended = transfers_pb2.TransferEnded(transfer=offers[1], result=transfers_pb2.RESULT_CANCELLED)
    assert told(await standing(bobby, log, 1, head)) == [(alice.user, ended)]
    assert told(await standing(bobby, log, head, head)) == []


async def test_a_reply_has_a_bound(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """MSG20: whole messages; what does not fit is asked for again."""
    monkeypatch.setattr("hutong.features.chat.standing.PAGE_BYTES_MAX", 350)
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seqs = [await say(alice, log) for _ in range(3)]
    for seq, emojis in zip(seqs, ("👍🥟", "👍🥟", "👍🥟🏮🎉😂"), strict=True):
        for emoji in emojis:
            await react(bobby, log, seq, emoji)
    first = await standing(bobby, log, seqs[0], seqs[2])
    assert (len(first.events), first.last) == (2, seqs[0])
    second = await standing(bobby, log, first.last + 1, seqs[2])
    assert (len(second.events), second.last) == (2, seqs[1])
    # Of one that never fits there is something, so that it ends.
    third = await standing(bobby, log, second.last + 1, seqs[2])
    assert (len(third.events), third.last) == (3, seqs[2])


async def test_nobody_sees_more_than_the_messages(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (david,) = await server.people("david")
    log = await group(alice, bobby)
    before = await say(alice, log)
    await react(bobby, log, before, "👍")
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    after = await say(alice, log)
    await react(bobby, log, after, "🥟")
    mine = reactions_pb2.Reacted(seq=after, emoji="🥟", on=True)
    assert told(await standing(carol, log, 0, after)) == [(bobby.user, mine)]
    assert await standing(carol, log, before, before) == pb.StandingReply(last=before)
    assert await standing(alice, log, after, before) == pb.StandingReply(last=before)
    beyond = 2**32 - 1
    assert not (await standing(alice, log, beyond, beyond)).events
    with refused(NotFound, "no_such_log"):
        await standing(david, log, 1, after)
    with refused(NotFound, "no_such_log"):
        await standing(alice, "chat:nowhere", 1, after)
    with refused(InvalidArgument, "limit_too_large"):
        await standing(alice, log, 1, platform_log.PAGE_EVENTS_MAX + 1)
    with refused(Unauthenticated, "signed_out"):
        await standing(Client(server), log, 1, after)
