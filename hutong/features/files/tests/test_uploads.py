from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hutong.features.files.partials import RESERVED_BYTES
from hutong.features.files.tests.uploading import CHUNK, begin, blob_of, read, upload, write_all
from hutong.features.files.uploads import ALIVE_MS, BEGINS, KEEP_MS, UPLOADS_OPEN_MAX, Uploads
from hutong.platform.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unavailable,
)
from hutong.schema import files_pb2 as pb
from hutong.testing import Client, TestServer, refused

DATA = bytes(range(256)) * 2500  # 640,000 bytes: three chunks


def partials(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "uploads").iterdir())


def blobs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "blobs").iterdir())


async def test_signed_out_nothing_is_answered(server: TestServer) -> None:
    for name in ("Begin", "Write", "Finish", "Read"):
        with refused(Unauthenticated, "signed_out"):
            await Client(server).call(f"Files.{name}", server.method(f"Files.{name}").request_class())


@pytest.mark.parametrize("size_bytes", [0, 1, CHUNK, CHUNK + 1, len(DATA)])
async def test_an_upload_in_chunks(server: TestServer, tmp_path: Path, size_bytes: int) -> None:
    (alice,) = await server.people("alice")
    data = DATA[:size_bytes]
    reply = await upload(alice, data)
    assert reply == pb.FinishReply(blob=blob_of(data))
    assert await read(alice, reply.blob) == data
    assert partials(tmp_path) == []
    assert blobs(tmp_path) == [reply.blob]
    assert (tmp_path / "blobs" / reply.blob).read_bytes() == data


async def test_chunks_sent_together_are_written_in_order(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    upload = (await alice.call("Files.Begin", begin(DATA))).upload
    method = server.method("Files.Write")
    requests = [
        pb.WriteRequest(upload=upload, offset=offset, data=DATA[offset : offset + 10_000])
        for offset in range(0, len(DATA), 10_000)
    ]
    replies = await asyncio.gather(*(alice.request(method, each.SerializeToString()) for each in requests))
    offsets = [pb.WriteReply.FromString(reply.body).offset for reply in replies]
    assert offsets == [*range(10_000, len(DATA), 10_000), len(DATA)]
    reply = await alice.call("Files.Finish", pb.FinishRequest(upload=upload))
    assert await read(alice, reply.blob) == DATA


async def test_chunks_in_the_wrong_place(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    upload = (await alice.call("Files.Begin", begin(DATA))).upload

    async def write(offset: int, data: bytes) -> int:
        request = pb.WriteRequest(upload=upload, offset=offset, data=data)
        return int((await alice.call("Files.Write", request)).offset)

    assert await write(0, DATA[:1000]) == 1000
    assert await write(0, b"x" * 1000) == 1000  # a retry, or nonsense: changes nothing
    assert await write(500, DATA[500:2000]) == 1000
    assert await write(1000, b"") == 1000
    with refused(FailedPrecondition, "continue_at:1000"):
        await write(1001, DATA[1001:2000])
    with refused(InvalidArgument, "chunk_too_large"):
        await write(1000, bytes(CHUNK + 1))
    with refused(InvalidArgument, "beyond_size"):
        await write(len(DATA) - 10, bytes(11))
    with refused(FailedPrecondition, "continue_at:1000"):
        await alice.call("Files.Finish", pb.FinishRequest(upload=upload))
    await write_all(alice, upload, DATA, 1000)
    await alice.call("Files.Finish", pb.FinishRequest(upload=upload))


async def test_nobody_touches_a_strangers_upload(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    upload = (await alice.call("Files.Begin", begin(DATA))).upload
    for name in (upload, "", "nothing", "../hutong.db"):
        with refused(NotFound, "no_such_upload"):
            await bobby.call("Files.Write", pb.WriteRequest(upload=name, offset=0, data=b"x"))
        with refused(NotFound, "no_such_blob"):
            await bobby.call("Files.Finish", pb.FinishRequest(upload=name))
    await write_all(alice, upload, DATA)
    await alice.call("Files.Finish", pb.FinishRequest(upload=upload))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.BeginRequest(size_bytes=1, sha256=b"short"), "bad_hash"),
        (pb.BeginRequest(size_bytes=4 * 1024**3 + 1, sha256=bytes(32)), "file_too_large"),
        (pb.BeginRequest(size_bytes=2**64 - 1, sha256=bytes(32)), "file_too_large"),
    ],
)
async def test_bad_beginnings(server: TestServer, request_: pb.BeginRequest, reason: str) -> None:
    (alice,) = await server.people("alice")
    with refused(InvalidArgument, reason):
        await alice.call("Files.Begin", request_)


