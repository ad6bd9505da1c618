"""The files somebody hands over, read chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hutong.protocols.transfer import Entry, Manifest, leaf, make_manifest
from hutong.protocols.transfer.manifest import ENTRIES_MAX


class SourceError(Exception):
    """The files cannot be read any more, or are not what they were."""


class Source:
    """A file, or a folder with everything in it. Raises `OSError`, `ManifestError`.

    Symbolic links and what is neither file nor folder stay behind.
    """

    def __init__(self, path: Path) -> None:
        self._base = path.parent
        self.manifest: Manifest = make_manifest(_entries(path))
        self._open = (-1, -1)  # which entry, and its descriptor

    def read(self, chunks: list[int]) -> list[tuple[int, bytes, bytes]]:
        """Return chunks with their leaves. Blocks. Raises `SourceError`."""
        return [self._read(chunk) for chunk in chunks]

    def close(self) -> None:
        """Let go of the file that was read last."""
        _, descriptor = self._open
        self._open = (-1, -1)
        if descriptor >= 0:
            os.close(descriptor)

    def _read(self, chunk: int) -> tuple[int, bytes, bytes]:
        span = self.manifest.span(chunk)
        entry = self.manifest.entries[span.entry]
        try:
            if self._open[0] != span.entry:
                self.close()
                path = self._base / entry.path
                self._open = (span.entry, os.open(path, os.O_RDONLY | os.O_NOFOLLOW))
            if os.fstat(self._open[1]).st_size != entry.size_bytes:
                raise SourceError(f"{entry.path} has another size than it had.")
            data = os.pread(self._open[1], span.size_bytes, span.offset)
        except OSError as error:
            raise SourceError(f"{entry.path} cannot be read: {error.strerror}.") from error
        if len(data) != span.size_bytes:
            raise SourceError(f"{entry.path} is shorter than it was.")
        return chunk, data, leaf(data)


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
