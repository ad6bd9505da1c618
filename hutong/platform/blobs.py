"""Stored bytes by name: a local folder or any S3-compatible store, through obstore."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from hutong.platform.errors import NotFound, Unavailable


class Blobs:
    """Written whole, read in ranges, never changed. What was put is durable when the call returns."""

    def __init__(self, url: str, folder: Path) -> None:
        if not url:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = from_url(url) if url else LocalStore(folder)
        self._folder = self._store.prefix if isinstance(self._store, LocalStore) else None

    async def put(self, name: str, data: bytes) -> None:
        """Keep small bytes. Raises `Unavailable` when the store cannot be reached."""
        await self._put(name, data)

    async def put_file(self, name: str, path: Path) -> None:
        """Keep a file of any size. The file must not change any more: it may be linked, not copied."""
        if self._folder is None or not await asyncio.to_thread(_link, path, self._folder / name):
            await self._put(name, path)

    async def _put(self, name: str, data: bytes | Path) -> None:
        try:
            await obstore.put_async(self._store, name, data)
        except BaseError as error:
            raise _unreachable() from error
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder / name)

    async def get(self, name: str, offset: int, length: int) -> bytes:
        """Return a range. Raises `NotFound`, or `Unavailable` when the store cannot be reached."""
        try:
            return bytes(await obstore.get_range_async(self._store, name, start=offset, length=length))
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound("This file is not on the server any more.", reason="no_such_blob") from error
        except BaseError as error:
            raise _unreachable() from error

    async def delete(self, name: str) -> None:
        """Forget it; one that is not there is fine."""
        try:
            await obstore.delete_async(self._store, name)
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as error:
            raise _unreachable() from error


def _unreachable() -> Unavailable:
    return Unavailable("The file storage cannot be reached; try again.", reason="no_storage")


def _link(path: Path, target: Path) -> bool:
    """Give a file a second name in one step; False where the file system cannot."""
    _sync(path)
    fresh = target.with_name(f"{target.name}.{path.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        fresh.hardlink_to(path)
    except OSError as error:
        if error.errno in {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}:
            return False
        raise
    fresh.replace(target)
    # When both are the same file already, `replace` does nothing and leaves both names.
    fresh.unlink(missing_ok=True)
    _sync(target.parent)
    return True


def _sync(path: Path) -> None:
    """Make a file durable with its name, or a folder's names."""
    for each in (path,) if path.is_dir() else (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
