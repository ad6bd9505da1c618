"""Every kind of content through a real server: what is kept, who may read its files, what it answers."""

from __future__ import annotations

import pytest

from hutong.features.chat import rooms
from hutong.features.chat.tests.saying import edit, file, get, group, recall, say, sent
from hutong.features.files.tests.uploading import read, upload
from hutong.platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from hutong.platform.limits import Rate
from hutong.schema import calls_pb2, identity_pb2, reactions_pb2, transfers_pb2
from hutong.schema import chat_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def test_every_kind_arrives_as_it_was_sent(server: TestServer) -> None:
    """MSG1"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    blobs = [(await upload(alice, data)).blob for data in (b"one", b"two", b"three")]
    contents = [
        pb.Content(text="hello"),
        pb.Content(picture=pb.Picture(blob=blobs[0], thumbnail=blobs[1], original=blobs[2], name="a.jpg")),
        pb.Content(file=pb.File(blob=blobs[0], name="a.pdf")),
        pb.Content(
            voice=pb.Voice(blob=blobs[0], media_type="audio/ogg", duration_ms=900, waveform=b"\x01\xff")
        ),
        pb.Content(video=pb.Video(blob=blobs[0], poster=blobs[1], name="a.mp4", media_type="video/mp4")),
        pb.Content(location=pb.Location(latitude_e7=1, longitude_e7=-1, name="Here")),
        pb.Content(sticker=pb.Sticker(blob=blobs[0], emoji="😀", width=9, height=9)),
        pb.Content(poll=pb.Poll(question="Tea?", options=["yes", "no"])),
    ]
    for content in contents:
        seq = await say(alice, log, content)
        assert await sent(bobby, log, seq) == pb.MessageSent(content=content)
    for blob, data in zip(blobs, (b"one", b"two", b"three"), strict=True):
        assert await read(bobby, blob) == data


async def test_files_one_cannot_read_cannot_be_sent(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    mine, theirs = (await upload(alice, b"mine")).blob, (await upload(bobby, b"theirs")).blob
    for content in (
        pb.Content(picture=pb.Picture(blob=mine, original=theirs, name="a.jpg")),
        pb.Content(voice=pb.Voice(blob=mine, transcribed=theirs, duration_ms=1)),
        pb.Content(video=pb.Video(blob=mine, poster=theirs, name="a.mp4")),
        pb.Content(sticker=pb.Sticker(blob=theirs)),
        pb.Content(sticker=pb.Sticker(blob="")),
    ):
        with refused(NotFound, "no_such_blob"):
            await say(alice, log, content)
    assert (await get(alice, log)).head == 1
    with refused(NotFound, "no_such_blob"):
        await read(bobby, mine)  # what failed gave nothing away


async def test_a_card_shows_what_the_server_knows(server: TestServer) -> None:
    """MSG3: and a retry is the same message, though the profile has changed since."""
    alice, bobby = await server.friends("alice", "bobby")
    log, key = await server.conversation(alice, bobby), server.new_key()
    claimed = identity_pb2.Profile(user=bobby.user, name="The Boss", about="lies")
    request = pb.SendRequest(log=log, content=pb.Content(card=pb.Card(profile=claimed)))
    first = await alice.call("Chat.Send", request, key=key)
    known = (await sent(bobby, log, first.seq)).content.card.profile
    assert (known.user, known.handle, known.name, known.about) == (bobby.user, "bobby", "Bobby", "")
    await bobby.call("Identity.UpdateProfile", identity_pb2.UpdateProfileRequest(name="Robert"))
    assert await alice.call("Chat.Send", request, key=key) == first
    with refused(AlreadyExists, "key_reused"):
        other = pb.Content(card=pb.Card(profile=identity_pb2.Profile(user=alice.user)))
        await alice.call("Chat.Send", pb.SendRequest(log=log, content=other), key=key)
    with refused(NotFound, "no_such_user"):
        await say(alice, log, pb.Content(card=pb.Card(profile=identity_pb2.Profile(user="nobody"))))


async def test_what_only_the_server_says_is_refused(server: TestServer) -> None:
    """MSG2"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    seq = await say(alice, log)
    theirs = identity_pb2.Profile(user=bobby.user, name="Bobby")
    for content in (
        pb.Content(bundle=pb.Bundle(title="x", messages=[pb.Bundled(content=pb.Content(text="never said"))])),
        pb.Content(text="never said", forwarded_from=theirs),
    ):
        with refused(PermissionDenied, "server_only"):
            await say(alice, log, content)
        with refused(PermissionDenied, "server_only"):
            await alice.call("Chat.Edit", pb.EditRequest(log=log, seq=seq, content=content))
    preview = pb.Preview(url="https://a.example", title="Never fetched", proof=b"x" * 32)
    with refused(InvalidArgument, "bad_preview"):
        await say(alice, log, pb.Content(text="https://a.example", preview=preview))


