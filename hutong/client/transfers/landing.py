"""Where files of version 2 arrive: hidden beside their place, with a journal of what is there.

`.hutong-<transfer>.parts` holds `journal` and the files under their numbers. They get their names when
everything is whole; then the folder goes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from hutong.client.transfers.names import claim_folder, claim_name
from hutong.protocols.transfer import (
    Manifest,
    Write,
    begin_journal,
    dropped_record,
    kept_record,
    leaf,
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
        self._open = (-1, -1)  # which entry, and its descriptor

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
        """Make what is there from the first byte on the beginning of a part file, and go."""
        self.close()
        journal = self._lock(self.folder)
        if journal is None:
            return
        with journal:
            read = read_journal(journal.read())
        manifest = read.manifest
        if manifest is not None and len(manifest.entries) == 1 and 0 in read.kept:
            first = next(chunk for chunk in range(manifest.chunks + 1) if chunk not in read.kept)
            data = self.folder / "0"
            os.truncate(data, min(first * manifest.chunk_bytes, manifest.size_bytes))
            if data.stat().st_size > part.stat().st_size:
                data.replace(part)
        self.discard()

    def write(self, writes: list[Write]) -> None:
        """Keep chunks, and then say so in the journal."""
        assert self.manifest is not None
        assert self._journal is not None
        for write in writes:
            span = self.manifest.span(write.chunk)
            view = memoryview(write.data)
            at = span.offset
            while view:
                written = os.pwrite(self._file(span.entry), view, at)
                view, at = view[written:], at + written
        _write_all(self._journal.fileno(), b"".join(kept_record(write.chunk, write.leaf) for write in writes))

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
                descriptor = self._file(number)  # an empty one has not been made yet
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
        for number, path in enumerate(local_paths(entry.path for entry in entries)):
            # The first part is the folder's own name, which the receiver gives it.
            place = tree / path.partition("/")[2] if _one_folder(self.manifest) else tree / path
            if entries[number].folder:
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                (self.folder / str(number)).replace(place)

    def _holds(self, chunk: int, said: bytes) -> bool:
        assert self.manifest is not None
        span = self.manifest.span(chunk)
        return leaf(os.pread(self._file(span.entry), span.size_bytes, span.offset)) == said

    def _file(self, entry: int) -> int:
        if self._open[0] != entry:
            self._close_file()
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            self._open = (entry, os.open(self.folder / str(entry), flags, 0o600))
        return self._open[1]

    def _close_file(self) -> None:
        _, descriptor = self._open
        self._open = (-1, -1)
        if descriptor >= 0:
            os.close(descriptor)


def _one_folder(manifest: Manifest) -> bool:
    tops = {entry.path.partition("/")[0] for entry in manifest.entries}
    return len(tops) == 1 and all("/" in entry.path or entry.folder for entry in manifest.entries)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
