"""Removing people from groups."""

from __future__ import annotations

import pytest

from hutong.features.chat import groups
from hutong.features.chat.tests.grouping import get, group, head, send
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied
from hutong.schema import chat_pb2 as pb
from hutong.testing import TestServer, refused


async def test_who_is_removed_sees_nothing_more(server: TestServer) -> None:
    """LOG11"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    for client in (bobby, carol):
        await client.follow(log, client.inbox, after=100)
    key, request = (
        server.new_key(),
        pb.RemoveMembersRequest(log=log, users=[bobby.user, bobby.user, "nobody"]),
    )
    await alice.call("Chat.RemoveMembers", request, key=key)
    await send(alice, log, "gossip")
    assert [list(each.users) for each in carol.bodies(pb.MemberRemoved)] == [[bobby.user]]
    assert [list(each.users) for each in bobby.bodies(pb.MemberRemoved)] == [[bobby.user]]
    assert [each.log for each in bobby.bodies(pb.ConversationGone)] == [log]
    assert not bobby.bodies(pb.MessageSent)
    assert (await bobby.follow(log)).pages[0].denied
    with refused(NotFound, "no_such_log"):
        await send(bobby, log)
    before = await head(alice, log)
    await alice.call("Chat.RemoveMembers", request, key=key)  # its reply was lost
    await alice.call("Chat.RemoveMembers", request)  # nobody of them is there
    assert await head(alice, log) == before


async def test_only_admins_bring_back_who_was_removed(server: TestServer) -> None:
    """GRP7"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await alice.call("Chat.RemoveMembers", pb.RemoveMembersRequest(log=log, users=[carol.user]))
    add = pb.AddMembersRequest(log=log, users=[carol.user])
    with refused(PermissionDenied, "was_removed"):
        await bobby.call("Chat.AddMembers", add)
    await alice.call("Chat.AddMembers", add)
    await carol.call("Chat.Leave", pb.LeaveRequest(log=log))
    await bobby.call("Chat.AddMembers", add)  # that is over
    assert (await get(alice, log)).member_count == 3


async def test_all_or_nobody_of_a_request_is_removed(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby, carol, david)
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_ADMIN))
    both = pb.RemoveMembersRequest(log=log, users=[david.user, alice.user])
    with refused(PermissionDenied, "owner_only"):
        await bobby.call("Chat.RemoveMembers", both)
    for users in ([david.user], ["nobody"]):
        with refused(PermissionDenied, "admins_only"):
            await carol.call("Chat.RemoveMembers", pb.RemoveMembersRequest(log=log, users=users))
    with refused(PermissionDenied, "not_to_yourself"):
        await alice.call("Chat.RemoveMembers", pb.RemoveMembersRequest(log=log, users=[alice.user]))
    with refused(InvalidArgument, "nobody"):
        await alice.call("Chat.RemoveMembers", pb.RemoveMembersRequest(log=log))
    assert (await get(alice, log)).member_count == 4


async def test_those_removed_are_remembered_up_to_a_bound(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "REMOVED_MAX", 2)
    alice, *others = await server.friends("alice", "bobby", "carol", "david", "erin1")
    log = await group(alice, *others)
    for each in others[:3]:
        server.clock.advance(1)
        await alice.call("Chat.RemoveMembers", pb.RemoveMembersRequest(log=log, users=[each.user]))
    last = others[3]
    await last.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[others[0].user]))
    for each in others[1:3]:
        with refused(PermissionDenied, "was_removed"):
            await last.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[each.user]))
