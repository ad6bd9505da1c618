"""A folder on its way to the server's storage, as one archive."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator

from hutong.client import methods
from hutong.client.connection import Connection
from hutong.client.transfers.archive import archive_of
from hutong.client.transfers.source import Source
from hutong.platform.errors import FailedPrecondition
from hutong.schema import files_pb2 as pb

MEDIA_TYPE = "application/zip"
_WRITE_BYTES = 256 * 1024
_WRITE_DEADLINE_S = 120.0
# The server checks the hash of the whole archive before it answers.
_FINISH_DEADLINE_S = 600.0


async def store_folder(connection: Connection, source: Source, on_progress: Callable[[int], None]) -> str:
    """Store everything; return the blob. What the server has of it already is not sent again.

    Raises `RpcError` (`FailedPrecondition` when the files change meanwhile), `SourceError`.
    """
    sha256, size_bytes = await asyncio.to_thread(_measured, source)
    begin = pb.BeginRequest(size_bytes=size_bytes, sha256=sha256, media_type=MEDIA_TYPE)
    begun = await connection.call(methods.BEGIN_UPLOAD, begin)
    if not begun.upload:
        return begun.blob
    offset = begun.offset
    blocks = _from(source, offset)
    while offset < size_bytes:
        on_progress(min(offset, source.manifest.size_bytes))
        data = await asyncio.to_thread(next, blocks, b"")
        if not data:
            raise FailedPrecondition("The folder is not what it was.", reason="file_changed")
        write = pb.WriteRequest(upload=begun.upload, offset=offset, data=data)
        reply = await connection.call(methods.WRITE_UPLOAD, write, deadline_s=_WRITE_DEADLINE_S)
        if reply.offset != offset + len(data):
            blocks = _from(source, reply.offset)
        offset = reply.offset
    finish = pb.FinishRequest(upload=begun.upload)
    finished = await connection.call(methods.FINISH_UPLOAD, finish, deadline_s=_FINISH_DEADLINE_S)
    return finished.blob


def _measured(source: Source) -> tuple[bytes, int]:
    digest, size_bytes = hashlib.sha256(), 0
    for block in archive_of(source.manifest, source.bytes_of):
        digest.update(block)
        size_bytes += len(block)
    return digest.digest(), size_bytes


def _from(source: Source, offset: int) -> Iterator[bytes]:
    """Yield the archive from an offset on, in blocks as large as one request carries."""
    held = bytearray()
    skip_bytes = offset
    for block in archive_of(source.manifest, source.bytes_of):
        held += block
        if skip_bytes:
            gone = min(skip_bytes, len(held))
            del held[:gone]
            skip_bytes -= gone
        while len(held) >= _WRITE_BYTES:
            yield bytes(held[:_WRITE_BYTES])
            del held[:_WRITE_BYTES]
    if held:
        yield bytes(held)
