from __future__ import annotations

import asyncio
import io
import json
import zipfile
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from hutong.features.belongings import copying, ending, exports, pages
from hutong.features.belongings.store import Export
from hutong.features.files.tests.uploading import file_message, picture, picture_message, read, upload
from hutong.local import PASSWORD
from hutong.platform.database import Executor, metadata
from hutong.platform.errors import NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from hutong.platform.events import kind_of
from hutong.platform.writer import Transaction
from hutong.schema import belongings_pb2 as pb
from hutong.schema import chat_pb2, identity_pb2, preferences_pb2, scheduled_pb2
from hutong.testing import Client, TestServer, refused

SAID = kind_of(chat_pb2.MessageSent)
WORKING, READY, FAILED = pb.Export.STATE_WORKING, pb.Export.STATE_READY, pb.Export.STATE_FAILED


async def say(client: Client, log: str, text: str) -> int:
    request = chat_pb2.SendRequest(log=log, content=chat_pb2.Content(text=text))
    return int((await client.call("Chat.Send", request)).seq)


async def state(client: Client) -> pb.Export:
    reply: pb.ExportStateReply = await client.call("Belongings.ExportState", pb.ExportStateRequest())
    return reply.export


async def exported(server: TestServer, client: Client, *, files: bool = True) -> zipfile.ZipFile:
    await client.call("Belongings.Export", pb.ExportRequest(files=files))
    return await ready(client)


async def ready(client: Client) -> zipfile.ZipFile:
    made = await state(client)
    for _ in range(2000):
        if made.state != WORKING:
            break
        made = await state(client)
    assert made.state == READY
    data = await read(client, made.blob)
    assert len(data) == made.size_bytes
    return zipfile.ZipFile(io.BytesIO(data))


async def delete(
    client: Client, *, password: str = PASSWORD, messages: bool = False, key: bytes | None = None
) -> None:
    request = pb.DeleteAccountRequest(password=password, messages=messages)
    await client.call("Belongings.DeleteAccount", request, key=key)


# ---- space ----


async def test_what_takes_space_by_conversation_the_largest_first(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    one, other = [await server.conversation(alice, each) for each in (bobby, carol)]
    big, small = bytes(5000), b"small"
    for data, logs in ((small, [one, other]), (big, [other])):
        blob = (await upload(alice, data)).blob
        for log in logs:
            await alice.call("Chat.Send", file_message(log, blob))
    reply: pb.SpaceReply = await alice.call("Belongings.Space", pb.SpaceRequest())
    assert reply.size_bytes == 5005
    assert [(each.log, each.size_bytes, each.files) for each in reply.conversations] == [
        (other, 5005, 2),
        (one, 5, 1),
    ]
    assert (reply.largest[0].log, reply.largest[0].seq, reply.largest[0].name) == (other, 3, "report.pdf")
    assert not (await bobby.call("Belongings.Space", pb.SpaceRequest())).conversations
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=other, seq=3))
    assert (await alice.call("Belongings.Space", pb.SpaceRequest())).size_bytes == 5


# ---- a copy ----


async def test_a_copy_has_everything_one_may_read(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await say(bobby, log, "<script>alert('hi')</script> 你好")
    taken_back = await say(bobby, log, "not for eyes")
    await bobby.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=taken_back))
    first = await say(alice, log, "frist")
    wording = chat_pb2.Content(text="first")
    await alice.call("Chat.Edit", chat_pb2.EditRequest(log=log, seq=first, content=wording))
    photo = picture(40, 30)
    shown = await upload(bobby, photo)
    await bobby.call("Chat.Send", picture_message(log, shown.blob, shown.thumbnail))
    archive = await exported(server, alice)
    page = archive.read("conversations/0001.html").decode()
    assert "&lt;script&gt;alert(" in page
    assert "<script" not in page
    assert "你好" in page
    assert "not for eyes" not in page
    assert "This message was taken back." in page
    assert "frist" not in page
    assert "first</p>" in page
    path = f"files/{shown.blob[:16]}.png"
    assert f'src="../{path}"' in page
    assert archive.read(path) == photo
    events = json.loads(archive.read("conversations/0001.json"))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[1]["body"]["content"]["text"].startswith("<script>")
    assert json.loads(archive.read("account.json"))["profile"]["handle"] == "alice"
    assert "Bobby" in archive.read("index.html").decode()
    assert json.loads(archive.read("inbox.json"))


