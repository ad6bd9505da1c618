"""What transfers that nobody will go on with have left in a folder (XFER20)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from itertools import islice
from pathlib import Path

# As long as an offer waits for an answer.
LEFT_S = 7 * 24 * 60 * 60
_LOOKED_AT_MAX = 1_000


def clear_leftovers(into: Path, *, now_s: float | None = None) -> None:
    """Remove what has not been touched for a week and no process has open. Blocks.

    What cannot be removed stays: it belongs to somebody else, or to the next time.
    """
    before_s = (time.time() if now_s is None else now_s) - LEFT_S
    for left in islice(into.glob(".hutong-*.part*"), _LOOKED_AT_MAX):
        if left.suffix not in {".part", ".parts"} or left.is_symlink():
            continue
        with contextlib.suppress(OSError):
            _clear(left, before_s)


def _clear(left: Path, before_s: float) -> None:
    is_folder = left.is_dir()
    marked = left / "journal" if is_folder else left
    if is_folder and not marked.exists():
        if left.stat().st_mtime < before_s:
            shutil.rmtree(left)
        return
    # Not locked for a moment even: a transfer that takes it up just now would find it taken.
    if marked.lstat().st_mtime >= before_s:
        return
    descriptor = os.open(marked, os.O_RDWR | os.O_NOFOLLOW)
    try:
        # Whoever is at work holds the lock; who comes now, waits for nobody and begins anew.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_mtime >= before_s:
            return
        if is_folder:
            shutil.rmtree(left)
        else:
            left.unlink()
    finally:
        os.close(descriptor)
