"""A file on its way: hidden beside its place until its hash was verified."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from hutong.client.transfers.names import claim_name

_TRANSFER_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class PartFile:
    """What has arrived of one transfer. A part left by an earlier run is continued.

    Raises `OSError`; `ValueError` for a transfer id that is no file name.
    """

    def __init__(self, folder: Path, transfer: str) -> None:
        if not _TRANSFER_ID.fullmatch(transfer):
            raise ValueError("The transfer's id is not one.")
        self.folder = folder
        self.path = folder / f".hutong-{transfer}.part"
        self.size_bytes = 0
        self.resumed = False  # an earlier run of this device had begun
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None

    async def open(self, size_bytes_max: int) -> None:
        """Take up what is there; more than the whole file is no part of it."""
        await asyncio.to_thread(self._open, size_bytes_max)

    async def write(self, data: bytes) -> None:
        """Append."""
        await asyncio.to_thread(self._write, data)

    def digest(self) -> bytes:
        """Return the SHA-256 of what is there."""
        return self._hash.digest()

    async def reset(self) -> None:
        """Begin again from nothing."""
        assert self._file is not None
        await asyncio.to_thread(self._file.truncate, 0)
        self._file.seek(0)
        self.size_bytes = 0
        self._hash = hashlib.sha256()

    async def keep(self, name: str) -> Path:
        """Put the verified file into its place, safely on disk, and return where that is."""
        return await asyncio.to_thread(self._keep, name)

    def close(self) -> None:
        """Let go; the part stays for the next time."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Let go and remove the part."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _open(self, size_bytes_max: int) -> None:
        self.resumed = self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        # Another program may be receiving the same here, or clearing up.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_size > size_bytes_max:
            self._file.truncate(0)
        self.size_bytes, self._hash = 0, hashlib.sha256()
        while block := self._file.read(1024 * 1024):
            self._hash.update(block)
            self.size_bytes += len(block)

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(data)
        self.size_bytes += len(data)

    def _keep(self, name: str) -> Path:
        assert self._file is not None
        os.fsync(self._file.fileno())
        self.close()
        place = claim_name(self.folder, name)
        self.path.chmod(0o644)
        self.path.replace(place)
        return place
