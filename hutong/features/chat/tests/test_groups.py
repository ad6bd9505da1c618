from __future__ import annotations

from functools import partial

import pytest

from hutong.features.chat import groups, model, store
from hutong.features.chat.api import LARGE_ABOVE
from hutong.features.chat.groups import CONVERSATIONS_MAX
from hutong.features.chat.tests.grouping import get, group, large_group, roles_in, send
from hutong.platform.connection import MESSAGE_BYTES_MAX
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2 as pb
from hutong.schema import contacts_pb2, log_pb2
from hutong.testing import Client, TestServer, refused


async def test_two_people_have_one_conversation(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    await bobby.follow(bobby.inbox, after=100)
    method = server.method("Chat.Open")
    replies = [
        one.request(method, pb.OpenRequest(user=other.user).SerializeToString(), server.new_key())
        for one, other in ((alice, bobby), (bobby, alice))
    ]
    opened = [pb.OpenReply.FromString((await reply).body).conversation for reply in replies]
    assert opened[0].log == opened[1].log
    assert [each.log for each in bobby.bodies(pb.ConversationJoined)] == [opened[0].log]
    assert not opened[0].group
    assert {member.profile.user for member in opened[0].members} == {alice.user, bobby.user}
    assert (await alice.call("Chat.List", pb.ListRequest())).conversations[0].log == opened[0].log


async def test_only_contacts_open_a_conversation(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    for user in (bobby.user, "nobody"):
        with refused(PermissionDenied, "not_contacts"):
            await alice.call("Chat.Open", pb.OpenRequest(user=user))
        with refused(PermissionDenied, "not_contacts"):
            await alice.call("Chat.CreateGroup", pb.CreateGroupRequest(title="T", users=[bobby.user, user]))
    assert not (await bobby.call("Chat.List", pb.ListRequest())).conversations


async def test_a_group_of_three(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    await carol.follow(carol.inbox, after=100)
    log = await group(alice, bobby, carol, title=" Team 一 ")
    assert [each.log for each in carol.bodies(pb.ConversationJoined)] == [log]
    seen = await get(carol, log)
    assert (seen.title, seen.group, seen.joined, seen.head) == ("Team 一", True, 1, 1)
    assert {(each.profile.user, each.role == pb.ROLE_OWNER) for each in seen.members} == {
        (alice.user, True),
        (bobby.user, False),
        (carol.user, False),
    }
    await send(bobby, log)
    assert (await get(carol, log)).unread == 1


@pytest.mark.parametrize(
    ("title", "users", "reason"),
    [("", 1, "bad_length"), ("x" * 65, 1, "bad_length"), ("T", 500, "too_many_users")],
)
async def test_bad_groups_are_not_made(server: TestServer, title: str, users: int, reason: str) -> None:
    (alice,) = await server.people("alice")
    request = pb.CreateGroupRequest(title=title, users=[alice.user, *(f"user{n}" for n in range(users))])
    with refused(InvalidArgument, reason):
        await alice.call("Chat.CreateGroup", request)


async def test_a_retry_makes_one_group(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    key, request = server.new_key(), pb.CreateGroupRequest(title="Team", users=[bobby.user])
    first = await alice.call("Chat.CreateGroup", request, key=key)
    assert await alice.call("Chat.CreateGroup", request, key=key) == first
    assert len((await bobby.call("Chat.List", pb.ListRequest())).conversations) == 1


async def test_who_joins_sees_what_comes_after(server: TestServer) -> None:
    """LOG11, GRP6"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    await send(alice, log, "before")
    await carol.follow(carol.inbox, after=100)
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user, bobby.user]))
    assert [each.log for each in carol.bodies(pb.ConversationJoined)] == [log]
    await send(alice, log, "after")
    seen = await get(carol, log)
    assert (seen.joined, seen.head, seen.unread) == (3, 4, 1)
    assert [event.seq for event in seen.recent] == [3, 4]
    page = (await carol.follow(log)).pages[0]
    assert [event.seq for event in page.events] == [3, 4]
    read = await carol.call("Log.Read", log_pb2.ReadRequest(log=log, before=4))
    assert [event.seq for event in read.page.events] == [3]
    added = pb.MembersAdded.FromString(page.events[0].body)
    assert [member.user for member in added.members] == [carol.user]  # bobby was in it already


async def test_who_leaves_sees_nothing_more(server: TestServer) -> None:
    """LOG11"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await send(alice, log)
    phone = await Client(server).log_in("bobby")
    for client in (bobby, phone):
        await client.follow(log, bobby.inbox, after=100)
    leave_key = server.new_key()
    await bobby.call("Chat.Leave", pb.LeaveRequest(log=log), key=leave_key)
    await send(alice, log, "gossip")
    for client in (bobby, phone):
        assert [each.user for each in client.bodies(pb.MemberLeft)] == [bobby.user]
        assert not client.bodies(pb.MessageSent)
        assert [each.log for each in client.bodies(pb.ConversationGone)] == [log]
        assert (await client.follow(log)).pages[0].denied
        for method, request in (
            ("Chat.Get", pb.GetRequest(log=log)),
            ("Log.Read", log_pb2.ReadRequest(log=log)),
            ("Chat.Send", pb.SendRequest(log=log, content=pb.Content(text="hello"))),
            ("Chat.Leave", pb.LeaveRequest(log=log)),
        ):
            with refused(NotFound, "no_such_log"):
                await client.call(method, request)
    await bobby.call("Chat.Leave", pb.LeaveRequest(log=log), key=leave_key)  # its reply was lost
    assert not (await bobby.call("Chat.List", pb.ListRequest())).conversations
    assert bobby.user not in {each.profile.user for each in (await get(alice, log)).members}


async def test_who_comes_back_does_not_see_the_time_between(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    await send(alice, log, "first")
    await bobby.call("Chat.Leave", pb.LeaveRequest(log=log))
    await send(alice, log, "between")
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[bobby.user]))
    back = await get(bobby, log)
    assert (back.joined, [event.seq for event in back.recent], back.unread) == (5, [5], 0)


async def test_admins_inherit_before_older_members(server: TestServer) -> None:
    """GRP3"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    settings = pb.GroupSettings(history=True)
    await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings))
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=carol.user, role=pb.ROLE_ADMIN))
    await bobby.follow(log)
    await alice.call("Chat.Leave", pb.LeaveRequest(log=log))
    assert roles_in(await get(bobby, log)) == {"bobby": pb.ROLE_MEMBER, "carol": pb.ROLE_OWNER}
    # The heir comes first: whoever folds these knows no moment without an owner.
    assert [event.kind for event in bobby.events[-2:]] == [412, 405]
    assert bobby.bodies(pb.RoleChanged)[-1] == pb.RoleChanged(user=carol.user, role=pb.ROLE_OWNER)


async def test_the_longest_standing_member_inherits_a_group(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, carol)
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[bobby.user]))
    await alice.call("Chat.Leave", pb.LeaveRequest(log=log))
    owners = {each.profile.handle for each in (await get(bobby, log)).members if each.role == pb.ROLE_OWNER}
    assert owners == {"carol"}
    await carol.call("Chat.Leave", pb.LeaveRequest(log=log))
    await bobby.call("Chat.Leave", pb.LeaveRequest(log=log))
    assert not (await bobby.call("Chat.List", pb.ListRequest())).conversations


async def test_only_contacts_are_added(server: TestServer) -> None:
    """GRP5"""
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await group(alice, bobby)
    with refused(PermissionDenied, "not_contacts"):
        await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    with refused(InvalidArgument, "nobody"):
        await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[alice.user]))
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await alice.call("Chat.CreateGroup", pb.CreateGroupRequest(title="T", users=[bobby.user]))
    await send(alice, log)  # in a group they share, blocked people still talk to the others
    assert (await get(alice, log)).head == 2


async def test_conversations_of_two_cannot_be_changed(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    for method, request in (
        ("AddMembers", pb.AddMembersRequest(log=log, users=[carol.user])),
        ("Leave", pb.LeaveRequest(log=log)),
        ("Rename", pb.RenameRequest(log=log, title="Us")),
    ):
        with refused(FailedPrecondition, "not_a_group"):
            await alice.call(f"Chat.{method}", request)
    with refused(NotFound, "no_such_log"):
        await carol.call("Chat.Get", pb.GetRequest(log=log))


async def test_a_group_may_begin_with_one(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice)
    assert roles_in(await get(alice, log)) == {"alice": pb.ROLE_OWNER}
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[bobby.user]))
    assert (await get(bobby, log)).member_count == 2


async def test_newcomers_see_what_was_said_where_the_group_wants_it(server: TestServer) -> None:
    """GRP6"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice)
    await send(alice, log, "before")
    settings = pb.GroupSettings(history=True)
    await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=settings))
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[bobby.user]))
    seen = await get(bobby, log)
    assert (seen.joined, [event.seq for event in seen.recent]) == (1, [1, 2, 3, 4])
    assert seen.unread == 0  # it was said before
    assert [event.seq for event in (await bobby.follow(log)).pages[0].events] == [1, 2, 3, 4]
    await alice.call("Chat.ChangeGroup", pb.ChangeGroupRequest(log=log, settings=pb.GroupSettings()))
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    assert (await get(carol, log)).joined == 6
    assert (await get(bobby, log)).joined == 1


