"""Who may read what, and what nobody is told."""

from __future__ import annotations

from functools import partial

from hutong.features.files import store
from hutong.features.files.access import PROFILE_PICTURE_BYTES_MAX
from hutong.features.files.api import Files
from hutong.features.files.service import MISSES
from hutong.features.files.tests.uploading import (
    CHUNK,
    begin,
    blob_of,
    file_message,
    picture,
    picture_message,
    read,
    upload,
    write_all,
)
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.platform.writer import Transaction
from hutong.schema import chat_pb2, identity_pb2
from hutong.schema import files_pb2 as pb
from hutong.testing import Client, TestServer, refused

DATA = b"the report" * 100


async def cannot_read(client: Client, blob: str) -> None:
    with refused(NotFound, "no_such_blob"):
        await client.call("Files.Read", pb.ReadRequest(blob=blob, length=10))


async def test_an_upload_is_the_uploaders_alone(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    blob = (await upload(alice, DATA)).blob
    phone = await Client(server).log_in("alice")
    assert await read(phone, blob) == DATA
    await cannot_read(bobby, blob)
    with refused(NotFound, "no_such_blob"):
        await bobby.call("Files.Finish", pb.FinishRequest(upload=blob))
    for name in ("0" * 64, "", "../hutong.db", blob.upper()):
        await cannot_read(alice, name)


async def test_a_message_shares_with_the_conversation(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, DATA)).blob
    await alice.call("Chat.Send", file_message(log, blob))
    assert await read(bobby, blob) == DATA
    await cannot_read(carol, blob)


async def test_nobody_shares_what_they_cannot_read(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, DATA)).blob
    with refused(NotFound, "no_such_blob"):
        await bobby.call("Chat.Send", file_message(log, blob))
    await cannot_read(bobby, blob)
    own = (await upload(bobby, b"mine")).blob
    with refused(NotFound, "no_such_blob"):
        await bobby.call("Chat.Send", picture_message(log, own, blob))
    await cannot_read(bobby, blob)


async def test_who_received_a_file_may_forward_it(server: TestServer) -> None:
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    blob = (await upload(alice, DATA)).blob
    await alice.call("Chat.Send", file_message(await server.conversation(alice, bobby), blob))
    await bobby.call("Chat.Send", file_message(await server.conversation(bobby, carol), blob))
    assert await read(carol, blob) == DATA


async def test_a_recall_takes_its_file_back(server: TestServer) -> None:
    """With the last message of the conversation that shows it; a retry of that message shares it no more."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, DATA)).blob
    keys = [server.new_key(), server.new_key()]
    sent = [await alice.call("Chat.Send", file_message(log, blob), key=key) for key in keys]
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=sent[0].seq))
    assert await read(bobby, blob) == DATA
    await alice.call("Chat.Recall", chat_pb2.RecallRequest(log=log, seq=sent[1].seq))
    await cannot_read(bobby, blob)
    await alice.call("Chat.Send", file_message(log, blob), key=keys[1])
    await cannot_read(bobby, blob)
    assert await read(alice, blob) == DATA


async def test_who_leaves_reads_no_more(server: TestServer) -> None:
    """A remembered way to a file is looked at again each time."""
    alice, bobby, carol = await server.friends("alice", "bobby", "carol")
    request = chat_pb2.CreateGroupRequest(title="Team", users=[bobby.user])
    log = (await alice.call("Chat.CreateGroup", request)).conversation.log
    blob = (await upload(alice, DATA)).blob
    await alice.call("Chat.Send", file_message(log, blob))
    assert await read(bobby, blob) == DATA
    await bobby.call("Chat.Leave", chat_pb2.LeaveRequest(log=log))
    await cannot_read(bobby, blob)
    await alice.call("Chat.AddMembers", chat_pb2.AddMembersRequest(log=log, users=[carol.user]))
    assert await read(carol, blob) == DATA


async def test_whether_somebody_else_has_a_file_is_not_told(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    photo = picture(600, 300)
    mine = await upload(alice, photo)
    begun = await bobby.call("Files.Begin", begin(photo))
    assert (bool(begun.upload), begun.offset, begun.blob) == (True, 0, "")
    await cannot_read(bobby, mine.blob)
    await write_all(bobby, begun.upload, photo)
    assert await bobby.call("Files.Finish", pb.FinishRequest(upload=begun.upload)) == mine
    assert await read(bobby, mine.blob) == photo
    assert await read(bobby, mine.thumbnail)
    assert await read(alice, mine.blob) == photo


async def test_who_may_read_a_file_need_not_send_it(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    photo = picture(600, 300)
    mine = await upload(alice, photo)
    await alice.call("Chat.Send", picture_message(log, mine.blob, mine.thumbnail))
    begun = await bobby.call("Files.Begin", begin(photo))
    assert begun == pb.BeginReply(blob=mine.blob)
    assert await bobby.call("Files.Finish", pb.FinishRequest(upload=begun.blob)) == mine


async def test_a_refused_message_shares_nothing(server: TestServer) -> None:
    """The grant and the message are one transaction."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, DATA)).blob
    with refused(NotFound, "no_such_blob"):
        await alice.call("Chat.Send", picture_message(log, blob, "0" * 64))
    await cannot_read(bobby, blob)


