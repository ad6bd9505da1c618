"""A folder as one stored file: a zip without compression, which every system can open (XFER19).

The same manifest makes the same bytes, from the first to the last, so an upload goes on where it broke off,
and what came directly of a folder is the beginning of its archive.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from hutong.protocols.transfer import Entry, Manifest, local_paths, path_is_sound
from hutong.protocols.transfer.manifest import ENTRIES_MAX

_BLOCK_BYTES = 256 * 1024
_MADE = (1980, 1, 1, 0, 0, 0)
_FILE_MODE, _RUN_MODE, _FOLDER_MODE = 0o100644, 0o100755, 0o040755

# Which entry, from which byte on, how many: fewer come back when no more is there.
Read = Callable[[int, int, int], bytes]


class ArchiveError(ValueError):
    """This is no archive of a folder, or not one that can be unpacked here."""


class _Sink:
    """What the archive is written to; `taken` hands on what has come."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._blocks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def archive_of(manifest: Manifest, read: Read) -> Iterator[bytes]:
    """Yield the archive; where `read` has no more, it ends, and what came before is its beginning."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        for number, entry in enumerate(manifest.entries):
            with archive.open(_described(entry), "w", force_zip64=entry.size_bytes >= 2**31) as file:
                at = 0
                while at < entry.size_bytes:
                    wanted = min(_BLOCK_BYTES, entry.size_bytes - at)
                    data = read(number, at, wanted)
                    file.write(data)
                    yield sink.taken()
                    if len(data) < wanted:
                        return
                    at += wanted
            yield sink.taken()
    yield sink.taken()


def unpack(archive: Path, into: Path) -> None:
    """Write what is in an archive into a folder that is empty. Raises `ArchiveError`, `OSError`. Blocks."""
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
            _check(infos, archive.stat().st_size)
            for info, place in zip(infos, _places(infos), strict=True):
                target = into / place
                if info.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(info) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, _BLOCK_BYTES)
                target.chmod(0o755 if info.external_attr >> 16 & 0o100 else 0o644)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise ArchiveError("What is stored is no folder that can be unpacked.") from error


def _described(entry: Entry) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(entry.path + "/" * entry.folder, _MADE)
    mode = _FOLDER_MODE if entry.folder else _RUN_MODE if entry.executable else _FILE_MODE
    info.create_system = 3  # so that the mode is read as Unix's
    info.external_attr = mode << 16
    return info


def _check(infos: list[zipfile.ZipInfo], size_bytes: int) -> None:
    """Stored entries only: what comes out is not larger than what went in."""
    sound = (
        0 < len(infos) <= ENTRIES_MAX
        and all(info.compress_type == zipfile.ZIP_STORED for info in infos)
        and sum(info.file_size for info in infos) <= size_bytes
        and all(path_is_sound(info.filename.rstrip("/")) for info in infos)
    )
    if not sound:
        raise ArchiveError("What is stored is no folder that can be unpacked.")


def _places(infos: list[zipfile.ZipInfo]) -> list[str]:
    """Return where each goes, below the one folder that holds all, if there is one."""
    places = local_paths(info.filename.rstrip("/") for info in infos)
    tops = {place.partition("/")[0] for place in places}
    one = len(tops) == 1 and all(
        "/" in place or info.is_dir() for place, info in zip(places, infos, strict=True)
    )
    return [place.partition("/")[2] for place in places] if one else places
