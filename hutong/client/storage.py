"""Files in the server's storage: up and down, continued where they broke off."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.transfers.part import PartFile
from hutong.platform.errors import FailedPrecondition
from hutong.schema import files_pb2 as pb

CHUNK_BYTES = 256 * 1024
# Chunks asked for ahead, so that a round trip does not stand between two of them.
_AHEAD = 4
# The server checks the hash of the whole file before it answers.
_FINISH_DEADLINE_S = 600.0
_CHUNK_DEADLINE_S = 120.0

Progress = Callable[[int], None]


class Storage:
    """Uploads and downloads. Raises `RpcError`, and `OSError` of the local file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def upload(
        self, path: Path, media_type: str = "", on_progress: Progress | None = None
    ) -> pb.FinishReply:
        """Store a file; what the server has of it already is not sent again. `blob` of the answer names it.

        Raises `FailedPrecondition` when the file changes under our hands.
        """
        digest, size_bytes = await asyncio.to_thread(_hash, path)
        begin = pb.BeginRequest(size_bytes=size_bytes, sha256=digest, media_type=media_type)
        begun = await self._connection.call(methods.BEGIN_UPLOAD, begin)
        if not begun.upload:
            _tell(on_progress, size_bytes)
            return pb.FinishReply(blob=begun.blob)
        offset = begun.offset
        with path.open("rb") as file:
            while offset < size_bytes:
                _tell(on_progress, offset)
                data = await asyncio.to_thread(_read_at, file.fileno(), offset, CHUNK_BYTES)
                if not data:
                    raise FailedPrecondition("The file is shorter than it was.", reason="file_changed")
                write = pb.WriteRequest(upload=begun.upload, offset=offset, data=data)
                reply = await self._connection.call(methods.WRITE_UPLOAD, write, deadline_s=_CHUNK_DEADLINE_S)
                offset = reply.offset
        _tell(on_progress, size_bytes)
        finish = pb.FinishRequest(upload=begun.upload)
        return await self._connection.call(methods.FINISH_UPLOAD, finish, deadline_s=_FINISH_DEADLINE_S)

    async def download(self, blob: str, part: PartFile, on_progress: Progress | None = None) -> None:
        """Complete a part file from a blob. Raises `FailedPrecondition` when the bytes are not the blob's."""
        waiting: list[asyncio.Task[pb.ReadReply]] = []
        loop = asyncio.get_running_loop()
        asked = part.size_bytes
        size_bytes: int | None = None
        try:
            while size_bytes is None or part.size_bytes < size_bytes:
                while len(waiting) < _AHEAD and (size_bytes is None or asked < size_bytes):
                    waiting.append(loop.create_task(self._read(blob, asked)))
                    asked += CHUNK_BYTES
                    if size_bytes is None:
                        break  # the first answer says how much there is
                reply = await waiting.pop(0)
                size_bytes = reply.size_bytes
                if not reply.data and part.size_bytes < size_bytes:
                    raise FailedPrecondition("The stored file ends too early.", reason="file_changed")
                await part.write(reply.data)
                _tell(on_progress, part.size_bytes)
        finally:
            for task in waiting:
                task.cancel()
        if part.size_bytes != size_bytes or part.digest().hex() != blob:
            await part.reset()
            raise FailedPrecondition("What arrived is not the stored file.", reason="file_changed")

    async def _read(self, blob: str, offset: int) -> pb.ReadReply:
        request = pb.ReadRequest(blob=blob, offset=offset, length=CHUNK_BYTES)
        return await self._connection.call(methods.READ_FILE, request, deadline_s=_CHUNK_DEADLINE_S)


def _tell(on_progress: Progress | None, done_bytes: int) -> None:
    if on_progress is not None:
        on_progress(done_bytes)


def _hash(path: Path) -> tuple[bytes, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.digest(), file.tell()


def _read_at(descriptor: int, offset: int, length: int) -> bytes:
    return os.pread(descriptor, length, offset)
