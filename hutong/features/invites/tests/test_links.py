"""Links into groups: made, listed, looked at, taken back."""

from __future__ import annotations

from functools import partial

import pytest

from hutong.features.chat.tests.grouping import group
from hutong.features.files.tests.uploading import upload
from hutong.features.invites import links, model, store
from hutong.features.invites.store import Invite
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.schema import chat_pb2
from hutong.schema import invites_pb2 as pb
from hutong.testing import Client, TestServer, refused

WEEK_MS = 7 * 24 * 3600 * 1000


async def make(client: Client, log: str, expires_s: int = 0, uses_max: int = 0) -> pb.Invite:
    request = pb.MakeRequest(log=log, expires_s=expires_s, uses_max=uses_max)
    reply: pb.MakeReply = await client.call("Invites.Make", request)
    return reply.invite


async def look(client: Client, token: str) -> pb.LookReply:
    reply: pb.LookReply = await client.call("Invites.Look", pb.LookRequest(token=token))
    return reply


async def tokens(client: Client, log: str) -> list[str]:
    reply = await client.call("Invites.List", pb.ListRequest(log=log))
    return [each.token for each in reply.invites]


async def appoint(owner: Client, log: str, person: Client) -> None:
    request = chat_pb2.SetRoleRequest(log=log, user=person.user, role=chat_pb2.ROLE_ADMIN)
    await owner.call("Chat.SetRole", request)


async def decide(owner: Client, log: str, **settings: bool | int) -> None:
    group_settings = chat_pb2.GroupSettings()
    for name, value in settings.items():
        setattr(group_settings, name, value)
    await owner.call("Chat.ChangeGroup", chat_pb2.ChangeGroupRequest(log=log, settings=group_settings))


