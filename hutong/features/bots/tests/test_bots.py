from __future__ import annotations

import pytest

from hutong.features.bots import bots as bots_module
from hutong.platform.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from hutong.schema import bots_pb2 as pb
from hutong.schema import chat_pb2, contacts_pb2, identity_pb2
from hutong.testing import Client, TestServer, refused


async def create(client: Client, handle: str = "helper", **call: bytes) -> pb.CreateBotReply:
    request = pb.CreateBotRequest(handle=handle, name="Helper")
    reply: pb.CreateBotReply = await client.call("Bots.CreateBot", request, **call)
    return reply


async def signed_in(server: TestServer, token: str) -> Client:
    handle, _, password = token.partition(":")
    return await Client(server).log_in(handle, password)


async def bots(client: Client) -> list[str]:
    reply = await client.call("Bots.ListBots", pb.ListBotsRequest())
    return [bot.profile.handle for bot in reply.bots]


async def test_a_bot_signs_in_with_its_token_and_talks_to_its_owner(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    made = await create(alice)
    assert made.bot.profile.bot
    assert await bots(alice) == ["helper"]
    bot = await signed_in(server, made.token)
    log = await server.conversation(bot, alice)
    await alice.follow(log)
    await bot.call("Chat.Send", chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text="Hello")))
    await alice.until(lambda: alice.bodies(chat_pb2.MessageSent))
    found = await alice.call("Contacts.Find", contacts_pb2.FindRequest(handle="helper"))
    assert found.contact.profile.bot
    assert not found.contact.profile.deleted


async def test_a_retry_gets_the_same_token_and_nobody_has_kept_it(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    key = server.new_key()
    first = await create(alice, key=key)
    assert await create(alice, key=key) == first
    assert await bots(alice) == ["helper"]
    password = first.token.partition(":")[2].encode()
    files = [path for path in server.core.settings.data.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if password in path.read_bytes()]


async def test_a_new_token_ends_the_old_one_and_its_connections(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    made = await create(alice)
    bot = await signed_in(server, made.token)
    request = pb.RenewTokenRequest(user=made.bot.profile.user)
    renewed = (await alice.call("Bots.RenewToken", request)).token
    assert renewed != made.token
    await bot.until(lambda: bot.goodbye is not None)
    with refused(Unauthenticated, "wrong_password"):
        await signed_in(server, made.token)
    await signed_in(server, renewed)


async def test_removed_it_is_nobody_and_its_handle_stays_taken(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    made = await create(alice)
    user = made.bot.profile.user
    group = chat_pb2.CreateGroupRequest(title="Team", users=[bobby.user, user])
    log = (await alice.call("Chat.CreateGroup", group)).conversation.log
    bot = await signed_in(server, made.token)
    await alice.call("Bots.RemoveBot", pb.RemoveBotRequest(user=user))
    await bot.until(lambda: bot.goodbye is not None)
    assert await bots(alice) == []
    with refused(Unauthenticated, "wrong_password"):
        await signed_in(server, made.token)
    conversation = (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation
    assert {member.profile.handle for member in conversation.members} == {"alice", "bobby"}
    listed = await alice.call("Contacts.List", contacts_pb2.ListRequest())
    assert [each.profile.handle for each in listed.contacts] == ["bobby"]
    profiles = await alice.call("Identity.GetProfiles", identity_pb2.GetProfilesRequest(users=[user]))
    assert profiles.profiles[0].deleted
    assert "helper" not in str(profiles)
    for call in (create(alice), Client(server).sign_up("helper")):
        with refused(AlreadyExists, "handle_taken"):
            await call


async def test_only_the_owner_and_only_so_many(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots_module, "BOTS_MAX", 1)
    alice, bobby = await server.friends("alice", "bobby")
    made = await create(alice)
    user = made.bot.profile.user
    for method, request in (
        ("Bots.RenewToken", pb.RenewTokenRequest(user=user)),
        ("Bots.RemoveBot", pb.RemoveBotRequest(user=user)),
    ):
        with refused(NotFound, "no_such_bot"):
            await bobby.call(method, request)
    with refused(ResourceExhausted, "too_many_bots"):
        await create(alice, "second")
    with refused(AlreadyExists, "handle_taken"):
        await create(bobby, "alice")
    with refused(InvalidArgument, "bad_handle"):
        await create(bobby, "No Bot")
    bot = await signed_in(server, made.token)
    with refused(PermissionDenied, "is_bot"):
        await create(bot, "child")


async def test_a_bot_inherits_no_group_while_people_are_in_it(server: TestServer) -> None:
    """GRP3: however long it is there"""
    alice, bobby = await server.friends("alice", "bobby")
    bot = (await create(alice)).bot.profile.user
    request = chat_pb2.CreateGroupRequest(title="Builds", users=[bot])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[bobby.user]))
    await alice.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    members = (await bobby.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation.members
    owners = [each.profile.user for each in members if each.role == chat_pb2.ROLE_OWNER]
    assert owners == [bobby.user]