# ---- pictures ----


async def test_a_picture_has_a_thumbnail_of_its_own(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    photo = picture(1200, 600, "JPEG")
    reply = await upload(alice, photo)
    assert (reply.width, reply.height, reply.media_type) == (1200, 600, "image/jpeg")
    small = await read(alice, reply.thumbnail)
    assert blob_of(small) == reply.thumbnail
    assert len(small) < len(photo)
    await cannot_read(bobby, reply.thumbnail)


async def test_what_a_file_is_called_does_not_make_it_a_picture(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA, "image/png"))
    await write_all(alice, begun.upload, DATA)
    reply = await alice.call("Files.Finish", pb.FinishRequest(upload=begun.upload))
    assert reply == pb.FinishReply(blob=blob_of(DATA))


async def test_a_profile_picture_is_for_everybody(server: TestServer) -> None:
    alice, stranger = await server.people("alice", "stranger")
    blob = (await upload(alice, picture(200, 200))).blob
    await cannot_read(stranger, blob)
    request = identity_pb2.UpdateProfileRequest(name="Alice", picture=blob)
    assert (await alice.call("Identity.UpdateProfile", request)).profile.picture == blob
    assert await read(stranger, blob) == picture(200, 200)


async def test_what_cannot_be_a_profile_picture(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    theirs = (await upload(bobby, picture(200, 200))).blob
    text = (await upload(alice, DATA)).blob
    large = (await upload(alice, picture(100, 100) + bytes(PROFILE_PICTURE_BYTES_MAX))).blob
    for blob, kind, reason in (
        (theirs, NotFound, "no_such_blob"),
        (text, InvalidArgument, "not_a_picture"),
        (large, InvalidArgument, "file_too_large"),
    ):
        with refused(kind, reason):
            request = identity_pb2.UpdateProfileRequest(name="Alice", picture=blob)
            await alice.call("Identity.UpdateProfile", request)
    await cannot_read(alice, theirs)
    await cannot_read(bobby, text)


async def test_publishing_needs_the_right_to_read(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    blob = (await upload(alice, DATA)).blob
    files, writer = server.core.platform.use(Files), server.core.platform.writer

    def publish(user: str, tx: Transaction) -> None:
        files.publish(tx, user, blob)

    with refused(NotFound, "no_such_blob"):
        await writer.work(partial(publish, bobby.user))
    await cannot_read(bobby, blob)
    await writer.work(partial(publish, alice.user))
    assert await read(bobby, blob) == DATA


# ---- reading ----


async def test_ranges(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    blob = (await upload(alice, DATA)).blob
    size = len(DATA)
    for offset, length, expected in (
        (0, 10, DATA[:10]),
        (995, 10, DATA[995:]),
        (size, 10, b""),
        (2**63, 10, b""),
        (0, 0, b""),
        (0, CHUNK, DATA),
    ):
        reply = await alice.call("Files.Read", pb.ReadRequest(blob=blob, offset=offset, length=length))
        assert (reply.data, reply.size_bytes) == (expected, size)
    with refused(InvalidArgument, "length_too_large"):
        await alice.call("Files.Read", pb.ReadRequest(blob=blob, length=CHUNK + 1))


async def test_guessing_is_slow_and_reading_is_not(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    blob = (await upload(alice, DATA)).blob
    for number in range(MISSES.burst):
        await cannot_read(alice, f"{number:064}")
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Files.Read", pb.ReadRequest(blob="0" * 64, length=1))
    for _ in range(MISSES.burst):
        await alice.call("Files.Read", pb.ReadRequest(blob=blob, length=1))


async def test_a_file_that_was_shared_everywhere(server: TestServer) -> None:
    """However many conversations have it, the one the reader is in is found, and found again."""
    alice, bobby = await server.friends("alice", "bobby")
    log = await server.conversation(alice, bobby)
    blob = (await upload(alice, DATA)).blob

    def share(tx: Transaction) -> None:
        for number in range(300):
            store.put_grant(tx, blob, f"chat:{number}")

    await server.core.platform.writer.work(share)
    await cannot_read(bobby, blob)
    await alice.call("Chat.Send", file_message(log, blob))
    assert await read(bobby, blob) == DATA
    assert await read(bobby, blob) == DATA
