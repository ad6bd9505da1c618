"""Finding people: whom one knows, and nobody else."""

from __future__ import annotations

import pytest

from hutong.features.chat.tests.grouping import group
from hutong.features.search import people as people_search
from hutong.features.search.people import PEOPLE_SEARCHES
from hutong.platform.errors import InvalidArgument, ResourceExhausted
from hutong.schema import chat_pb2, contacts_pb2, identity_pb2
from hutong.schema import search_pb2 as pb
from hutong.testing import Client, TestServer, refused

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def look(client: Client, text: str, limit: int = 0) -> list[pb.FoundPerson]:
    reply: pb.PeopleReply = await client.call("Search.People", pb.PeopleRequest(text=text, limit=limit))
    return list(reply.people)


async def handles(client: Client, text: str, limit: int = 0) -> list[str]:
    return [each.profile.handle for each in await look(client, text, limit)]


async def befriend(one: Client, other: Client) -> None:
    """Let each ask the other."""
    for asking, asked in ((one, other), (other, one)):
        await asking.call("Contacts.Ask", contacts_pb2.AskRequest(user=asked.user))


async def rename(client: Client, name: str) -> None:
    await client.call("Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name=name))


async def call_oneself(client: Client, log: str, nickname: str) -> None:
    await client.call("Chat.SetNickname", chat_pb2.SetNicknameRequest(log=log, nickname=nickname))


async def test_contacts_by_parts_of_names_and_handles(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    await rename(bobby, "José Müller")
    await rename(carol, "王小明")
    await rename(david, "Ann José")
    assert await handles(alice, "jose") == [
        "bobby",
        "david",
    ]  # who is called so, then whose second name it is
    assert await handles(alice, "MULL") == ["bobby"]
    assert await handles(alice, "小明") == await handles(alice, "王") == ["carol"]
    assert await handles(alice, "aro") == await handles(alice, "@CAR") == ["carol"]
    assert await handles(alice, "@jose") == []
    assert await handles(alice, "nobody") == []
    assert await handles(alice, "alice") == []  # oneself
    assert all(each.contact for each in await look(alice, "o"))
    assert len(await look(alice, "o", limit=1)) == 1


async def test_people_of_ones_groups_only_as_long_as_both_are_in(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    await befriend(bobby, carol)
    assert await handles(alice, "carol") == []
    log = await group(bobby, alice, carol)
    (found,) = await look(alice, "carol")
    assert (found.contact, found.nickname) == (False, "")
    await call_oneself(carol, log, "The Cook")
    (found,) = await look(alice, "cook")
    assert (found.profile.user, found.nickname) == (carol.user, "The Cook")
    assert [each.nickname for each in await look(alice, "carol")] == [""]
    await carol.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    assert await handles(alice, "carol") == await handles(alice, "cook") == []
    assert await handles(bobby, "carol") == ["carol"]


async def test_strangers_askers_and_blocked_people_are_not_found(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (erin,) = await server.people("erin")
    await erin.call("Contacts.Ask", contacts_pb2.AskRequest(user=alice.user, greeting="hello"))
    assert await handles(alice, "erin") == await handles(alice, "@erin") == await handles(erin, "alice") == []
    assert await handles(alice, "bobby") == ["bobby"]
    await server.conversation(alice, bobby)
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    assert await handles(alice, "bobby") == []
    assert await handles(bobby, "alice") == ["alice"]  # who is blocked is never told
    (carol,) = await server.people("carol")
    await befriend(alice, carol)
    await carol.call("Contacts.Remove", contacts_pb2.RemoveRequest(user=alice.user))
    assert await handles(alice, "carol") == []


async def test_contacts_stand_before_others(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    await befriend(bobby, carol)
    await group(bobby, alice, carol)
    await rename(bobby, "Lin Zhou")
    await rename(carol, "Lin An")
    assert [(each.profile.name, each.contact) for each in await look(alice, "lin")] == [
        ("Lin Zhou", True),
        ("Lin An", False),
    ]


async def test_what_may_not_be_asked(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    for text, reason in (("", "empty"), (" @ ", "empty"), ("x" * 201, "too_long")):
        with refused(InvalidArgument, reason):
            await look(alice, text)
    with refused(InvalidArgument, "limit_too_large"):
        await look(alice, "bobby", limit=51)
    monkeypatch.setattr(people_search, "COMPANIONS_MAX", 0)
    assert await handles(alice, "bobby") == ["bobby"]  # a contact all the same
    with refused(ResourceExhausted, "rate_limited"):
        for _ in range(PEOPLE_SEARCHES.burst + 1):
            await look(bobby, "alice")
