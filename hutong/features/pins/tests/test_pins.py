from __future__ import annotations

from hutong.features.chat.tests.saying import group, recall, say
from hutong.features.pins.service import PINS_MAX
from hutong.platform.errors import (
    FailedPrecondition,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import chat_pb2, contacts_pb2
from hutong.schema import pins_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def pin(client: Client, log: str, seq: int, *, on: bool = True) -> None:
    await client.call("Pins.Pin", pb.PinRequest(log=log, seq=seq, on=on))


async def pins(client: Client, log: str) -> list[int]:
    return list((await client.call("Pins.List", pb.ListRequest(log=log))).seqs)


async def test_pins_are_seen_by_everybody_the_newest_first(server: TestServer) -> None:
    """MSG13"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    one, two, three = [await say(alice, log) for _ in range(3)]
    await bobby.follow(log, after=three)
    await pin(alice, log, two)
    await pin(bobby, log, one)
    await pin(bobby, log, one)
    await pin(alice, log, three, on=False)
    assert await pins(alice, log) == await pins(bobby, log) == [one, two]
    await pin(bobby, log, two, on=False)
    await pin(bobby, log, two)
    assert await pins(alice, log) == [two, one]
    seen = [(each.seq, each.on) for each in bobby.bodies(pb.Pinned)]
    assert seen == [(two, True), (one, True), (two, False), (two, True)]


async def test_who_may_pin_what(server: TestServer) -> None:
    """MSG13"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    (david,) = await server.people("david")
    log = await group(alice, bobby)
    seq = await say(bobby, log)
    with refused(Unauthenticated, "signed_out"):
        await pin(Client(server), log, seq)
    for stranger in (carol, david):
        with refused(NotFound, "no_such_log"):
            await pin(stranger, log, seq)
        with refused(NotFound, "no_such_log"):
            await pins(stranger, log)
    with refused(PermissionDenied, "admins_only"):
        await pin(bobby, log, seq)
    for nothing in (0, 1, 99):
        with refused(NotFound, "no_such_event"):
            await pin(alice, log, nothing)
    role = chat_pb2.SetRoleRequest(log=log, user=bobby.user, role=chat_pb2.ROLE_ADMIN)
    await alice.call("Chat.SetRole", role)
    await pin(bobby, log, seq)
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    assert await pins(carol, log) == []  # what was before is not for newcomers
    direct = await server.conversation(alice, bobby)
    seq = await say(alice, direct)
    await alice.call("Contacts.Block", contacts_pb2.BlockRequest(user=bobby.user, blocked=True))
    with refused(PermissionDenied, "not_contacts"):
        await pin(bobby, direct, seq)


async def test_what_is_erased_is_not_pinned(server: TestServer) -> None:
    """MSG8"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    await pin(bobby, log, seq)
    await recall(alice, log, seq)
    assert await pins(bobby, log) == []
    with refused(FailedPrecondition, "recalled"):
        await pin(bobby, log, seq)


async def test_a_bounded_number(server: TestServer) -> None:
    """MSG13"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seqs = [await say(alice, log) for _ in range(PINS_MAX + 1)]
    for seq in seqs[:-1]:
        await pin(alice, log, seq)
    with refused(ResourceExhausted, "too_many_pins"):
        await pin(alice, log, seqs[-1])
    await pin(alice, log, seqs[0], on=False)
    await pin(alice, log, seqs[-1])
    assert await pins(bobby, log) == [seqs[-1], *reversed(seqs[1:-1])]