async def test_a_link_is_made_once_and_can_be_seen_again(server: TestServer) -> None:
    """GRP10"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    key, request = server.new_key(), pb.MakeRequest(log=log, expires_s=60, uses_max=3)
    reply = await alice.call("Invites.Make", request, key=key)
    assert await alice.call("Invites.Make", request, key=key) == reply
    now_ms = server.clock.now_ms()
    expected = pb.Invite(
        token=reply.invite.token,
        log=log,
        by=alice.user,
        created_at_ms=now_ms,
        expires_at_ms=now_ms + 60_000,
        uses_max=3,
    )
    assert reply.invite == expected
    listed = await alice.call("Invites.List", pb.ListRequest(log=log))
    assert list(listed.invites) == [expected]
    assert (await make(alice, log)).expires_at_ms == now_ms + WEEK_MS


def test_tokens_are_sixteen_signs_that_fit_into_a_link() -> None:
    made = [model.token(bytes([number]) * model.TOKEN_BYTES) for number in range(256)]
    assert len(set(made)) == 256
    assert {len(each) for each in made} == {16}
    assert set("".join(made)) <= set("abcdefghijklmnopqrstuvwxyz234567")


async def test_what_somebody_outside_sees(server: TestServer) -> None:
    """GRP12"""
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await group(alice, bobby, title="Chess")
    blob = (await upload(alice, b"a picture")).blob
    await alice.call("Chat.SetPicture", chat_pb2.SetPictureRequest(log=log, blob=blob))
    token = (await make(bobby, log)).token
    assert await look(carol, token) == pb.LookReply(title="Chess", members=2)
    assert await look(alice, token) == pb.LookReply(log=log, title="Chess", picture=blob, members=2)
    await decide(alice, log, approval=True)
    assert (await look(carol, token)).approval


async def test_who_sees_which_links(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby, carol)
    of_alice, of_bobby = (await make(alice, log)).token, (await make(bobby, log)).token
    assert set(await tokens(alice, log)) == {of_alice, of_bobby}
    assert await tokens(bobby, log) == [of_bobby]
    assert await tokens(carol, log) == []
    await appoint(alice, log, carol)
    assert set(await tokens(carol, log)) == {of_alice, of_bobby}
    with refused(NotFound, "no_such_log"):
        await tokens(david, log)


async def test_who_may_make_and_revoke_links(server: TestServer) -> None:
    alice, bobby, carol, david = await server.friends("alice", "bobby", "carol", "david")
    log = await group(alice, bobby, carol)
    with refused(NotFound, "no_such_log"):
        await make(david, log)
    with refused(FailedPrecondition, "not_a_group"):
        await make(alice, await server.conversation(alice, bobby))
    token = (await make(bobby, log)).token
    revoke = pb.RevokeRequest(token=token)
    with refused(PermissionDenied, "admins_only"):
        await carol.call("Invites.Revoke", revoke)
    with refused(NotFound, "no_such_invite"):
        await david.call("Invites.Revoke", revoke)
    assert (await look(david, token)).members == 3
    key = server.new_key()
    await alice.call("Invites.Revoke", revoke, key=key)
    await alice.call("Invites.Revoke", revoke, key=key)  # its reply was lost
    for client in (bobby, david):
        with refused(NotFound, "no_such_invite"):
            await look(client, token)
    with refused(NotFound, "no_such_invite"):
        await bobby.call("Invites.Revoke", revoke)
    own = (await make(bobby, log)).token
    await decide(alice, log, inviting=chat_pb2.INVITING_ADMINS)
    with refused(PermissionDenied, "admins_only"):
        await make(bobby, log)
    await bobby.call("Invites.Revoke", pb.RevokeRequest(token=own))  # one's own, always


async def test_a_link_is_as_good_as_the_right_of_who_made_it(server: TestServer) -> None:
    """GRP11"""
    alice, bobby = await server.friends("alice", "bobby")
    (carol,) = await server.people("carol")
    log = await group(alice, bobby)
    token = (await make(bobby, log)).token
    mute = chat_pb2.MuteMemberRequest(log=log, user=bobby.user, until_ms=server.clock.now_ms() + 1000)
    await alice.call("Chat.MuteMember", mute)
    with refused(NotFound, "no_such_invite"):
        await look(carol, token)
    server.clock.advance(1)
    await look(carol, token)
    await decide(alice, log, inviting=chat_pb2.INVITING_ADMINS)
    with refused(NotFound, "no_such_invite"):
        await look(carol, token)
    await decide(alice, log)
    await look(carol, token)
    await alice.call("Chat.RemoveMembers", chat_pb2.RemoveMembersRequest(log=log, users=[bobby.user]))
    with refused(NotFound, "no_such_invite"):
        await look(carol, token)
    with refused(NotFound, "no_such_invite"):
        await carol.call("Invites.Join", pb.JoinByRequest(token=token))
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[bobby.user]))
    with refused(NotFound, "no_such_invite"):  # for good
        await look(carol, token)
    later = (await make(bobby, log)).token
    await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[bobby.user]))
    with refused(NotFound, "no_such_invite"):
        await look(carol, later)
    assert await tokens(alice, log) == []


async def test_a_link_ends(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    token = (await make(alice, log, expires_s=60)).token
    server.clock.advance(59.999)
    await look(bobby, token)
    server.clock.advance(0.001)
    with refused(NotFound, "no_such_invite"):
        await look(bobby, token)
    assert await tokens(alice, log) == []
    for each in ("", "x" * 16, "x" * 10_000):
        with refused(NotFound, "no_such_invite"):
            await look(bobby, each)


@pytest.mark.parametrize(
    ("expires_s", "uses_max", "reason"),
    [(365 * 24 * 3600 + 1, 0, "bad_time"), (2**32 - 1, 0, "bad_time"), (0, 100_001, "bad_uses")],
)
async def test_bad_links(server: TestServer, expires_s: int, uses_max: int, reason: str) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    with refused(InvalidArgument, reason):
        await make(alice, log, expires_s, uses_max)
    assert await tokens(alice, log) == []


async def test_a_group_has_a_bounded_number_of_links(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LINKS_MAX", 2)
    (alice,) = await server.people("alice")
    log, other = await group(alice), await group(alice)
    for expires_s in (10, 20):
        await make(alice, log, expires_s)
    with refused(ResourceExhausted, "too_many_invites"):
        await make(alice, log)
    await make(alice, other)
    server.clock.advance(10)  # what is over does not count, and is forgotten
    await make(alice, log)
    rows = await server.core.platform.writer.work(partial(store.of_group, log=log))
    assert len(rows) == 2


async def test_trying_links_takes_time(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    for _ in range(links.LOOKS.burst):
        with refused(NotFound, "no_such_invite"):
            await look(alice, "x" * 16)
    with refused(ResourceExhausted, "rate_limited"):
        await look(alice, "x" * 16)


async def test_tokens_are_in_no_log(server: TestServer, capsys: pytest.CaptureFixture[str]) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    token = (await make(alice, await group(alice))).token
    await look(bobby, token)
    await bobby.call("Invites.Join", pb.JoinByRequest(token=token))
    with refused(InvalidArgument, "bad_length"):
        await bobby.call("Invites.Join", pb.JoinByRequest(token=token, greeting="x" * 141))
    assert token not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("uses_max", "uses", "expires_at_ms", "is_open"),
    [(0, 9, 2, True), (2, 1, 2, True), (2, 2, 2, False), (2, 3, 2, False), (0, 0, 1, False)],
)
def test_what_is_open(uses_max: int, uses: int, expires_at_ms: int, is_open: bool) -> None:
    invite = Invite("t", "chat:1", "u", 0, expires_at_ms, uses_max, uses)
    assert model.is_open(invite, 1) is is_open
