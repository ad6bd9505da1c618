"""Memory for chunks that is used again and again.

A fresh megabyte for each chunk costs 256 page faults, as much as sealing it and hashing it together; on a
virtual machine several times as much. A buffer nobody has a view of any more is free, and its reference count
tells: so nobody has to give one back, whatever became of the line it came by.
"""

from __future__ import annotations

import mmap
import sys

_KEPT_MAX = 16
# The list's reference and the argument of `getrefcount`.
_FREE = 2


class Buffers:
    """For one thread. Views may be let go of in another."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._kept: list[mmap.mmap] = []

    def take(self, size_bytes: int) -> memoryview:
        """Return so many bytes, aligned to a page; what they hold is old."""
        if size_bytes > self._size_bytes:
            return memoryview(bytearray(size_bytes))
        for at in range(len(self._kept)):
            if sys.getrefcount(self._kept[at]) == _FREE:
                return memoryview(self._kept[at])[:size_bytes]
        fresh = mmap.mmap(-1, self._size_bytes)
        if len(self._kept) < _KEPT_MAX:
            self._kept.append(fresh)
        return memoryview(fresh)[:size_bytes]

    def clear(self) -> None:
        """Keep none any more: whoever has done with a line or a file is often found by the collector only."""
        self._kept.clear()
