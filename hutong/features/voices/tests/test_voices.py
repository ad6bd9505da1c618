from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hutong.features.files.tests.uploading import read, upload
from hutong.features.voices import codec, service
from hutong.features.voices.tests.test_codec import pitch, recorded, tone
from hutong.platform.errors import InvalidArgument, NotFound, ResourceExhausted
from hutong.schema import voices_pb2 as pb
from hutong.testing import Client, TestServer, refused


async def convert(client: Client, blob: str, form: pb.Format, **call: bytes) -> pb.ConvertReply:
    request = pb.ConvertRequest(blob=blob, format=form)
    reply: pb.ConvertReply = await client.call("Voices.Convert", request, **call)
    return reply


async def test_a_voice_goes_to_silk_and_back(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    blob = (await upload(alice, recorded(tone(), "webm", "libopus"))).blob
    silk = await convert(alice, blob, pb.FORMAT_SILK)
    data = await read(alice, silk.blob)
    assert data.startswith(b"\x02#!SILK_V3")
    assert (silk.media_type, silk.size_bytes, len(silk.waveform)) == ("audio/silk", len(data), 128)
    assert silk.duration_ms == pytest.approx(1000, abs=60)
    ogg = await convert(alice, silk.blob, pb.FORMAT_OGG_OPUS)
    assert ogg.media_type == "audio/ogg"
    assert pitch(codec.decode(await read(alice, ogg.blob))) == pytest.approx(440, rel=0.03)


async def test_a_retry_gets_the_same_copy(server: TestServer) -> None:
    (alice,) = await server.people("alice")
    blob = (await upload(alice, recorded(tone(), "wav", "pcm_s16le"))).blob
    key = server.new_key()
    first = await convert(alice, blob, pb.FORMAT_SILK, key=key)
    assert await convert(alice, blob, pb.FORMAT_SILK, key=key) == first


async def test_only_what_one_may_read_and_only_voices(server: TestServer) -> None:
    alice, bobby = await server.friends("alice", "bobby")
    blob = (await upload(alice, recorded(tone(), "wav", "pcm_s16le"))).blob
    with refused(NotFound, "no_such_blob"):
        await convert(bobby, blob, pb.FORMAT_SILK)
    text = (await upload(alice, b"not a sound")).blob
    with refused(InvalidArgument, "not_a_voice"):
        await convert(alice, text, pb.FORMAT_OGG_OPUS)
    with refused(InvalidArgument, "unknown_format"):
        await convert(alice, blob, 7)  # type: ignore[arg-type]
    copy = await convert(alice, blob, pb.FORMAT_OGG_OPUS)
    with refused(NotFound, "no_such_blob"):
        await read(bobby, copy.blob)


async def test_a_worker_that_does_not_end_is_ended(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def note(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        process = await start("sleep", "1000", **options)
        del arguments
        started.append(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", note)
    monkeypatch.setattr(service, "_TIMEOUT_S", 0.1)
    (alice,) = await server.people("alice")
    blob = (await upload(alice, recorded(tone(), "wav", "pcm_s16le"))).blob
    with refused(InvalidArgument, "not_a_voice"):
        await convert(alice, blob, pb.FORMAT_SILK)
    assert started[0].returncode is not None


async def test_so_many_wait_and_no_more(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_WAITING_MAX", 0)
    (alice,) = await server.people("alice")
    blob = (await upload(alice, recorded(tone(), "wav", "pcm_s16le"))).blob
    with refused(ResourceExhausted, "busy"):
        await convert(alice, blob, pb.FORMAT_SILK)


async def test_who_waits_has_nothing_in_memory(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice may have 20 MiB, and fifty may wait."""
    going = asyncio.Event()
    blobs, reads = server.core.platform.blobs, 0
    get = blobs.get

    async def count(*arguments: Any) -> bytes:
        nonlocal reads
        reads += 1
        return await get(*arguments)

    async def wait(_data: bytes, _media_type: str) -> bytes:
        await going.wait()
        return b""

    (alice,) = await server.people("alice")
    blob = (await upload(alice, b"a voice")).blob
    monkeypatch.setattr(blobs, "get", count)
    monkeypatch.setattr(service, "_run", wait)
    calls = [asyncio.create_task(convert(alice, blob, pb.FORMAT_SILK)) for _ in range(8)]
    (voices,) = [each for each in _answering(server) if isinstance(each, service.VoicesService)]
    await alice.until(lambda: voices._waiting == len(calls) and reads)
    assert reads <= 2
    going.set()
    for call in calls:
        with refused(InvalidArgument, "not_a_voice"):
            await call


def _answering(server: TestServer) -> list[object]:
    return [method.handler.__self__ for method in server.core.platform.sessions.methods.values()]  # type: ignore[attr-defined]
