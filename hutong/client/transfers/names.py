"""File names that somebody else chose, made safe to write here."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

_BYTES_MAX = 200  # below every file system's 255, with room for " (123)"
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_FORBIDDEN = frozenset('/\\:*?"<>|')
_SAME_NAME_MAX = 1_000


def safe_name(name: str) -> str:
    """Return a name without folders, control characters or anything a file system gives a meaning to."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        "_" if sign in _FORBIDDEN or unicodedata.category(sign) in {"Cc", "Cf", "Cs"} else sign
        for sign in unicodedata.normalize("NFC", last)
    )
    stem, dot, extension = kept.strip(" .").rpartition(".")
    if not stem:
        stem, dot, extension = extension, "", ""
    extension = extension[:20]
    while len(f"{stem}{dot}{extension}".encode()) > _BYTES_MAX:
        stem = stem[:-1]
    safe = f"{stem.rstrip(' .')}{dot}{extension}"
    if safe.partition(".")[0].lower() in _RESERVED:
        safe = f"_{safe}"
    return safe or "file"


def claim_name(folder: Path, name: str) -> Path:
    """Create an empty file of that name, or "name (1).ext" and so on; never touch one that is there.

    Raises `OSError`.
    """
    safe = safe_name(name)
    stem, dot, extension = safe.rpartition(".")
    if not stem:
        stem, dot, extension = safe, "", ""
    for number in range(_SAME_NAME_MAX):
        tried = safe if number == 0 else f"{stem} ({number}){dot}{extension}"
        path = folder / tried
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"There are too many files called {safe} in {folder}.")