async def test_renaming(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    with refused(InvalidArgument, "bad_length"):
        await bobby.call("Chat.Rename", pb.RenameRequest(log=log, title=" "))
    await bobby.call("Chat.Rename", pb.RenameRequest(log=log, title="Friends"))
    assert (await get(alice, log)).title == "Friends"


async def test_opening_many_conversations_takes_time(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    for _ in range(groups.OPENS.burst):
        await alice.call("Chat.Open", pb.OpenRequest(user=bobby.user))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Chat.Open", pb.OpenRequest(user=bobby.user))
    server.clock.advance(groups.OPENS.every_s)
    await alice.call("Chat.Open", pb.OpenRequest(user=bobby.user))


# ---- bounds ----


def copy_conversation(user: str, log: str, count: int, tx: Transaction) -> None:
    """Put the user, and everybody else in a group, into many more."""
    users = [row.user for row in store.members(tx, log)]
    for number in range(count):
        tx.append(f"chat:{number}", pb.ConversationRenamed(title="名" * 64), author=user)
        store.put_conversation(tx, f"chat:{number}", is_group=True, title="名" * 64, now_ms=tx.now_ms)
        store.put_members(tx, f"chat:{number}", users, joined=1)


async def test_a_group_is_bounded(server: TestServer) -> None:
    """GRP5"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await large_group(server, model.MEMBERS_MAX, alice, bobby)
    with refused(ResourceExhausted, "group_full"):
        await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    assert (await get(alice, log)).member_count == model.MEMBERS_MAX == 500


async def test_a_person_has_a_bounded_number_of_conversations(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    await alice.call("Chat.Leave", pb.LeaveRequest(log=log))
    await server.core.platform.writer.work(partial(copy_conversation, bobby.user, log, CONVERSATIONS_MAX - 1))
    with refused(ResourceExhausted, "too_many_conversations"):
        await alice.call("Chat.Open", pb.OpenRequest(user=bobby.user))
    with refused(ResourceExhausted, "too_many_conversations"):
        await alice.call("Chat.CreateGroup", pb.CreateGroupRequest(title="T", users=[carol.user, bobby.user]))
    reply = await bobby.call("Chat.List", pb.ListRequest(recent=50))
    assert len(reply.conversations) == CONVERSATIONS_MAX
    assert reply.ByteSize() < MESSAGE_BYTES_MAX - 1024


async def test_many_groups_leave_their_members_out_rather_than_break_the_list(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await large_group(server, LARGE_ABOVE, alice, bobby)
    await server.core.platform.writer.work(partial(copy_conversation, alice.user, log, 20))
    server.clock.advance(1)
    await send(bobby, log)
    reply = await alice.call("Chat.List", pb.ListRequest(recent=50))
    assert reply.ByteSize() < MESSAGE_BYTES_MAX - 1024
    counts = [len(each.members) for each in reply.conversations]
    assert len(counts) == 21
    assert set(counts) == {0, LARGE_ABOVE}
    assert {each.member_count for each in reply.conversations} == {LARGE_ABOVE}
    assert counts == sorted(counts, reverse=True)
    assert (reply.conversations[0].log, counts[0]) == (log, LARGE_ABOVE)  # the newest comes first
    assert len((await get(alice, reply.conversations[-1].log)).members) == LARGE_ABOVE


async def test_lists_ask_for_a_bounded_number_of_events(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    with refused(InvalidArgument, "limit_too_large"):
        await alice.call("Chat.List", pb.ListRequest(recent=51))
    with refused(InvalidArgument, "limit_too_large"):
        await alice.call("Chat.Get", pb.GetRequest(log=log, recent=51))
    assert not (await get(alice, log, recent=0)).recent