async def test_an_answer_stands_in_the_same_conversation(server: TestServer) -> None:
    """MSG4"""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await group(alice, bobby)
    elsewhere = await server.conversation(alice, bobby)
    question = await say(alice, log, "tea?")
    for _ in range(9):
        await say(alice, elsewhere)
    answer = await say(bobby, log, pb.Content(text="yes", reply_to=question))
    assert (await sent(alice, log, answer)).content.reply_to == question
    for nothing in (1, answer + 1, 10, 2**32 - 1):  # 1 says that the group was created
        with refused(NotFound, "no_such_event"):
            await say(bobby, log, pb.Content(text="yes", reply_to=nothing))
    await alice.call("Chat.AddMembers", pb.AddMembersRequest(log=log, users=[carol.user]))
    with refused(NotFound, "no_such_event"):
        await say(carol, log, pb.Content(text="me too", reply_to=question))
    await recall(alice, log, question)
    await say(bobby, log, pb.Content(text="oh", reply_to=question))  # it was there when this was written


async def test_a_poll_that_would_be_over_is_not_asked(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    now = server.clock.now_ms()
    for closes_ms, reason in ((now, "bad_time"), (-1, "bad_time")):
        poll = pb.Poll(question="Tea?", options=["a", "b"], closes_ms=closes_ms)
        with refused(InvalidArgument, reason):
            await say(alice, log, pb.Content(poll=poll))
    await say(alice, log, pb.Content(poll=pb.Poll(question="Tea?", options=["a", "b"], closes_ms=now + 1)))


async def test_recalling_takes_every_file_back(server: TestServer) -> None:
    """MSG8"""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    film, poster = (await upload(alice, b"film")).blob, (await upload(alice, b"poster")).blob
    seq = await say(alice, log, pb.Content(video=pb.Video(blob=film, poster=poster, name="a.mp4")))
    assert await read(bobby, poster) == b"poster"
    await recall(alice, log, seq)
    for blob in (film, poster):
        with refused(NotFound, "no_such_blob"):
            await read(bobby, blob)


# ---- saved messages ----


async def test_saved_messages_are_a_conversation_with_oneself(server: TestServer) -> None:
    """MSG15"""
    (alice,) = await server.people("alice")
    phone = await Client(server).log_in("alice")
    opened = (await alice.call("Chat.Open", pb.OpenRequest(user=alice.user))).conversation
    log = opened.log
    assert (opened.saved, opened.group, opened.member_count, len(opened.members)) == (True, False, 1, 1)
    assert (await phone.call("Chat.Open", pb.OpenRequest(user=alice.user))).conversation.log == log
    seq = await say(alice, log, await file(alice, b"note"))
    await alice.call("Reactions.React", reactions_pb2.ReactRequest(log=log, seq=seq, emoji="👍", on=True))
    assert (await get(phone, log)).unread == 0
    await alice.call("Chat.Type", pb.TypeRequest(log=log, typing=True))
    listed = (await alice.call("Chat.List", pb.ListRequest())).conversations
    assert [(each.log, each.saved) for each in listed] == [(log, True)]
    with refused(FailedPrecondition, "not_direct"):
        await alice.call("Calls.Start", calls_pb2.StartRequest(log=log))
    with refused(FailedPrecondition, "not_direct"):
        offer = transfers_pb2.OfferRequest(log=log, name="a", size_bytes=1)
        await alice.call("Transfers.Offer", offer)


async def test_a_busy_group_says_when_to_come_again(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MSG16: whatever is said counts, and nothing of what was refused is kept."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await group(alice, bobby)
    monkeypatch.setattr(rooms, "GROUP_EVENTS", Rate("few_events", burst=3, every_s=1))
    seqs = [await say(alice, log), await say(bobby, log)]
    await edit(alice, log, seqs[0], "other words")
    with refused(ResourceExhausted, "group_busy"):
        await say(bobby, log, pb.Content(text="x", reply_to=seqs[0]))
    server.clock.advance(1)
    assert await say(bobby, log) == seqs[1] + 2
