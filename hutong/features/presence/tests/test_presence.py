from __future__ import annotations

from pathlib import Path

import pytest

from hutong.features.identity.api import Identity
from hutong.features.presence import store
from hutong.features.presence.here import GRACE_S
from hutong.features.presence.service import TELL_EVERY_S, WATCHED_MAX, PresenceService
from hutong.platform.errors import ResourceExhausted
from hutong.schema import contacts_pb2, preferences_pb2
from hutong.schema import presence_pb2 as pb
from hutong.testing import Client, TestServer, refused

ONLINE, AWAY, UNKNOWN = pb.STATE_ONLINE, pb.STATE_AWAY, pb.STATE_UNKNOWN


async def watch(client: Client, *users: str) -> dict[str, pb.Presence]:
    reply = await client.call("PresenceService.Watch", pb.WatchRequest(users=users))
    return {each.user: each for each in reply.presences}


async def here(client: Client, *, here: bool) -> None:
    await client.call("PresenceService.Here", pb.HereRequest(here=here))


async def hide(
    client: Client, *, audience: preferences_pb2.Audience = preferences_pb2.AUDIENCE_NOBODY
) -> None:
    account = preferences_pb2.Account(last_seen=audience)
    await client.call("Preferences.SetAccount", preferences_pb2.SetAccountRequest(account=account))


async def told(server: TestServer, client: Client, number: int) -> list[pb.Presence]:
    """Return what the client was told, once it is so many; the clock goes on meanwhile."""

    def enough() -> bool:
        server.clock.advance(TELL_EVERY_S)
        return len(client.bodies(pb.PresenceChanged)) >= number

    await client.until(enough)
    return [each.presence for each in client.bodies(pb.PresenceChanged)]


async def test_friends_see_who_comes_and_goes(server: TestServer) -> None:
    """PRES1, PRES3, PRES5"""
    alice, bobby = await server.friends("alice", "bobby")
    assert (await watch(alice, bobby.user))[bobby.user].state == ONLINE
    bobby.disconnect()
    server.clock.advance(GRACE_S + 1)
    (gone,) = await told(server, alice, 1)
    assert (gone.user, gone.state) == (bobby.user, AWAY)
    assert gone.seen_at_ms % 60_000 == 0
    assert 0 <= server.clock.now_ms() - gone.seen_at_ms < 2 * 60_000
    assert (await watch(alice, bobby.user))[bobby.user] == gone
    bobby.connect()
    await bobby.resume()
    assert (await told(server, alice, 2))[1] == pb.Presence(user=bobby.user, state=ONLINE)


async def test_a_change_of_networks_is_no_departure(server: TestServer) -> None:
    """PRES2"""
    alice, bobby = await server.friends("alice", "bobby")
    await watch(alice, bobby.user)
    bobby.disconnect()
    server.clock.advance(GRACE_S - 1)
    bobby.connect()
    await bobby.resume()
    server.clock.advance(GRACE_S + TELL_EVERY_S)
    assert (await watch(alice, bobby.user))[bobby.user].state == ONLINE
    assert not alice.bodies(pb.PresenceChanged)


async def test_a_device_in_the_background_is_not_here(server: TestServer) -> None:
    """PRES1"""
    alice, bobby = await server.friends("alice", "bobby")
    await watch(alice, bobby.user)
    phone = await Client(server).log_in("bobby")
    await here(phone, here=False)
    server.clock.advance(GRACE_S + 1)
    assert (await watch(alice, bobby.user))[bobby.user].state == ONLINE
    await here(bobby, here=False)
    server.clock.advance(GRACE_S + 1)
    assert [each.state for each in await told(server, alice, 1)] == [AWAY]
    bobby.disconnect()
    await here(phone, here=True)
    assert [each.state for each in await told(server, alice, 2)] == [AWAY, ONLINE]


