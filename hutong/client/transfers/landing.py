"""Where files arrive: hidden beside their place, with a journal of what is there.

`.hutong-<transfer>.parts` holds `journal` and the files under their numbers. They get their names when
everything is whole; then the folder goes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from hutong.client.transfers.archive import archive_of, unpack
from hutong.client.transfers.chunk_file import ChunkFile
from hutong.client.transfers.names import claim_folder, claim_name
from hutong.protocols.transfer import (
    Manifest,
    Write,
    begin_journal,
    dropped_record,
    kept_record,
    leaf,
    leaf_of,
    local_paths,
    read_journal,
)

_TRANSFER_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# Each of a few files is made safe by itself, many by one call for all.
_FSYNC_MAX = 16
# Landings of others that are looked at.
_LEFT_MAX = 100


class Landing:
    """Everything here blocks: call it in a thread. Raises `OSError`.

    `ValueError` for a transfer id that is no file name.
    """

    def __init__(self, into: Path, transfer: str) -> None:
        if not _TRANSFER_ID.fullmatch(transfer):
            raise ValueError("The transfer's id is not one.")
        self._into = into
        self.folder = into / f".hutong-{transfer}.parts"
        self.manifest: Manifest | None = None
        self._journal: BinaryIO | None = None
        self._open: tuple[int, ChunkFile] | None = None  # which entry

    def resume(self) -> dict[int, bytes]:
        """Take up what an earlier run left; return the leaves of the chunks that are there."""
        journal = self._lock(self.folder)
        if journal is None:
            return {}
        read = read_journal(journal.read())
        if read.manifest is None:
            journal.close()
            return {}
        journal.truncate(read.size_bytes)
        journal.seek(read.size_bytes)
        self.manifest, self._journal = read.manifest, journal
        return {chunk: said for chunk, said in sorted(read.kept.items()) if self._holds(chunk, said)}

    def begin(self, manifest: Manifest) -> dict[int, bytes]:
        """Start with a manifest, if there is room for it; return the leaves of what is there already.

        A sender that was started again offers its files again: what an offer of before left is taken over.
        """
        self._be_alone()
        self.discard()
        if self._adopt(manifest):
            return self.resume()
        if manifest.size_bytes > shutil.disk_usage(self._into).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._into))
        self.folder.mkdir(mode=0o700)
        self.manifest = manifest
        self._journal = (self.folder / "journal").open("x+b", buffering=0)
        fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write_all(self._journal.fileno(), begin_journal(manifest))
        return {}

    def hand_over(self, part: Path) -> None:
        """Make what is there from the first byte on the beginning of a part file, and go.

        The part file of a folder is its archive.
        """
        self.close()
        journal = self._lock(self.folder)
        if journal is None:
            return
        with journal:
            read = read_journal(journal.read())
        manifest = read.manifest
        if manifest is not None and 0 in read.kept:
            self.manifest = manifest
            if len(manifest.entries) == 1 and not manifest.entries[0].folder:
                first = next(chunk for chunk in range(manifest.chunks + 1) if chunk not in read.kept)
                beginning = self.folder / "0"
                os.truncate(beginning, min(first * manifest.chunk_bytes, manifest.size_bytes))
            else:
                beginning = self._archived(manifest, read.kept)
            if beginning.stat().st_size > part.stat().st_size:
                beginning.replace(part)
        self.discard()

    def unpack(self, archive: Path, name: str) -> Path:
        """Put the folder of an archive into its place, called `name`. Raises `ArchiveError`."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        tree = self.folder / "tree"
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir()
        unpack(archive, tree)
        os.sync()
        place = claim_folder(self._into, name)
        tree.replace(place)
        self.discard()
        return place

    def _archived(self, manifest: Manifest, kept: Mapping[int, bytes]) -> Path:
        """Write the beginning of the archive, up to the first chunk that is missing."""

        def read(entry: int, offset: int, size_bytes: int) -> bytes:
            there = offset
            while there < offset + size_bytes and manifest.chunk_of(entry, there) in kept:
                there += manifest.chunk_bytes - there % manifest.chunk_bytes
            return os.pread(self._file(entry).descriptor, min(size_bytes, there - offset), offset)

        beginning = self.folder / "archive"
        with beginning.open("wb") as file:
            for block in archive_of(manifest, read):
                file.write(block)
        return beginning

    def write(self, writes: list[Write]) -> list[Write]:
        """Keep the chunks that are what their leaves say, and tell the journal; return the others."""
        assert self.manifest is not None
        assert self._journal is not None
        kind = self.manifest.hash
        sound = [write for write in writes if leaf_of(write.parts, kind) == write.leaf]
        for write in sound:
            span = self.manifest.span(write.chunk)
            self._file(span.entry).write(write.parts, span.offset)
        _write_all(self._journal.fileno(), b"".join(kept_record(write.chunk, write.leaf) for write in sound))
        return [] if len(sound) == len(writes) else [write for write in writes if write not in sound]

    def drop(self, chunk: int) -> None:
        """Forget a chunk that is not what was sent."""
        assert self._journal is not None
        _write_all(self._journal.fileno(), dropped_record(chunk))

    def place(self, name: str) -> Path:
        """Give everything its name, or "name (1)", beside what is there; return where it is.

        One file is called `name`, and so is the folder of many.
        """
        assert self.manifest is not None
        entries = self.manifest.entries
        for number, entry in enumerate(entries):
            if not entry.folder:
                descriptor = self._file(number).descriptor  # an empty one has not been made yet
                os.ftruncate(descriptor, entry.size_bytes)
                os.fchmod(descriptor, 0o755 if entry.executable else 0o644)
                if len(entries) <= _FSYNC_MAX:
                    os.fsync(descriptor)
        self._close_file()
        if len(entries) > _FSYNC_MAX:
            os.sync()
        if len(entries) == 1 and not entries[0].folder:
            place = claim_name(self._into, name)
            (self.folder / "0").replace(place)
        else:
            self._build_tree()
            place = claim_folder(self._into, name)
            (self.folder / "tree").replace(place)
        self.discard()
        return place

    def close(self) -> None:
        """Let go; what is there stays for the next time."""
        self._close_file()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def discard(self) -> None:
        """Let go and remove everything."""
        self.close()
        self.manifest = None
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _be_alone(self) -> None:
        """Raise `OSError` when another process is receiving this here: it is not to lose its files."""
        if self._journal is None and (self.folder / "journal").exists():
            journal = self._lock(self.folder)
            if journal is None:
                raise OSError(errno.EBUSY, "Another program is receiving this already.", str(self.folder))
            journal.close()

    @staticmethod
    def _lock(folder: Path) -> BinaryIO | None:
        """Return a journal nobody else has open."""
        try:
            journal = (folder / "journal").open("r+b", buffering=0)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            journal.close()
            return None
        return journal

    def _adopt(self, manifest: Manifest) -> bool:
        for left in islice(self._into.glob(".hutong-*.parts"), _LEFT_MAX):
            journal = self._lock(left)
            if journal is None:
                continue
            with journal:
                read = read_journal(journal.read())
                if read.manifest is not None and read.manifest.digest == manifest.digest:
                    left.rename(self.folder)
                    return True
        return False

    def _build_tree(self) -> None:
        assert self.manifest is not None
        tree = self.folder / "tree"
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir()
        entries = self.manifest.entries
        one_folder = _one_folder(self.manifest)
        for number, path in enumerate(local_paths(entry.path for entry in entries)):
            # The first part is the folder's own name, which the receiver gives it.
            place = tree / path.partition("/")[2] if one_folder else tree / path
            if entries[number].folder:
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                (self.folder / str(number)).replace(place)

    def _holds(self, chunk: int, said: bytes) -> bool:
        assert self.manifest is not None
        span = self.manifest.span(chunk)
        data = os.pread(self._file(span.entry).descriptor, span.size_bytes, span.offset)
        return leaf(data, self.manifest.hash) == said

    def _file(self, entry: int) -> ChunkFile:
        if self._open is None or self._open[0] != entry:
            self._close_file()
            assert self.manifest is not None
            file = ChunkFile(self.folder / str(entry), self.manifest.entries[entry].size_bytes)
            self._open = entry, file
        return self._open[1]

    def _close_file(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def _one_folder(manifest: Manifest) -> bool:
    tops = {entry.path.partition("/")[0] for entry in manifest.entries}
    return len(tops) == 1 and all("/" in entry.path or entry.folder for entry in manifest.entries)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