# ---- interruptions ----


async def test_an_upload_continues_where_the_server_is(server: TestServer, tmp_path: Path) -> None:
    (alice,) = await server.people("alice")
    first = await alice.call("Files.Begin", begin(DATA))
    await alice.call("Files.Write", pb.WriteRequest(upload=first.upload, offset=0, data=DATA[:CHUNK]))
    alice.disconnect()
    alice.connect()
    await alice.resume()
    again = await alice.call("Files.Begin", begin(DATA))
    assert (again.upload, again.offset) == (first.upload, CHUNK)
    await write_all(alice, first.upload, DATA, CHUNK)
    finished = await alice.call("Files.Finish", pb.FinishRequest(upload=first.upload))
    assert partials(tmp_path) == []
    # A retry of the beginning after the end is told of the end.
    assert (await alice.call("Files.Begin", begin(DATA))).blob == finished.blob


@pytest.mark.usefixtures("quick_passwords")
async def test_after_a_restart_what_is_on_disk_counts(tmp_path: Path) -> None:
    async with TestServer.run(tmp_path) as server:
        (alice,) = await server.people("alice")
        begun = await alice.call("Files.Begin", begin(DATA))
        await write_all(alice, begun.upload, DATA[:300_000])
    os.truncate(tmp_path / "uploads" / begun.upload, 290_000)  # a crash may lose what was not synced
    async with TestServer.run(tmp_path) as server:
        phone = await Client(server).log_in("alice")
        again = await phone.call("Files.Begin", begin(DATA))
        assert (again.upload, again.offset) == (begun.upload, 290_000)
        await write_all(phone, again.upload, DATA, 290_000)
        await phone.call("Files.Finish", pb.FinishRequest(upload=again.upload))
        assert await read(phone, blob_of(DATA)) == DATA


async def test_a_finish_whose_reply_was_lost(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA)
    key, request = server.new_key(), pb.FinishRequest(upload=begun.upload)
    first = await alice.call("Files.Finish", request, key=key)
    assert await alice.call("Files.Finish", request, key=key) == first
    with refused(NotFound, "no_such_blob"):
        await alice.call("Files.Finish", request)
    # A client that forgot its key finds out from the beginning.
    again = await alice.call("Files.Begin", begin(DATA))
    assert (again.upload, again.blob) == ("", first.blob)
    assert await alice.call("Files.Finish", pb.FinishRequest(upload=again.blob)) == first


async def test_a_finish_goes_on_when_nobody_waits_for_it(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA)
    request = pb.FinishRequest(upload=begun.upload)
    key, method = server.new_key(), server.method("Files.Finish")
    alice.request(method, request.SerializeToString(), key, deadline_ms=1)
    reply = await alice.call("Files.Finish", request, key=key)
    assert reply.blob == blob_of(DATA)
    assert await read(alice, reply.blob) == DATA


async def test_a_damaged_file_starts_over(server: TestServer, tmp_path: Path) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA[:-1] + b"!")
    with refused(FailedPrecondition, "hash_mismatch"):
        await alice.call("Files.Finish", pb.FinishRequest(upload=begun.upload))
    assert (partials(tmp_path), blobs(tmp_path)) == ([], [])
    again = await alice.call("Files.Begin", begin(DATA))
    assert (again.upload, again.offset) == (begun.upload, 0)
    await write_all(alice, again.upload, DATA)
    assert (await alice.call("Files.Finish", pb.FinishRequest(upload=again.upload))).blob == blob_of(DATA)


# ---- bounds ----


async def test_a_person_has_a_bounded_number_of_uploads(server: TestServer) -> None:
    alice, bobby = await server.people("alice", "bobby")
    first = await alice.call("Files.Begin", begin(b"0"))
    server.clock.advance(1)
    for number in range(1, UPLOADS_OPEN_MAX):
        await alice.call("Files.Begin", begin(b"%d" % number))
    with refused(ResourceExhausted, "too_many_uploads"):
        await alice.call("Files.Begin", begin(b"one more"))
    assert (await alice.call("Files.Begin", begin(b"5"))).upload  # one of those that are open
    await bobby.call("Files.Begin", begin(b"one more"))
    # One that looks abandoned makes room.
    server.clock.advance(ALIVE_MS / 1000 - 1)
    assert (await alice.call("Files.Begin", begin(b"one more"))).upload
    with refused(NotFound, "no_such_upload"):
        await alice.call("Files.Write", pb.WriteRequest(upload=first.upload, offset=0, data=b"0"))
    with refused(ResourceExhausted, "too_many_uploads"):
        await alice.call("Files.Begin", begin(b"and another"))


