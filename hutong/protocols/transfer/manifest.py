"""What is handed over: names and sizes, and how they are cut into chunks (XFER2-XFER6)."""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from hutong.protocols.transfer.errors import ManifestError, RulesError
from hutong.protocols.transfer.names import path_is_sound
from hutong.schema import transfers_pb2 as pb

ENTRIES_MAX = 100_000
CHUNK_BYTES_MIN, CHUNK_BYTES_MAX = 64 * 1024, 16 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
# From so many bytes on, chunks of 1 MiB: what each chunk costs in messages and records is then a tenth of the
# work.
_LARGE_BYTES = 32 * 1024 * 1024
_LARGE_CHUNK_BYTES = 1024 * 1024
# A bitmap of 256 KiB and a journal of 90 MB at the most.
CHUNKS_MAX = 2**21
SIZE_BYTES_MAX = 2**53 - 1  # what a browser can count
# Well below a data channel's message.
_PART_BYTES_MAX = 12 * 1024
_TAGS = {
    pb.TREE_HASH_SHA256: b"hutong manifest 2\n",
    pb.TREE_HASH_BLAKE3: b"hutong manifest 2 blake3\n",
}
_ENTRY = struct.Struct(">IQB")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or an empty folder."""

    path: str
    size_bytes: int = 0
    folder: bool = False
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Where a chunk is: in which entry, from which byte, how many."""

    entry: int
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """Checked when it is made. Raises `ManifestError`."""

    entries: tuple[Entry, ...]
    chunk_bytes: int = CHUNK_BYTES
    hash: pb.TreeHash = pb.TREE_HASH_SHA256
    digest: bytes = field(init=False, repr=False)
    size_bytes: int = field(init=False)
    chunks: int = field(init=False)
    _ends: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check(self.entries, self.chunk_bytes)
        ends = tuple(accumulate(-(-entry.size_bytes // self.chunk_bytes) for entry in self.entries))
        if ends[-1] > CHUNKS_MAX:
            raise ManifestError("These files are too many, or too large, for one transfer.")
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "chunks", ends[-1])
        object.__setattr__(self, "size_bytes", sum(entry.size_bytes for entry in self.entries))
        object.__setattr__(self, "digest", _digest(self.entries, self.chunk_bytes, self.hash))

    def hashed_by(self, kind: pb.TreeHash) -> Manifest:
        """Return the same files with leaves of another kind."""
        return self if kind == self.hash else replace(self, hash=kind)

    def span(self, chunk: int) -> Span:
        """Return the place of a chunk."""
        entry = bisect_right(self._ends, chunk)
        first = self._ends[entry - 1] if entry else 0
        offset = (chunk - first) * self.chunk_bytes
        return Span(entry, offset, min(self.chunk_bytes, self.entries[entry].size_bytes - offset))

    def chunk_of(self, entry: int, offset: int) -> int:
        """Return the chunk that holds a byte of an entry."""
        first = self._ends[entry - 1] if entry else 0
        return first + offset // self.chunk_bytes

    def parts(self) -> list[pb.ManifestPart]:
        """Return the messages that tell it."""
        parts = [pb.ManifestPart(chunk_bytes=self.chunk_bytes, hash=self.hash)]
        size_bytes = 0
        for entry in self.entries:
            told = pb.Entry(
                path=entry.path,
                size_bytes=entry.size_bytes,
                folder=entry.folder,
                executable=entry.executable,
            )
            size_bytes += told.ByteSize() + 4
            if size_bytes > _PART_BYTES_MAX:
                parts.append(pb.ManifestPart(number=len(parts)))
                size_bytes = told.ByteSize() + 4
            parts[-1].entries.append(told)
        parts[-1].last = True
        return parts


def make_manifest(entries: Iterable[Entry]) -> Manifest:
    """Return a manifest with chunks as small as their number allows. Raises `ManifestError`."""
    listed = tuple(entries)
    size_bytes = sum(each.size_bytes for each in listed)
    chunk_bytes = CHUNK_BYTES if size_bytes < _LARGE_BYTES else _LARGE_CHUNK_BYTES
    while chunk_bytes < CHUNK_BYTES_MAX and size_bytes // chunk_bytes > 2**20:
        chunk_bytes *= 2
    return Manifest(listed, chunk_bytes)


class ManifestReader:
    """Puts the parts together again."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._chunk_bytes = 0
        self._hash = pb.TREE_HASH_SHA256
        self._next = 0

    def take(self, part: pb.ManifestPart) -> Manifest | None:
        """Take the next part; return the manifest after the last. Raises `RulesError`."""
        if part.number != self._next or len(self._entries) + len(part.entries) > ENTRIES_MAX:
            raise RulesError("the manifest's parts do not follow each other, or are too many")
        if part.hash not in _TAGS:
            raise RulesError("leaves of an unknown kind")
        self._next += 1
        if part.number == 0:
            self._chunk_bytes, self._hash = part.chunk_bytes, part.hash
        self._entries += [
            Entry(each.path, each.size_bytes, each.folder, each.executable) for each in part.entries
        ]
        if not part.last:
            return None
        try:
            return Manifest(tuple(self._entries), self._chunk_bytes, self._hash)
        except ManifestError as error:
            raise RulesError(str(error)) from error


def _check(entries: Sequence[Entry], chunk_bytes: int) -> None:
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise ManifestError(f"A transfer has 1 to {ENTRIES_MAX} files.")
    if not CHUNK_BYTES_MIN <= chunk_bytes <= CHUNK_BYTES_MAX or chunk_bytes & (chunk_bytes - 1):
        raise ManifestError("The chunks of this transfer have no size that is allowed.")
    seen: set[str] = set()
    folders: set[str] = set()
    total_bytes = 0
    for entry in entries:
        if not path_is_sound(entry.path):
            raise ManifestError("A file has a name that cannot be used elsewhere.")
        if entry.path in seen:
            raise ManifestError("Two files have the same name.")
        if entry.size_bytes < 0 or (entry.folder and (entry.size_bytes or entry.executable)):
            raise ManifestError("A folder has no size.")
        seen.add(entry.path)
        parent = entry.path.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
        total_bytes += entry.size_bytes
    if total_bytes > SIZE_BYTES_MAX:
        raise ManifestError("These files are too large for one transfer.")
    if folders & seen:
        raise ManifestError("Something is a file and a folder at once.")


def _digest(entries: Iterable[Entry], chunk_bytes: int, kind: pb.TreeHash) -> bytes:
    """XFER4, XFER17."""
    digest = hashlib.sha256(_TAGS[kind] + struct.pack(">I", chunk_bytes))
    for entry in entries:
        path = entry.path.encode()
        digest.update(_ENTRY.pack(len(path), entry.size_bytes, entry.folder | entry.executable << 1) + path)
    return digest.digest()
