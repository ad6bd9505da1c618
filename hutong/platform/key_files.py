"""Files that hold keys: only their owner reads them, and a crash leaves the old one or the new one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file, and have it on the disk when this returns. Raises `OSError`, changing nothing."""
    fresh = path.with_name(path.name + ".new")
    # Not what an earlier attempt has left, with whatever mode that has.
    fresh.unlink(missing_ok=True)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def ensure(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return a file's content, made when it is not there. Raises `OSError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = make()
        replace(path, content)
        return content
