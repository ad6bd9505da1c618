"""File names that somebody else chose: which are refused, and how the others are written here. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

PATH_BYTES_MAX = 1_024
DEPTH_MAX = 32
PART_BYTES_MAX = 255

_SAFE_BYTES_MAX = 200  # below every file system's 255, with room for " (123)"
_EXTENSION_CHARACTERS_MAX = 20
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_FORBIDDEN = frozenset('/\\:*?"<>|')
_UNSAFE = frozenset({"Cc", "Cf", "Cs"})


def path_is_sound(path: str) -> bool:
    """Tell whether a path stays below the folder it is put into, whatever the system (XFER3)."""
    try:
        size_bytes = len(path.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    parts = path.split("/")
    return (
        size_bytes <= PATH_BYTES_MAX
        and len(parts) <= DEPTH_MAX
        and all(part not in {"", ".", ".."} and len(part.encode()) <= PART_BYTES_MAX for part in parts)
        and not any(sign == "\\" or unicodedata.category(sign) == "Cc" for sign in path)
    )


def safe_name(name: str) -> str:
    """Return a name without folders, control characters or anything a file system gives a meaning to."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        "_" if sign in _FORBIDDEN or unicodedata.category(sign) in _UNSAFE else sign
        for sign in unicodedata.normalize("NFC", last)
    )
    stem, dot, extension = kept.strip(" .").rpartition(".")
    if not stem:
        stem, dot, extension = extension, "", ""
    extension = extension[:_EXTENSION_CHARACTERS_MAX]
    while len(f"{stem}{dot}{extension}".encode()) > _SAFE_BYTES_MAX:
        stem = stem[:-1]
    safe = f"{stem.rstrip(' .')}{dot}{extension}"
    if safe.partition(".")[0].lower() in _RESERVED:
        safe = f"_{safe}"
    return safe or "file"


def numbered(name: str, number: int) -> str:
    """Return "name (1).ext" and so on; the name itself for 0."""
    if number == 0:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    return f"{stem} ({number}){dot}{extension}"


def local_paths(paths: Iterable[str]) -> list[str]:
    """Return where to write each path: every part safe, and no two the same where case does not count.

    One folder of the manifest stays one folder.
    """
    names: dict[str, str] = {"": ""}
    taken: set[str] = set()
    local: list[str] = []
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            key = "/".join(parts[:depth])
            if key in names:
                continue
            folder = names["/".join(parts[: depth - 1])]
            names[key] = _free(folder, safe_name(parts[depth - 1]), taken)
        local.append(names[path])
    return local


def _free(folder: str, name: str, taken: set[str]) -> str:
    prefix = f"{folder}/" if folder else ""
    number = 0
    while (tried := prefix + numbered(name, number)).casefold() in taken:
        number += 1
    taken.add(tried.casefold())
    return tried
