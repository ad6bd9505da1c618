"""The files somebody hands over, read chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hutong.client.transfers.buffers import Buffers
from hutong.protocols.transfer import Entry, Manifest, leaf, make_manifest
from hutong.protocols.transfer.manifest import ENTRIES_MAX
from hutong.schema import transfers_pb2 as pb


class SourceError(Exception):
    """The files cannot be read any more, or are not what they were."""


class Source:
    """A file, or a folder with everything in it. Raises `OSError`, `ManifestError`.

    Symbolic links and what is neither file nor folder stay behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.is_dir()
        self._base = path.parent
        self.manifest: Manifest = make_manifest(_entries(path))
        self._open = (-1, -1)  # which entry, and its descriptor
        self._buffers = Buffers(self.manifest.chunk_bytes)

    def read(
        self, chunks: list[int], kind: pb.TreeHash = pb.TREE_HASH_SHA256
    ) -> list[tuple[int, memoryview, bytes]]:
        """Return chunks with their leaves of a kind. Blocks. Raises `SourceError`."""
        return [self._read(chunk, kind) for chunk in chunks]

    def bytes_of(self, entry: int, offset: int, size_bytes: int) -> bytes:
        """Return bytes of one file. Blocks. Raises `SourceError`."""
        data = self._buffers.take(size_bytes)
        self._read_into(data, entry, offset)
        return bytes(data)

    def close(self) -> None:
        """Let go of the file that was read last, and of the memory."""
        self._close_file()
        self._buffers.clear()

    def _close_file(self) -> None:
        _, descriptor = self._open
        self._open = (-1, -1)
        if descriptor >= 0:
            os.close(descriptor)

    def _read(self, chunk: int, kind: pb.TreeHash) -> tuple[int, memoryview, bytes]:
        span = self.manifest.span(chunk)
        data = self._buffers.take(span.size_bytes)
        self._read_into(data, span.entry, span.offset)
        return chunk, data, leaf(data, kind)

    def _read_into(self, data: memoryview, number: int, offset: int) -> None:
        entry = self.manifest.entries[number]
        try:
            if self._open[0] != number:
                self._close_file()
                path = self._base / entry.path
                self._open = (number, os.open(path, os.O_RDONLY | os.O_NOFOLLOW))
            if os.fstat(self._open[1]).st_size != entry.size_bytes:
                raise SourceError(f"{entry.path} has another size than it had.")
            read = os.preadv(self._open[1], [data], offset)
        except OSError as error:
            raise SourceError(f"{entry.path} cannot be read: {error.strerror}.") from error
        if read != len(data):
            raise SourceError(f"{entry.path} is shorter than it was.")


def _entries(path: Path) -> Iterator[Entry]:
    if not path.is_dir():
        yield Entry(path.name, path.stat().st_size)
        return
    count = 0
    for folder, folders, files in os.walk(path):
        folders.sort()
        here = Path(folder)
        if not folders and not files:
            yield Entry(here.relative_to(path.parent).as_posix(), folder=True)
        for name in sorted(files):
            file = here / name
            if not file.is_symlink() and file.is_file():
                status = file.stat()
                place = file.relative_to(path.parent).as_posix()
                yield Entry(place, status.st_size, executable=bool(status.st_mode & 0o100))
                count += 1
        if count > ENTRIES_MAX:
            return  # the manifest says that it is too much