async def test_beginning_often_takes_time(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    for _ in range(BEGINS.burst):
        await alice.call("Files.Begin", begin(b"x"))
    with refused(ResourceExhausted, "rate_limited"):
        await alice.call("Files.Begin", begin(b"x"))


async def pass_time(server: TestServer, seconds: float) -> None:
    """Let time pass, and what is done every hour be done."""
    uploads = next(each for each in server.core.background if isinstance(each, Uploads))
    for each in (0, seconds):
        server.clock.advance(each)
        assert uploads._tidying is not None
        await uploads._tidying


async def test_abandoned_uploads_are_removed(server: TestServer, tmp_path: Path) -> None:
    (alice,) = await server.people("alice")
    old = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, old.upload, DATA[:1000])
    await pass_time(server, KEEP_MS / 1000 / 2)
    young = await alice.call("Files.Begin", begin(b"young"))
    await write_all(alice, young.upload, b"you")
    (tmp_path / "uploads" / "orphan").write_bytes(b"of a crash")
    await pass_time(server, KEEP_MS / 1000 / 2)  # not a moment longer than it may stay
    assert partials(tmp_path) == sorted([old.upload, young.upload])
    await pass_time(server, 3600)
    assert partials(tmp_path) == [young.upload]
    with refused(NotFound, "no_such_upload"):
        await alice.call("Files.Write", pb.WriteRequest(upload=old.upload, offset=1000, data=b"x"))
    await write_all(alice, young.upload, b"young", 3)
    await alice.call("Files.Finish", pb.FinishRequest(upload=young.upload))


# ---- a disk that fails ----


class Usage(NamedTuple):
    free: int


async def test_what_cannot_fit_is_refused_at_once(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA[:100_000])
    left = len(DATA) - 100_000 + RESERVED_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(left))
    assert (await alice.call("Files.Begin", begin(DATA))).offset == 100_000
    with refused(ResourceExhausted, "disk_full"):
        await alice.call("Files.Begin", begin(DATA + b"x"))


@pytest.mark.parametrize(
    ("number", "kind", "reason"),
    [
        (28, ResourceExhausted, "disk_full"),
        (122, ResourceExhausted, "disk_full"),
        (5, Unavailable, "not_stored"),
    ],
)
async def test_a_full_disk_keeps_nothing_half(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[RpcError], reason: str
) -> None:
    """ENOSPC, EDQUOT, EIO, after half of the chunk."""
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA[:1000])
    real, calls = os.pwrite, 0

    def failing(descriptor: int, data: Any, offset: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            return real(descriptor, data[: len(data) // 2], offset)
        raise OSError(number, "the disk")

    monkeypatch.setattr(os, "pwrite", failing)
    with refused(kind, reason):
        await alice.call(
            "Files.Write", pb.WriteRequest(upload=begun.upload, offset=1000, data=DATA[1000:3000])
        )
    monkeypatch.setattr(os, "pwrite", real)
    assert (await alice.call("Files.Begin", begin(DATA))).offset == 1000
    await write_all(alice, begun.upload, DATA, 1000)
    assert (await alice.call("Files.Finish", pb.FinishRequest(upload=begun.upload))).blob == blob_of(DATA)


async def test_a_blob_that_could_not_be_recorded_is_finished_later(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = await server.people("alice")
    begun = await alice.call("Files.Begin", begin(DATA))
    await write_all(alice, begun.upload, DATA)
    request, key = pb.FinishRequest(upload=begun.upload), server.new_key()
    monkeypatch.setattr("hutong.platform.writer.QUEUE_COMMANDS_MAX", 0)
    with refused(Unavailable, "busy"):
        await alice.call("Files.Finish", request, key=key)
    monkeypatch.undo()
    assert (await alice.call("Files.Finish", request, key=key)).blob == blob_of(DATA)
    assert await read(alice, blob_of(DATA)) == DATA
