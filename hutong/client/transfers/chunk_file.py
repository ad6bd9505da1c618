"""A file that chunks are written to: past the system's cache where it can be."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
from collections.abc import Sequence
from pathlib import Path

from hutong.protocols.transfer import Bytes

# What one system call writes.
_PARTS_MAX = 512
# Chunks of large files go to the disk past the cache, from memory that is aligned to blocks. They have to be
# on the disk before they are said to be there: the cache costs a copy, and memory for the whole file.
_DIRECT_BYTES_MIN = 1024 * 1024
_BLOCK_BYTES = 4096


class ChunkFile:
    """Made when it is not there. Everything here blocks; raises `OSError`."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        self.descriptor = os.open(path, flags, 0o600)
        self._direct = -1
        if size_bytes >= _DIRECT_BYTES_MIN:
            with contextlib.suppress(OSError):  # not every file system can
                self._direct = os.open(path, flags | os.O_DIRECT)

    def write(self, parts: Sequence[Bytes], at: int) -> None:
        """Write parts that follow each other."""
        left = sum(map(len, parts))
        written = self._write_some(parts, at, left)
        if written == left:
            return
        rest = memoryview(b"".join(parts))[written:]
        at += written
        while rest:
            written = os.pwrite(self.descriptor, rest, at)
            rest, at = rest[written:], at + written

    def close(self) -> None:
        """Let go."""
        self._close_direct()
        os.close(self.descriptor)

    def _write_some(self, parts: Sequence[Bytes], at: int, size_bytes: int) -> int:
        if len(parts) > _PARTS_MAX:
            return 0
        if size_bytes >= _DIRECT_BYTES_MIN and self._direct >= 0 and all(map(_is_aligned, parts)):
            try:
                return os.pwritev(self._direct, parts, at)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                self._close_direct()  # this file system wants another alignment
        return os.pwritev(self.descriptor, parts, at)

    def _close_direct(self) -> None:
        if self._direct >= 0:
            os.close(self._direct)
            self._direct = -1


def _is_aligned(part: Bytes) -> bool:
    """Whether a part lies in a page-aligned buffer of ours, whole blocks of it."""
    return isinstance(part, memoryview) and isinstance(part.obj, mmap.mmap) and not len(part) % _BLOCK_BYTES
