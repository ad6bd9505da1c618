from __future__ import annotations

import sqlalchemy as sa

from hutong.features.chat.tests.saying import edit, get, group, recall, say
from hutong.features.polls import store
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2, contacts_pb2
from hutong.schema import polls_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def ask(client: Client, log: str, *, multiple: bool = False, closes_ms: int = 0) -> int:
    poll = chat_pb2.Poll(
        question="Tea?", options=["yes", "no", "later"], multiple=multiple, closes_ms=closes_ms
    )
    return await say(client, log, chat_pb2.Content(poll=poll))


async def vote(client: Client, log: str, seq: int, *options: int, key: bytes | None = None) -> None:
    await client.call("Polls.Vote", pb.VoteRequest(log=log, seq=seq, options=options), key=key)


async def close(client: Client, log: str, seq: int) -> None:
    await client.call("Polls.Close", pb.CloseRequest(log=log, seq=seq))


async def test_everybody_sees_who_chose_what(server: TestServer) -> None:
    """MSG12"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq, key = await ask(alice, log), server.new_key()
    await alice.follow(log, after=seq)
    await bobby.follow(log, after=seq)
    await vote(bobby, log, seq, 1, key=key)
    await vote(bobby, log, seq, 1, key=key)  # its reply was lost
    await vote(bobby, log, seq, 1)
    await vote(alice, log, seq)  # nothing, as before
    await vote(bobby, log, seq, 2)
    await vote(bobby, log, seq)
    await vote(bobby, log, seq)
    for client in (alice, bobby):
        assert [list(each.options) for each in client.bodies(pb.Voted)] == [[1], [2], []]
        assert {event.author for event in client.events} == {bobby.user}
    assert (await get(alice, log)).unread == 0  # the poll was a message, a vote is none


async def test_several_options_where_the_poll_allows_them(server: TestServer) -> None:
    """MSG12"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    one, many = await ask(alice, log), await ask(alice, log, multiple=True)
    await alice.follow(log, after=many)
    await vote(bobby, log, many, 2, 0)
    await vote(bobby, log, many, 0, 2)
    assert [list(each.options) for each in alice.bodies(pb.Voted)] == [[0, 2]]
    bad = ((one, (0, 1)), (many, (3,)), (many, (0, 0)), (many, (2**32 - 1,)), (one, tuple(range(3)) * 1_000))
    for seq, options in bad:
        with refused(InvalidArgument, "bad_options"):
            await vote(bobby, log, seq, *options)


async def test_the_end_of_a_poll(server: TestServer) -> None:
    """MSG12"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    now = server.clock.now_ms()
    by_hand, by_time = await ask(alice, log), await ask(alice, log, closes_ms=now + 1_000)
    await vote(bobby, log, by_time, 0)
    with refused(PermissionDenied, "not_yours"):
        await close(bobby, log, by_hand)
    await bobby.follow(log, after=by_time)
    await close(alice, log, by_hand)
    assert bobby.bodies(pb.PollClosed) == [pb.PollClosed(seq=by_hand)]
    server.clock.advance(1)
    for seq in (by_hand, by_time):
        with refused(FailedPrecondition, "closed"):
            await vote(bobby, log, seq, 1)
        with refused(FailedPrecondition, "closed"):
            await close(alice, log, seq)


async def test_who_may_vote_on_what(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (david,) = await server.people("david")
    log = await group(alice, bobby)
    seq, text = await ask(alice, log), await say(alice, log)
    with refused(Unauthenticated, "signed_out"):
        await vote(Client(server), log, seq, 0)
    with refused(NotFound, "no_such_log"):
        await vote(david, log, seq, 0)
    for nothing in (0, 1, 99):
        with refused(NotFound, "no_such_event"):
            await vote(bobby, log, nothing, 0)
    with refused(NotFound, "no_such_poll"):
        await vote(bobby, log, text, 0)
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    with refused(NotFound, "no_such_event"):
        await vote(carol, log, seq, 0)
    direct = await server.conversation(alice, bobby)
    seq = await ask(alice, direct)
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await vote(bobby, direct, seq, 0)


async def test_a_poll_cannot_be_reworded_and_leaves_nothing_behind(server: TestServer) -> None:
    """MSG6, MSG8"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await ask(alice, log)
    await vote(bobby, log, seq, 0)
    await close(alice, log, seq)
    with refused(FailedPrecondition, "not_text"):
        await edit(
            alice, log, seq, chat_pb2.Content(poll=chat_pb2.Poll(question="Beer?", options=["a", "b"]))
        )
    await recall(alice, log, seq)
    with refused(FailedPrecondition, "recalled"):
        await vote(bobby, log, seq, 1)

    def rows(tx: Transaction) -> int:
        return sum(len(tx.execute(sa.select(table)).all()) for table in (store.vote, store.closed_poll))

    assert await server.core.platform.writer.work(rows) == 0
