"""Places for files whose names somebody else chose."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hutong.protocols.transfer import numbered, safe_name

_SAME_NAME_MAX = 1_000


def claim_name(folder: Path, name: str) -> Path:
    """Create an empty file of that name, or "name (1).ext" and so on; never touch one that is there.

    Raises `OSError`.
    """

    def create(path: Path) -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))

    return _claim(folder, name, create)


def claim_folder(folder: Path, name: str) -> Path:
    """Create an empty folder of that name, or "name (1)" and so on. Raises `OSError`."""
    return _claim(folder, name, Path.mkdir)


def _claim(folder: Path, name: str, create: Callable[[Path], None]) -> Path:
    safe = safe_name(name)
    for number in range(_SAME_NAME_MAX):
        path = folder / numbered(safe, number)
        try:
            create(path)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"There are too many files called {safe} in {folder}.")


__all__ = ["claim_folder", "claim_name", "safe_name"]
