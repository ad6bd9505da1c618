"""Files on their way in: one for each upload, as long as what has arrived. Called on threads."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

from hutong.features.files.model import out_of_order
from hutong.platform import journal
from hutong.platform.errors import FailedPrecondition, ResourceExhausted, Unavailable

# Left for the database: a server that cannot write messages is worse than one that takes no files.
RESERVED_BYTES = 64 * 1024 * 1024
_HASH_BYTES = 1024 * 1024

log = journal.get(__name__)


class Partials:
    """A folder of partial files. Nobody else writes there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def path(self, upload: str) -> Path:
        """Return where an upload's bytes are."""
        return self._folder / upload

    def held(self, upload: str) -> int:
        """Return how many bytes have arrived."""
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def check_space(self, size_bytes: int) -> None:
        """Refuse what cannot fit. Raises `ResourceExhausted`."""
        if shutil.disk_usage(self._folder).free < size_bytes + RESERVED_BYTES:
            raise _disk_full()

    def write(self, upload: str, offset: int, data: bytes) -> int:
        """Append a chunk that begins where the file ends, whole or not at all; return the new end.

        One that begins earlier changes nothing. Raises `FailedPrecondition` for a gap, `ResourceExhausted`
        when the disk is full.
        """
        descriptor = os.open(self.path(upload), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            held = os.fstat(descriptor).st_size
            if offset > held:
                raise out_of_order(held)
            if offset < held or not data:
                return held
            try:
                _write_all(descriptor, data, held)
            except OSError as error:
                os.ftruncate(descriptor, held)
                if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                    raise _disk_full() from error
                log.exception("upload_write_failed", errno=error.errno)
                raise Unavailable(
                    "The server could not store this; try again.", reason="not_stored"
                ) from error
            return held + len(data)
        finally:
            os.close(descriptor)

    def verify(self, upload: str, size_bytes: int, sha256_hex: str) -> Path:
        """Return the path of a file that is whole and has this hash; a damaged one starts over.

        Raises `FailedPrecondition`.
        """
        path = self.path(upload)
        held = self.write(upload, 0, b"")  # an empty file gets its first and only write here
        if held != size_bytes:
            raise out_of_order(held)
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_HASH_BYTES):
                digest.update(piece)
        if digest.hexdigest() != sha256_hex:
            path.unlink()
            raise FailedPrecondition("The file arrived damaged; send it again.", reason="hash_mismatch")
        return path

    def remove(self, upload: str) -> None:
        """Forget an upload's bytes."""
        self.path(upload).unlink(missing_ok=True)

    def all(self) -> list[str]:
        """Return the uploads that have a file."""
        return [path.name for path in self._folder.iterdir()]


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _disk_full() -> ResourceExhausted:
    return ResourceExhausted("The server's disk is full.", reason="disk_full")
