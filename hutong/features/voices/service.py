"""The `Voices` service."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sys
from typing import Any

from hutong.features.files.api import Files
from hutong.platform import journal
from hutong.platform.errors import InvalidArgument, ResourceExhausted
from hutong.platform.feature import Platform
from hutong.platform.limits import Rate
from hutong.platform.rpc import Caller
from hutong.platform.writer import Transaction
from hutong.schema import voices_pb2 as pb

CONVERTS = Rate("convert_voice", burst=20, every_s=3)
# Ten minutes at 256 kbit/s.
VOICE_BYTES_MAX = 20 * 1024 * 1024
# Each is a process that may take a core and a lot of memory.
_AT_ONCE = 2
_WAITING_MAX = 50
_TIMEOUT_S = 60
_MEDIA_TYPES = {pb.FORMAT_OGG_OPUS: "audio/ogg", pb.FORMAT_SILK: "audio/silk"}

log = journal.get(__name__)


class VoicesService:
    """Answers `hutong.voices.Voices`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._files = platform.use(Files)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def convert(self, caller: Caller, request: pb.ConvertRequest) -> pb.ConvertReply:
        """Make a copy of a voice in another format."""
        user, blob, media_type = caller.user, request.blob, _MEDIA_TYPES.get(request.format)
        if media_type is None:
            raise InvalidArgument("This format is not known here.", reason="unknown_format")
        self._platform.limits.spend(CONVERTS, user)
        shown = await self._platform.read(lambda read: self._files.shown(read, user, blob))
        if shown.size_bytes > VOICE_BYTES_MAX:
            raise InvalidArgument("This file is too large for a voice.", reason="file_too_large")
        head, data = await self._converted(blob, shown.size_bytes, media_type)
        name = hashlib.sha256(data).hexdigest()
        await self._platform.blobs.put(name, data)
        reply = pb.ConvertReply(
            blob=name,
            media_type=media_type,
            duration_ms=head["duration_ms"],
            waveform=bytes.fromhex(head["waveform"]),
            size_bytes=len(data),
        )

        def keep(tx: Transaction) -> pb.ConvertReply:
            self._files.keep(tx, user, name, len(data))
            return reply

        return await caller.write(self._platform.writer, pb.ConvertReply, keep)

    async def _converted(self, blob: str, size_bytes: int, media_type: str) -> tuple[dict[str, Any], bytes]:
        """Return the head and the bytes of the new file. Raises `InvalidArgument`, `ResourceExhausted`."""
        if self._waiting >= _WAITING_MAX:
            raise ResourceExhausted(
                "Too many voices at once; try again in a moment.", reason="busy", retry_after_ms=5000
            )
        self._waiting += 1
        try:
            async with self._room:
                # Read now: those who wait have nothing in memory.
                output = await _run(await self._platform.blobs.get(blob, 0, size_bytes), media_type)
        finally:
            self._waiting -= 1
        line, _, converted = output.partition(b"\n")
        head = json.loads(line) if line else {"refused": "not_a_voice"}
        if head.get("refused") == "voice_too_long":
            raise InvalidArgument("A voice message has at most ten minutes.", reason="voice_too_long")
        if "refused" in head:
            raise InvalidArgument("This file is not a voice that can be read here.", reason="not_a_voice")
        return head, converted


async def _run(data: bytes, media_type: str) -> bytes:
    """Return what the worker wrote; nothing when it crashed, or took more than it was given."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hutong.features.voices.worker", media_type),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            output, _ = await process.communicate(data)
    except TimeoutError:
        output = b""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        log.warning("voice_worker_ended", code=process.returncode)
        return b""
    return output
