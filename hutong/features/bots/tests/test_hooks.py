from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from hutong.features.bots import hooks as hooks_module
from hutong.features.identity.api import Identity
from hutong.platform.errors import NotFound, PermissionDenied, ResourceExhausted
from hutong.platform.web_api import WebReply, WebRequest
from hutong.schema import bots_pb2 as pb
from hutong.schema import chat_pb2, identity_pb2
from hutong.testing import Client, TestServer, refused

FORM = "application/x-www-form-urlencoded"


async def group(owner: Client, *others: Client) -> str:
    request = chat_pb2.CreateGroupRequest(title="Builds", users=[other.user for other in others])
    return str((await owner.call("Chat.CreateGroup", request)).conversation.log)


async def create(client: Client, log: str, name: str = "CI", **call: bytes) -> pb.CreateHookReply:
    request = pb.CreateHookRequest(log=log, name=name)
    reply: pb.CreateHookReply = await client.call("Bots.CreateHook", request, **call)
    return reply


async def post(
    server: TestServer, url: str, body: object, *, media_type: str = "application/json"
) -> WebReply:
    """Post as a program would, past the HTTP (tests/edge has that)."""
    path = urllib.parse.urlsplit(url).path.removeprefix("/hooks/")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = WebRequest("POST", path, media_type, data, "127.0.0.1")
    return await server.core.platform.web_apis.answer("hooks", request)


async def said(client: Client, log: str) -> list[tuple[str, str]]:
    """Return who said what, by name."""
    reply = await client.call("Chat.Get", chat_pb2.GetRequest(log=log, recent=50))
    found: list[tuple[str, str]] = []
    for event in reply.conversation.recent:
        if event.kind == 401:
            request = identity_pb2.GetProfilesRequest(users=[event.author])
            profiles = await client.call("Identity.GetProfiles", request)
            text = chat_pb2.MessageSent.FromString(event.body).content.text
            found.append((profiles.profiles[0].name, text))
    return found


async def test_what_a_program_posts_is_said_in_the_group(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    url = (await create(alice, log)).url
    first = await post(server, url, {"text": "Build 7 is green", "username": "ignored"})
    assert (first.status, first.body["log"]) == (200, log)
    payload = urllib.parse.urlencode({"payload": json.dumps({"text": "Build 8 is red"})}).encode()
    assert (await post(server, url, payload, media_type=FORM)).status == 200
    # What `curl -d` sends when nobody says that it is JSON.
    as_curl = json.dumps({"text": "Build 9 & payload=100%"}).encode()
    assert (await post(server, url, as_curl, media_type=FORM)).status == 200
    assert [text for _, text in await said(bobby, log)] == [
        "Build 7 is green",
        "Build 8 is red",
        "Build 9 & payload=100%",
    ]
    assert {name for name, _ in await said(bobby, log)} == {"CI"}


async def test_the_same_key_is_the_same_message(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    url = (await create(alice, log)).url
    first = await post(server, url, {"text": "once", "key": "build-7"})
    assert await post(server, url, {"text": "once", "key": "build-7"}) == first
    other = await post(server, url, {"text": "twice", "key": "build-7"})
    assert (other.status, other.body["error"]) == (409, "key_reused")
    assert await said(alice, log) == [("CI", "once")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "malformed"),
        (b"hello", "malformed"),
        (b"[" * 100_000, "malformed"),
        ([], "malformed"),
        ({}, "empty"),
        ({"text": 7}, "malformed"),
        ({"text": " \n"}, "empty"),
        ({"text": "x" * 8_001}, "too_long"),
        ({"text": "x", "key": "k" * 129}, "too_long"),
        (b'{"text": "\\ud800"}', "bad_characters"),
    ],
)
async def test_bad_posts_say_nothing(server: TestServer, body: object, error: str) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    url = (await create(alice, log)).url
    reply = await post(server, url, body)
    assert (reply.status, reply.body["error"]) == (400, error)
    assert await said(alice, log) == []


