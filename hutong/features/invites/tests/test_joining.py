"""Coming into groups by links, at once or after an admin said yes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

import pytest

from hutong.features.chat import model as chat_model
from hutong.features.chat.tests.grouping import get, group, head, large_group, send
from hutong.features.identity.api import Identity
from hutong.features.invites import joining
from hutong.features.invites.tests.test_links import appoint, decide, look, make, tokens
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, RpcError
from hutong.schema import chat_pb2
from hutong.schema import invites_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def join(client: Client, token: str, greeting: str = "", key: bytes | None = None) -> pb.JoinByReply:
    request = pb.JoinByRequest(token=token, greeting=greeting)
    reply: pb.JoinByReply = await client.call("Invites.Join", request, key=key)
    return reply


async def waiting(client: Client, log: str) -> list[pb.JoinRequest]:
    reply = await client.call("Invites.Requests", pb.RequestsRequest(log=log))
    return list(reply.requests)


async def answer(client: Client, log: str, user: str, *, accept: bool) -> None:
    await client.call("Invites.Answer", pb.AnswerRequest(log=log, user=user, accept=accept))


async def test_coming_in_by_a_link(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")  # nobody's contact
    log = await group(alice, bobby)
    await send(alice, log, "before")
    for client in (bobby, carol):
        await client.follow(client.inbox, after=100)
    await bobby.follow(log, after=100)
    token, key = (await make(alice, log)).token, server.new_key()
    reply = await join(carol, token, key=key)
    assert reply.conversation == await get(carol, log)
    assert (reply.conversation.joined, reply.conversation.member_count) == (3, 3)
    assert [each.log for each in carol.bodies(chat_pb2.ConversationJoined)] == [log]
    joined = chat_pb2.MemberJoined(member=carol.profile, by=alice.user)
    assert bobby.bodies(chat_pb2.MemberJoined) == [joined]
    assert [event.author for event in bobby.events if event.kind == 418] == [carol.user]
    assert await join(carol, token, key=key) == reply  # its reply was lost
    assert (await join(carol, token)).conversation.log == log  # who is in it already is there
    assert await head(alice, log) == 3
    invite = (await alice.call("Invites.List", pb.ListRequest(log=log))).invites[0]
    assert invite.uses == 1
    await send(carol, log, "hello")


async def test_a_link_is_used_up(server: TestServer) -> None:
    alice, bobby, carol = await server.people("alice", "bobby", "carol")
    log = await group(alice)
    token = (await make(alice, log, uses_max=1)).token
    await join(bobby, token)
    with refused(NotFound, "no_such_invite"):
        await join(carol, token)
    assert await tokens(alice, log) == []


async def test_asking_to_be_let_in(server: TestServer) -> None:
    """GRP13"""
    alice, bobby = await server.friends("alice", "bobby")
    carol, david = await server.people("carol", "david")
    log = await group(alice, bobby)
    await appoint(alice, log, bobby)
    await decide(alice, log, approval=True)
    for client in (alice, bobby, carol):
        await client.follow(client.inbox, after=100)
    token, key = (await make(alice, log)).token, server.new_key()
    assert await join(carol, token, " It is me ", key) == pb.JoinByReply(waiting=True)
    assert await join(carol, token, " It is me ", key) == pb.JoinByReply(waiting=True)
    assert await join(carol, token, "please") == pb.JoinByReply(waiting=True)
    asked = pb.JoinRequest(log=log, profile=carol.profile, greeting="It is me", at_ms=server.clock.now_ms())
    for client in (alice, bobby):
        assert client.bodies(pb.JoinAsked) == [pb.JoinAsked(request=asked)]
        assert await waiting(client, log) == [asked]
    assert (await look(carol, token)).asked
    assert not (await look(david, token)).asked
    assert (await alice.call("Invites.List", pb.ListRequest(log=log))).invites[0].uses == 1
    with refused(NotFound, "no_such_log"):
        await get(carol, log)

    await answer(bobby, log, carol.user, accept=True)
    yes = pb.JoinAnswered(log=log, user=carol.user, accepted=True)
    for client in (alice, bobby, carol):
        assert client.bodies(pb.JoinAnswered) == [yes]
        assert not await waiting(alice, log)
    assert [each.log for each in carol.bodies(chat_pb2.ConversationJoined)] == [log]
    newest = (await get(carol, log)).recent[-1]
    assert chat_pb2.MemberJoined.FromString(newest.body).by == bobby.user
    with refused(NotFound, "no_such_request"):
        await answer(alice, log, carol.user, accept=False)


async def test_being_turned_away(server: TestServer) -> None:
    alice, carol = await server.people("alice", "carol")
    log = await group(alice)
    await decide(alice, log, approval=True)
    token = (await make(alice, log)).token
    await carol.follow(carol.inbox, after=100)
    await join(carol, token)
    await answer(alice, log, carol.user, accept=False)
    assert carol.bodies(pb.JoinAnswered) == [pb.JoinAnswered(log=log, user=carol.user)]
    assert not carol.bodies(chat_pb2.ConversationJoined)
    assert await head(alice, log) == 2
    assert not (await look(carol, token)).asked
    await join(carol, token)  # may ask again
    assert len(await waiting(alice, log)) == 1


async def test_who_may_let_people_in(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby)
    await decide(alice, log, approval=True)
    await join(carol, (await make(bobby, log)).token)
    for client, kind, reason in (
        (bobby, PermissionDenied, "admins_only"),
        (carol, NotFound, "no_such_log"),
        (david, NotFound, "no_such_log"),
    ):
        with refused(kind, reason):
            await waiting(client, log)
        for accept in (True, False):
            with refused(kind, reason):
                await answer(client, log, carol.user, accept=accept)
    with refused(NotFound, "no_such_request"):
        await answer(alice, log, david.user, accept=True)
    assert len(await waiting(alice, log)) == 1


async def test_whoever_is_added_waits_no_more(server: TestServer) -> None:
    """GRP14"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    await decide(alice, log, approval=True)
    await join(carol, (await make(alice, log)).token)
    for client in (alice, carol):
        await client.follow(client.inbox, after=100)
    await bobby.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    assert not await waiting(alice, log)
    for client in (alice, carol):
        assert [each.accepted for each in client.bodies(pb.JoinAnswered)] == [True]


