"""Who meets whom; the rules are those of docs/protocol/direct-text.md."""

from __future__ import annotations

from functools import partial

from hutong.features.direct.meetings import ATTENDS_S
from hutong.platform.errors import NotFound
from hutong.schema import contacts_pb2, peers_pb2, preferences_pb2
from hutong.schema import direct_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def allow(*clients: Client, direct: bool = True) -> None:
    for client in clients:
        account = preferences_pb2.Account(direct_text=direct)
        await client.call("Preferences.SetAccount", preferences_pb2.SetAccountRequest(account=account))


async def attend(client: Client, log: str) -> bool:
    reply = await client.call("Direct.Attend", pb.AttendRequest(log=log))
    return bool(reply.allowed)


async def pair(server: TestServer) -> tuple[Client, Client, str]:
    alice, bobby = await server.friends("alice", "bobby")
    return alice, bobby, await server.conversation(alice, bobby)


async def met(server: TestServer) -> tuple[Client, Client, str]:
    """Two who have met."""
    alice, bobby, log = await pair(server)
    await allow(alice, bobby)
    assert await attend(alice, log)
    assert not alice.bodies(pb.Met)
    assert await attend(bobby, log)
    await alice.until(lambda: alice.bodies(pb.Met))
    return alice, bobby, log


async def hears(client: Client, session: str) -> bool:
    """Tell whether a device has the peer session."""
    try:
        await client.call("Peers.Fetch", peers_pb2.FetchRequest(session=session))
    except NotFound:
        return False
    return True


async def parted(*clients: Client) -> None:
    for client in clients:
        await client.until(partial(client.bodies, pb.Parted))


async def test_two_who_allow_it_meet(server: TestServer) -> None:
    """DIRECT1."""
    alice, bobby, log = await met(server)
    (hers,), (his,) = alice.bodies(pb.Met), bobby.bodies(pb.Met)
    assert (hers.log, hers.user, hers.offerer) == (log, bobby.user, False)
    assert (his.log, his.user, his.offerer) == (log, alice.user, True)
    assert hers.session == his.session
    assert await hears(alice, hers.session)
    assert await hears(bobby, hers.session)


async def test_nobody_meets_whom_one_of_them_does_not_want_to(server: TestServer) -> None:
    """DIRECT1: and the other one is not told why."""
    alice, bobby, log = await pair(server)
    await allow(alice)
    assert await attend(alice, log)
    assert not await attend(bobby, log)
    assert await attend(alice, log)
    assert not alice.bodies(pb.Met)
    assert not bobby.bodies(pb.Met)


async def test_blocked_and_strangers_do_not_meet(server: TestServer) -> None:
    alice, bobby, log = await pair(server)
    (carol,) = await server.people("carol")
    await allow(alice, bobby, carol)
    with refused(NotFound, "no_such_log"):
        await attend(carol, log)
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    assert await attend(alice, log)
    assert await attend(bobby, log)
    assert not alice.bodies(pb.Met)


async def test_a_block_ends_a_meeting_at_the_next_word(server: TestServer) -> None:
    alice, bobby, log = await met(server)
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    await attend(alice, log)
    await parted(alice, bobby)
    assert not await hears(bobby, bobby.bodies(pb.Met)[0].session)


async def test_who_changes_their_mind_is_out_at_once(server: TestServer) -> None:
    """DIRECT1: another setting ends nothing."""
    alice, bobby, _ = await met(server)
    account = preferences_pb2.Account(direct_text=True, push_off=True)
    await alice.call("Preferences.SetAccount", preferences_pb2.SetAccountRequest(account=account))
    assert await hears(alice, alice.bodies(pb.Met)[0].session)
    await allow(alice, direct=False)
    await parted(alice, bobby)
    assert not await hears(alice, alice.bodies(pb.Met)[0].session)


async def test_leaving_and_vanishing_end_a_meeting(server: TestServer) -> None:
    alice, bobby, log = await met(server)
    assert await attend(alice, "")
    await parted(bobby)
    await attend(alice, log)
    await bobby.until(lambda: len(bobby.bodies(pb.Met)) == 2)
    first, second = (each.session for each in bobby.bodies(pb.Met))
    assert first != second
    alice.disconnect()
    await bobby.until(lambda: len(bobby.bodies(pb.Parted)) == 2)
    assert [each.session for each in bobby.bodies(pb.Parted)] == [first, second]


async def test_the_notice_comes_again_to_who_asks_again(server: TestServer) -> None:
    alice, _, log = await met(server)
    await attend(alice, log)
    await alice.until(lambda: len(alice.bodies(pb.Met)) == 2)
    one, other = alice.bodies(pb.Met)
    assert one == other


async def test_the_device_that_came_last_takes_the_meeting(server: TestServer) -> None:
    alice, bobby, log = await met(server)
    phone = await Client(server).log_in("alice")
    await attend(phone, log)
    await parted(alice, bobby)
    await phone.until(lambda: phone.bodies(pb.Met))
    assert not await hears(alice, phone.bodies(pb.Met)[0].session)
    assert await hears(bobby, phone.bodies(pb.Met)[0].session)


async def test_groups_and_saved_messages_have_no_meetings(server: TestServer) -> None:
    alice, bobby, log = await met(server)
    saved = await server.conversation(alice, alice)
    assert await attend(alice, saved)  # and so it is not there any more
    await parted(bobby)
    await attend(bobby, log)
    assert len(bobby.bodies(pb.Met)) == 1


async def test_who_does_not_say_it_again_is_forgotten(server: TestServer) -> None:
    alice, bobby, log = await met(server)
    server.clock.advance(ATTENDS_S - 1)
    await attend(alice, log)
    server.clock.advance(2)
    await attend(alice, log)
    await parted(alice, bobby)