async def test_without_the_secret_there_is_nothing(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    url = (await create(alice, log)).url
    for wrong in (url[:-1], url + "0", url.rsplit("/", 1)[0], url.replace("/hooks/", "/hooks/x")):
        reply = await post(server, wrong, {"text": "hi"})
        assert (reply.status, reply.body["error"]) == (404, "no_such_hook")
    assert await said(alice, log) == []


async def test_a_flood_is_told_to_wait(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    url = (await create(alice, await group(alice))).url
    replies = [await post(server, url, {"text": "again"}) for _ in range(hooks_module.POSTS.burst + 1)]
    assert [reply.status for reply in replies[:-1]] == [200] * hooks_module.POSTS.burst
    assert replies[-1].status == 429
    assert replies[-1].retry_after_s > 0


async def test_the_owner_and_admins_make_list_and_remove_them(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    made = await create(alice, log)
    denied: list[tuple[str, Any]] = [
        ("Bots.CreateHook", pb.CreateHookRequest(log=log, name="Mine")),
        ("Bots.ListHooks", pb.ListHooksRequest(log=log)),
        ("Bots.RemoveHook", pb.RemoveHookRequest(id=made.hook.id)),
    ]
    for method, request in denied:
        with pytest.raises(PermissionDenied):
            await bobby.call(method, request)
    listed = await alice.call("Bots.ListHooks", pb.ListHooksRequest(log=log))
    assert list(listed.hooks) == [made.hook]
    assert made.url.rsplit("/", 1)[1] not in str(listed)
    await alice.call("Bots.RemoveHook", pb.RemoveHookRequest(id=made.hook.id))
    assert (await post(server, made.url, {"text": "hi"})).status == 404
    with refused(NotFound, "no_such_hook"):
        await alice.call("Bots.RemoveHook", pb.RemoveHookRequest(id=made.hook.id))
    conversation = (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation
    assert {member.profile.handle for member in conversation.members} == {"alice", "bobby"}


async def test_a_retry_gets_the_same_address(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    key = server.new_key()
    first = await create(alice, log, key=key)
    assert await create(alice, log, key=key) == first
    assert len((await alice.call("Bots.ListHooks", pb.ListHooksRequest(log=log))).hooks) == 1


async def test_a_group_has_so_many(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_module, "HOOKS_MAX", 1)
    (alice,) = await server.people("alice")
    log = await group(alice)
    await create(alice, log)
    with refused(ResourceExhausted, "too_many_hooks"):
        await create(alice, log)


async def hooks(client: Client, log: str) -> dict[str, pb.Hook]:
    reply = await client.call("Bots.ListHooks", pb.ListHooksRequest(log=log))
    return {hook.name: hook for hook in reply.hooks}


@pytest.mark.parametrize("how", ["removed", "left", "deleted"])
async def test_a_hook_ends_when_its_maker_is_out_of_the_group(server: TestServer, how: str) -> None:
    """Who was removed knows the secret, and would go on speaking. The admins who are left see it ended."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    role = chat_pb2.SetRoleRequest(log=log, user=bobby.user, role=chat_pb2.ROLE_ADMIN)
    await alice.call("Chat.SetRole", role)
    kept, url = (await create(alice, log)).url, (await create(bobby, log, "Mine")).url
    assert (await post(server, url, {"text": "hello"})).status == 200
    if how == "removed":
        await alice.call("Chat.RemoveMembers", chat_pb2.RemoveMembersRequest(log=log, users=[bobby.user]))
    elif how == "left":
        await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    else:
        identity = server.core.platform.use(Identity)
        await server.core.platform.writer.work(lambda tx: identity.delete(tx, bobby.user))
    reply = await post(server, url, {"text": "still here"})
    assert (reply.status, reply.body["error"]) == (404, "no_such_hook")
    assert (await post(server, kept, {"text": "I stay"})).status == 200
    members = (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation.members
    assert sorted(each.profile.name for each in members) == ["Alice", "CI"]
    listed = await hooks(alice, log)
    mine = listed["Mine"]
    assert (mine.by, mine.ending) == (bobby.user, pb.ENDING_MAKER_LEFT)
    assert mine.ended_at_ms == server.clock.now_ms()
    assert (listed["CI"].ended_at_ms, listed["CI"].ending) == (0, pb.ENDING_NONE)
    await alice.call("Bots.RemoveHook", pb.RemoveHookRequest(id=mine.id))
    assert list(await hooks(alice, log)) == ["CI"]


async def test_a_hook_ends_when_what_speaks_for_it_is_removed(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    log = await group(alice)
    url = (await create(alice, log)).url
    members = (await alice.call("Chat.Get", chat_pb2.GetRequest(log=log))).conversation.members
    (voice,) = (each.profile.user for each in members if each.profile.name == "CI")
    await alice.call("Chat.RemoveMembers", chat_pb2.RemoveMembersRequest(log=log, users=[voice]))
    assert (await post(server, url, {"text": "still here"})).status == 404
    ended = (await hooks(alice, log))["CI"]
    assert ended.ending == pb.ENDING_REMOVED
    await alice.call("Bots.RemoveHook", pb.RemoveHookRequest(id=ended.id))
    assert await hooks(alice, log) == {}
    assert (await alice.call("Bots.ListBots", pb.ListBotsRequest())).bots == []


async def test_of_the_hooks_that_ended_the_oldest_are_forgotten(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks_module, "LISTED_MAX", 2)
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    role = chat_pb2.SetRoleRequest(log=log, user=bobby.user, role=chat_pb2.ROLE_ADMIN)
    await alice.call("Chat.SetRole", role)
    for name in ("First", "Second"):
        await create(bobby, log, name)
        server.clock.advance(1)
    await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    await create(alice, log)
    assert list(await hooks(alice, log)) == ["Second", "CI"]