async def test_an_account_that_ends_waits_nowhere(server: TestServer) -> None:
    """At a group that is alive, and at one that everybody has left."""
    alice, bobby, carol = await server.people("alice", "bobby", "carol")
    log, left = await group(alice), await group(carol)
    for owner, each in ((alice, log), (carol, left)):
        await decide(owner, each, approval=True)
        await join(bobby, (await make(owner, each)).token)
    await carol.call("Chat.Leave", chat_pb2.LeaveRequest(log=left))
    await alice.follow(alice.inbox, after=100)
    identity = server.core.platform.use(Identity)
    await server.core.platform.writer.work(partial(identity.delete, user=bobby.user))
    assert not await waiting(alice, log)
    assert alice.bodies(pb.JoinAnswered) == [pb.JoinAnswered(log=log, user=bobby.user)]


async def test_whoever_was_removed_waits_at_every_link(server: TestServer) -> None:
    """GRP7"""
    alice, bobby = await server.people("alice", "bobby")
    log = await group(alice)
    token = (await make(alice, log)).token
    await join(bobby, token)
    await alice.call("Chat.RemoveMembers", chat_pb2.RemoveMembersRequest(log=log, users=[bobby.user]))
    assert (await look(bobby, token)).approval
    assert await join(bobby, token) == pb.JoinByReply(waiting=True)
    await answer(alice, log, bobby.user, accept=True)
    await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    assert (await join(bobby, token)).conversation.log == log  # an admin had let them in


async def test_a_full_group_lets_nobody_in(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await large_group(server, chat_model.MEMBERS_MAX, alice)
    token = (await make(alice, log, uses_max=1)).token
    with refused(ResourceExhausted, "group_full"):
        await join(bobby, token)
    assert await tokens(alice, log) == [token]  # which did not use it up
    await decide(alice, log, approval=True)
    await join(bobby, token)
    with refused(ResourceExhausted, "group_full"):
        await answer(alice, log, bobby.user, accept=True)
    assert len(await waiting(alice, log)) == 1


@pytest.mark.parametrize("what", ["use", "place", "answer"])
async def test_of_two_at_once_one_is_the_last(server: TestServer, what: str) -> None:
    """A link for one, the 500th place, a request that two admins answer."""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    people = chat_model.MEMBERS_MAX - 1 if what == "place" else 2
    log = await large_group(server, people, alice)
    token = (await make(alice, log, uses_max=1 if what == "use" else 0)).token
    if what == "answer":
        await decide(alice, log, approval=True)
        await join(bobby, token)
        both: list[Awaitable[object]] = [
            answer(alice, log, bobby.user, accept=accept) for accept in (True, False)
        ]
    else:
        both = [join(each, token) for each in (bobby, carol)]
    first, second = await asyncio.gather(*both, return_exceptions=True)
    refusals = {"use": "no_such_invite", "place": "group_full", "answer": "no_such_request"}
    assert not isinstance(first, BaseException)
    assert isinstance(second, RpcError)
    assert second.reason == refusals[what]
    assert (await get(alice, log, recent=0)).member_count == people + 1


async def test_a_group_that_nobody_is_in_is_gone(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    log = await group(alice)
    token = (await make(alice, log)).token
    await alice.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    for client in (alice, bobby):
        with refused(NotFound, "no_such_invite"):
            await join(client, token)


async def test_a_bounded_number_waits(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "REQUESTS_MAX", 1)
    alice, bobby, carol = await server.people("alice", "bobby", "carol")
    log = await group(alice)
    await decide(alice, log, approval=True)
    token = (await make(alice, log)).token
    await join(bobby, token)
    await join(bobby, token)
    with refused(ResourceExhausted, "too_many_requests"):
        await join(carol, token)
    assert [each.profile.user for each in await waiting(alice, log)] == [bobby.user]


@pytest.mark.parametrize(("greeting", "reason"), [("x" * 141, "bad_length"), ("a\nb", "bad_characters")])
async def test_bad_greetings(server: TestServer, greeting: str, reason: str) -> None:
    alice, bobby = await server.people("alice", "bobby")
    log = await group(alice)
    token = (await make(alice, log)).token
    with refused(InvalidArgument, reason):
        await join(bobby, token, greeting)
    assert (await get(alice, log)).member_count == 1


async def test_joining_takes_time(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    for _ in range(joining.JOINS.burst):
        with refused(NotFound, "no_such_invite"):
            await join(alice, "x")
    with refused(ResourceExhausted, "rate_limited"):
        await join(alice, "x")
