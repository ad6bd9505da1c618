"""Groups too large to list, and to tell everybody everything."""

from __future__ import annotations

import pytest

from hutong.features.chat import groups
from hutong.features.chat.api import LARGE_ABOVE
from hutong.features.chat.tests.grouping import get, group, large_group, send
from hutong.platform.errors import InvalidArgument, NotFound, PermissionDenied
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def pages(client: Client, log: str, limit: int) -> list[pb.Member]:
    found: list[pb.Member] = []
    while True:
        after = found[-1].profile.user if found else ""
        reply = await client.call("Chat.Members", pb.MembersRequest(log=log, after=after, limit=limit))
        if not reply.members:
            assert reply.total == len(found)
            return found
        found += reply.members


async def test_lists_hold_oneself_the_owner_and_the_admins(server: TestServer) -> None:
    """GRP9"""
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await large_group(server, LARGE_ABOVE + 1, alice, bobby, carol, david)
    await alice.call("Chat.SetRole", pb.SetRoleRequest(log=log, user=bobby.user, role=pb.ROLE_ADMIN))
    await carol.call("Chat.Mark", pb.MarkRequest(log=log, read=2))
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=1))
    listed = (await carol.call("Chat.List", pb.ListRequest(recent=1))).conversations[0]
    for seen in (listed, await get(carol, log)):
        shown = {each.profile.handle: (each.role, each.read) for each in seen.members}
        assert shown == {
            "alice": (pb.ROLE_OWNER, 0),
            "bobby": (pb.ROLE_ADMIN, 0),  # has read, which is not told
            "carol": (pb.ROLE_MEMBER, 2),
        }
        assert seen.member_count == LARGE_ABOVE + 1
    await david.call("Chat.Leave", pb.LeaveRequest(log=log))
    seen = await get(carol, log)
    assert len(seen.members) == seen.member_count == LARGE_ABOVE
    assert {each.read for each in seen.members if each.profile.handle == "bobby"} == {1}


@pytest.mark.parametrize("limit", [0, 1, 7, 200])
async def test_members_come_in_pages(server: TestServer, limit: int) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby, carol)
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=1))
    found = await pages(alice, log, limit)
    assert [each.profile.user for each in found] == sorted(each.user for each in (alice, bobby, carol))
    assert found == sorted((await get(alice, log)).members, key=lambda each: each.profile.user)


async def test_members_of_a_large_group(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await large_group(server, 500, alice)
    found = await pages(alice, log, 200)
    assert len({each.profile.user for each in found}) == 500


async def test_only_members_list_members(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    with refused(NotFound, "no_such_log"):
        await carol.call("Chat.Members", pb.MembersRequest(log=log))
    with refused(InvalidArgument, "limit_too_large"):
        await alice.call("Chat.Members", pb.MembersRequest(log=log, limit=201))


async def test_marks_and_typing_stay_with_oneself(server: TestServer) -> None:
    """GRP9"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await large_group(server, LARGE_ABOVE + 1, alice, bobby)
    phone = await Client(server).log_in("bobby")
    await send(alice, log)
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=2))
    await bobby.call("Chat.Type", pb.TypeRequest(log=log, typing=True))
    for device in (bobby, phone):
        assert device.bodies(pb.MarkMoved) == [pb.MarkMoved(log=log, user=bobby.user, delivered=2, read=2)]
    assert not alice.bodies(pb.MarkMoved)
    assert not alice.bodies(pb.Typing)
    assert (await get(bobby, log)).unread == 0


async def test_who_has_read_a_message(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby, carol)
    seq = await send(alice, log)
    ask = pb.ReadersRequest(log=log, seq=seq)
    assert await alice.call("Chat.Readers", ask) == pb.ReadersReply()
    await bobby.call("Chat.Mark", pb.MarkRequest(log=log, read=seq))
    await carol.call("Chat.Mark", pb.MarkRequest(log=log, delivered=seq))
    # Who came later has not read it, wherever their mark begins.
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[david.user]))
    assert await alice.call("Chat.Readers", ask) == pb.ReadersReply(users=[bobby.user], total=1)
    with refused(PermissionDenied, "not_yours"):
        await bobby.call("Chat.Readers", ask)
    for other in (0, 1, 99, 2**32 - 1):  # 1 is the event that created the group
        with refused(NotFound, "no_such_event"):
            await alice.call("Chat.Readers", pb.ReadersRequest(log=log, seq=other))
    await alice.call("Chat.Leave", pb.LeaveRequest(log=log))
    with refused(NotFound, "no_such_log"):
        await alice.call("Chat.Readers", ask)


async def test_many_people_come_in_parts(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """GRP5: Profiles of hundreds do not fit into one event; all are told, and all see all of it."""
    monkeypatch.setattr(groups, "PROFILES_AT_ONCE", 2)
    alice, *others = await server.friends("alice", "bobby", "carol", "david", "erin1", "frank")
    log = await group(alice, *others[:3])
    seen = await get(others[2], log)
    assert [event.kind for event in seen.recent] == [403, 404]
    assert (seen.joined, seen.unread, len(seen.members)) == (1, 0, 4)
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[each.user for each in others]))
    await alice.call("Chat.Leave", pb.LeaveRequest(log=log))
    kinds = [event.kind for event in (await get(others[0], log)).recent]
    assert kinds == [403, 404, 404, 412, 405]
    assert [event.kind for event in (await get(others[4], log)).recent] == [404, 412, 405]
