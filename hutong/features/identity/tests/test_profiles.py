from __future__ import annotations

from typing import Any

import pytest

from hutong.features.identity.profiles import PROFILE_CHANGES, PROFILES_AT_ONCE_MAX
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.schema import contacts_pb2, identity_pb2
from hutong.testing import TestServer, refused


def update(**changes: Any) -> identity_pb2.UpdateProfileRequest:
    return identity_pb2.UpdateProfileRequest(**{"name": "Alice", **changes})


async def test_a_change_reaches_those_who_know_the_person(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    carol, stranger = await server.people("carol", "stranger")
    await carol.call("Contacts.Ask", contacts_pb2.AskRequest(user=alice.user))
    for person in (alice, bobby, carol, stranger):
        await person.follow(person.inbox, after=100)
    key, request = server.new_key(), update(name=" Alice Liu ", about="hello")
    reply = await alice.call("Identity.UpdateProfile", request, key=key)
    assert (reply.profile.name, reply.profile.about, reply.profile.handle) == ("Alice Liu", "hello", "alice")
    assert await alice.call("Identity.UpdateProfile", request, key=key) == reply
    for person in (alice, bobby, carol):
        assert [each.profile for each in person.bodies(identity_pb2.ProfileChanged)] == [reply.profile]
    assert not stranger.bodies(identity_pb2.ProfileChanged)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "bad_length"),
        ({"name": "x" * 65}, "bad_length"),
        ({"about": "x" * 281}, "bad_length"),
        ({"about": "a\nb"}, "bad_characters"),
    ],
)
async def test_bad_profiles_change_nothing(server: TestServer, changes: dict[str, Any], reason: str) -> None:
    (alice,) = await server.people("alice")
    with refused(InvalidArgument, reason):
        await alice.call("Identity.UpdateProfile", update(**changes))
    request = identity_pb2.GetProfilesRequest(users=[alice.user])
    assert list((await alice.call("Identity.GetProfiles", request)).profiles) == [alice.profile]


async def test_a_picture_has_to_be_ones_own_file(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    with refused(NotFound, "no_such_blob"):
        await alice.call("Identity.UpdateProfile", update(picture="0" * 64))


async def test_profiles_by_id(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    request = identity_pb2.GetProfilesRequest(users=[bobby.user, "nobody", bobby.user])
    assert list((await alice.call("Identity.GetProfiles", request)).profiles) == [bobby.profile]
    with refused(InvalidArgument, "too_many_users"):
        many = identity_pb2.GetProfilesRequest(users=["x"] * (PROFILES_AT_ONCE_MAX + 1))
        await alice.call("Identity.GetProfiles", many)


async def test_profiles_change_at_a_human_pace(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    for number in range(PROFILE_CHANGES.burst):
        await alice.call("Identity.UpdateProfile", update(name=f"Alice {number}"))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Identity.UpdateProfile", update())
    server.clock.advance(PROFILE_CHANGES.every_s)
    await alice.call("Identity.UpdateProfile", update())