def test_what_sounds_and_moves_plays_in_a_copy_and_is_linked() -> None:
    words = pages.WORDS["en"]
    for content, element in (
        (chat_pb2.Content(voice=chat_pb2.Voice(blob="b")), "audio"),
        (chat_pb2.Content(video=chat_pb2.Video(blob="b", name="Film")), "video"),
    ):
        there = pages.message(words, "Lin", 0, content, lambda _: "../files/a&b", edited=False)
        assert f'<{element} controls preload="none" src="../files/a&amp;b"></{element}>' in there
        assert '<a href="../files/a&amp;b">' in there
        missing = pages.message(words, "Lin", 0, content, lambda _: "", edited=False)
        assert "src=" not in missing
    said = chat_pb2.Content(text="\u0645\u0631\u062d\u0628\u0627")
    assert '<p dir="auto">' in pages.message(words, "Lin", 0, said, lambda _: "", edited=False)


async def test_without_files_there_are_none_and_nobody_else_may_read_it(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await alice.call("Chat.Send", file_message(log, (await upload(alice, b"report")).blob))
    archive = await exported(server, alice, files=False)
    assert not [name for name in archive.namelist() if name.startswith("files/")]
    with refused(NotFound, "no_such_blob"):
        await read(bobby, (await state(alice)).blob)


async def test_a_newcomer_gets_only_what_they_may_read(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    request = chat_pb2.CreateGroupRequest(title="Team", users=[bobby.user])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    await say(alice, log, "before carol")
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    await say(alice, log, "with carol")
    archive = await exported(server, carol)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"with carol" in everything
    assert b"before carol" not in everything


async def test_a_new_copy_replaces_the_old_one_and_both_end(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = await server.people("alice")
    await exported(server, alice)
    first = (await state(alice)).blob
    server.clock.advance(2)
    await exported(server, alice)
    second = (await state(alice)).blob
    assert second != first
    with refused(NotFound, "no_such_blob"):
        await read(alice, first)
    monkeypatch.setattr(exports, "KEEP_MS", 1000)
    server.clock.advance(exports._TIDY_EVERY_S + 1)
    for _ in range(2000):
        if not (await state(alice)).blob:
            break
    assert await state(alice) == pb.Export()
    with refused(NotFound, "no_such_blob"):
        await read(alice, second)


async def test_one_that_was_being_made_is_made_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    async with TestServer.run(tmp_path) as server:
        (alice,) = await server.people("alice")
        monkeypatch.setattr(exports.Exports, "_make_all", never)
    async with TestServer.run(tmp_path) as server:
        key, device, profile = alice.key, alice.device, alice.profile
        alice = Client(server)
        alice.key, alice.device, alice.profile = key, device, profile
        await alice.resume()
        await alice.call("Belongings.Export", pb.ExportRequest())
        assert (await state(alice)).state == WORKING
    monkeypatch.undo()
    (tmp_path / "exports" / "left.zip").write_bytes(b"half")
    async with TestServer.run(tmp_path) as server:
        alice = Client(server)
        alice.key, alice.device, alice.profile = key, device, profile
        await alice.resume()
        assert (await ready(alice)).namelist()
        assert not list((tmp_path / "exports").iterdir())


async def test_a_copy_that_fails_says_so(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(copying.Copying, "write", fail)
    (alice,) = await server.people("alice")
    await alice.call("Belongings.Export", pb.ExportRequest())
    for _ in range(2000):
        if (await state(alice)).state != WORKING:
            break
    assert (await state(alice)).state == FAILED
    for _ in range(exports.EXPORTS.burst - 1):
        await alice.call("Belongings.Export", pb.ExportRequest())
        for _ in range(2000):
            if (await state(alice)).state != WORKING:
                break
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Belongings.Export", pb.ExportRequest())


async def test_what_fails_for_a_moment_is_tried_again(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, failures = exports.Exports._keep, ["once"]

    def fail_once(self: exports.Exports, tx: Transaction, *rows: Export) -> bool:
        if failures:
            failures.pop()
            raise OSError("the disk is full")
        return keep(self, tx, *rows)

    monkeypatch.setattr(exports.Exports, "_keep", fail_once)
    (alice,) = await server.people("alice")
    await alice.call("Belongings.Export", pb.ExportRequest())
    for _ in range(2000):
        if (await state(alice)).state == READY:
            break
        server.clock.advance(1)
    assert (await state(alice)).state == READY
    assert not failures


# ---- the end ----


async def test_an_account_ends_and_what_it_said_stays_with_nobodys_name(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    await say(alice, log, "remember me")
    request = chat_pb2.CreateGroupRequest(title="Team", users=[bobby.user])
    group = (await alice.call("Chat.CreateGroup", request)).conversation.log
    with refused(PermissionDenied, "wrong_password"):
        await delete(alice, password="wrong horse")
    key = server.new_key()
    await delete(alice, key=key)
    await delete(alice, key=key)
    server.clock.advance(1)
    await alice.until(lambda: alice.goodbye is not None)
    with refused(Unauthenticated, "wrong_password"):
        await Client(server).log_in("alice")
    profiles = await bobby.call("Identity.GetProfiles", identity_pb2.GetProfilesRequest(users=[alice.user]))
    assert profiles.profiles[0].deleted
    assert "lice" not in str(profiles)
    conversation = (await bobby.call("Chat.Get", chat_pb2.GetRequest(log=group))).conversation
    assert [(each.profile.handle, each.role) for each in conversation.members] == [
        ("bobby", chat_pb2.ROLE_OWNER)
    ]
    said = (await bobby.call("Chat.Get", chat_pb2.GetRequest(log=log, recent=10))).conversation.recent
    assert b"remember me" in b"".join(event.body for event in said)
    with pytest.raises(PermissionDenied):
        await say(bobby, log, "are you there?")


async def standing(client: Client, log: str) -> list[str]:
    """Return the texts that were not taken back."""
    reply = await client.call("Chat.Get", chat_pb2.GetRequest(log=log, recent=50))
    bodies = [event.body for event in reply.conversation.recent if event.kind == SAID and event.body]
    return [chat_pb2.MessageSent.FromString(body).content.text for body in bodies]


async def until_standing(client: Client, log: str, texts: list[str]) -> None:
    async with asyncio.timeout(60):
        while await standing(client, log) != texts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_was_said_is_taken_back_if_wanted_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_AT_ONCE", 2)
    monkeypatch.setattr(ending, "_PAUSE_S", 1000)  # the first server gets no further than one batch
    async with TestServer.run(tmp_path) as server:
        alice, bobby = await server.friends("alice", "bobby")
        log = await server.conversation(alice, bobby)
        for number in range(5):
            await say(alice, log, f"secret {number}")
        await say(bobby, log, "mine")
        await delete(alice, messages=True)
        await until_standing(bobby, log, ["secret 2", "secret 3", "secret 4", "mine"])
    monkeypatch.setattr(ending, "_PAUSE_S", 0)
    async with TestServer.run(tmp_path) as server:
        again = Client(server)
        again.key, again.device, again.profile = bobby.key, bobby.device, bobby.profile
        await again.resume()
        await until_standing(again, log, ["mine"])


async def test_the_copy_of_an_account_ends_with_it(server: TestServer, tmp_path: Path) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    await exported(server, alice)
    blob = (await state(alice)).blob
    assert list((tmp_path / "blobs").rglob(blob))
    await delete(alice)
    await bobby.until(lambda: not list((tmp_path / "blobs").rglob(blob)))
    assert await rows(server, "export", "blob", "blob_grant") == [0, 0, 0]


async def test_what_an_account_wanted_to_say_ends_with_it(server: TestServer) -> None:
    """MSG14, PREF6: nobody hears from somebody who is gone, and nothing of it is kept"""
    alice, bobby = await server.friends("alice", "bobby")
    saved = await server.conversation(alice, alice)
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, b"a secret")).blob
    at_ms = server.clock.now_ms() + 60_000
    for each in (saved, log):
        content = file_message(each, blob).content
        schedule = scheduled_pb2.ScheduleRequest(log=each, content=content, at_ms=at_ms)
        await alice.call("ScheduledMessages.Schedule", schedule)
    draft = preferences_pb2.Draft(log=log, text="Dear Bobby")
    await alice.call("Preferences.SetDraft", preferences_pb2.SetDraftRequest(draft=draft))
    account = preferences_pb2.Account(language="zh")
    await alice.call("Preferences.SetAccount", preferences_pb2.SetAccountRequest(account=account))
    count = partial(rows, server)
    assert await count("scheduled", "account_preference", "draft") == [2, 1, 1]
    await delete(alice)
    assert await count("scheduled", "account_preference", "draft") == [0, 0, 0]
    granted = sa.text("SELECT COUNT(*) FROM blob_grant WHERE log LIKE 'scheduled:%'")
    assert await server.core.platform.read(lambda read: read.execute(granted).scalar_one()) == 0


async def rows(server: TestServer, *tables: str) -> list[int]:
    """Return how many rows these tables have."""

    def counted(read: Executor) -> list[int]:
        queries = [sa.select(sa.func.count()).select_from(metadata.tables[each]) for each in tables]
        return [int(read.execute(query).scalar_one()) for query in queries]

    return await server.core.platform.read(counted)