async def test_only_contacts_see_and_only_those_who_show_themselves(server: TestServer) -> None:
    """PRES4"""
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    assert (await watch(carol, alice.user, "nobody")) == {
        alice.user: pb.Presence(user=alice.user),
        "nobody": pb.Presence(user="nobody"),
    }
    await watch(alice, bobby.user)
    await watch(bobby, alice.user)
    await hide(bobby)
    assert [each.state for each in await told(server, alice, 1)] == [UNKNOWN]
    assert [each.state for each in await told(server, bobby, 1)] == [UNKNOWN]
    assert (await watch(alice, bobby.user))[bobby.user] == pb.Presence(user=bobby.user)
    assert (await watch(bobby, alice.user))[alice.user] == pb.Presence(user=alice.user)
    await hide(bobby, audience=preferences_pb2.AUDIENCE_CONTACTS)
    assert (await told(server, alice, 2))[1].state == ONLINE


async def test_somebody_who_is_blocked_hears_nothing_any_more(server: TestServer) -> None:
    """PRES4"""
    alice, bobby = await server.friends("alice", "bobby")
    await watch(alice, bobby.user)
    await bobby.call("Contacts.Block", contacts_pb2.BlockRequest(user=alice.user, blocked=True))
    bobby.disconnect()
    server.clock.advance(GRACE_S + 1)
    assert await told(server, alice, 1) == [pb.Presence(user=bobby.user)]


async def test_a_new_list_replaces_the_old_one_and_ends_with_the_device(server: TestServer) -> None:
    """PRES3"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    await watch(alice, bobby.user)
    await watch(alice, carol.user)
    bobby.disconnect()
    carol.disconnect()
    server.clock.advance(GRACE_S + 1)
    assert [each.user for each in await told(server, alice, 1)] == [carol.user]
    alice.disconnect()
    alice.connect()
    await alice.resume()
    carol.connect()
    await carol.resume()
    server.clock.advance(GRACE_S + 10 * TELL_EVERY_S)
    await watch(alice)
    assert len(alice.bodies(pb.PresenceChanged)) == 1


async def test_the_list_has_a_bound(server: TestServer) -> None:
    """PRES3"""
    (alice,) = await server.people("alice")
    with refused(ResourceExhausted, "too_many_users"):
        await watch(alice, *(f"user{number}" for number in range(WATCHED_MAX + 1)))
    nobody = "x" * 100_000
    assert (await watch(alice, alice.user, nobody))[nobody].state == UNKNOWN
    (service,) = [each for each in server.core.background if isinstance(each, PresenceService)]
    assert set(service._screens) == {alice.user}


async def test_a_restart_remembers_who_was_here(tmp_path: Path) -> None:
    """PRES2"""
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        seen = server.clock.now_ms()
        key, device, profile = alice.key, alice.device, alice.profile
    async with TestServer.run(tmp_path) as server:
        alice = Client(server)
        alice.key, alice.device, alice.profile = key, device, profile
        await alice.resume()
        presence = (await watch(alice, bobby.user))[bobby.user]
    assert presence == pb.Presence(user=bobby.user, state=AWAY, seen_at_ms=seen - seen % 60_000)


@pytest.mark.parametrize("goes", ["away", "with the server"])
async def test_of_an_account_that_ended_nothing_is_known(tmp_path: Path, goes: str) -> None:
    """Neither when it was here before, nor when its devices were cut off."""
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        users = [alice.user, bobby.user]
        platform = server.core.platform

        async def seen() -> set[str]:
            return set(await platform.read(lambda read: store.seen_at_ms(read, users)))

        for person in (alice, bobby):
            await here(person, here=False)
        server.clock.advance(GRACE_S + 1)
        await platform.writer.work(lambda tx: None)
        assert await seen() == set(users)
        await here(bobby, here=True)
        identity = platform.use(Identity)
        await platform.writer.work(lambda tx: identity.delete(tx, bobby.user))
        assert await seen() == {alice.user}
        if goes == "away":
            await bobby.until(lambda: bobby.goodbye is not None)
            server.clock.advance(GRACE_S + 1)
            await platform.writer.work(lambda tx: None)
            assert await seen() == {alice.user}
    async with TestServer.run(tmp_path) as server:
        found = await server.core.platform.read(lambda read: store.seen_at_ms(read, users))
        assert set(found) == {alice.user}
