"""Folders as archives: the same bytes each time, and nothing outside their folder."""

from __future__ import annotations

import fcntl
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from hutong.client.transfers.archive import ArchiveError, archive_of, unpack
from hutong.client.transfers.landing import Landing
from hutong.client.transfers.leftovers import LEFT_S, clear_leftovers
from hutong.client.transfers.part import PartFile
from hutong.client.transfers.source import Source
from hutong.protocols.transfer import Write

_MB = 1_000_000


def folder(path: Path) -> Source:
    (path / "deep").mkdir(parents=True)
    (path / "none").mkdir()
    (path / "deep/large.bin").write_bytes(os.urandom(3 * _MB))
    (path / "run.sh").write_text("#!/bin/sh\n")
    (path / "run.sh").chmod(0o755)
    (path / "照片.txt").write_text("x")
    return Source(path)


def archived(source: Source) -> bytes:
    return b"".join(archive_of(source.manifest, source.bytes_of))


def test_an_archive_is_the_same_each_time_and_opens_everywhere(tmp_path: Path) -> None:
    """XFER19."""
    source = folder(tmp_path / "walk")
    data = archived(source)
    assert data == archived(source)
    source.close()
    (tmp_path / "walk.zip").write_bytes(data)
    subprocess.run(["python3", "-m", "zipfile", "-t", tmp_path / "walk.zip"], check=True, capture_output=True)
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "walk.zip", tmp_path / "out")
    for name in ("deep/large.bin", "run.sh", "照片.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "walk" / name).read_bytes()
    assert (tmp_path / "out/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/none").is_dir()


def test_what_came_directly_is_the_beginning_of_the_archive(tmp_path: Path) -> None:
    """XFER19: up to the first chunk that is missing."""
    source = folder(tmp_path / "walk")
    manifest = source.manifest
    whole = archived(source)
    landing = Landing(tmp_path, "t")
    landing.begin(manifest)
    there = [chunk for chunk in range(manifest.chunks) if chunk != 5]
    landing.write([Write(0, chunk, [data], said) for chunk, data, said in source.read(there)])
    source.close()
    part = tmp_path / "part"
    part.touch()
    landing.hand_over(part)
    beginning = part.read_bytes()
    assert whole.startswith(beginning)
    # Two small files are the first two chunks; three whole ones of the large file follow.
    assert 3 * manifest.chunk_bytes < len(beginning) < 3 * manifest.chunk_bytes + 1_000
    assert not landing.folder.exists()


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "walk/../../out.txt", "a\\..\\b", ""])
def test_nothing_is_unpacked_elsewhere(tmp_path: Path, name: str) -> None:
    """XFER3, XFER19."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("walk/sound.txt", "sound")
        archive.writestr(zipfile.ZipInfo(name), "evil")
    (tmp_path / "into").mkdir()
    with pytest.raises(ArchiveError):
        unpack(tmp_path / "evil.zip", tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_no_archive_that_grows(tmp_path: Path) -> None:
    """XFER19: a small file that would fill the disk is refused."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("walk/zeros", bytes(10 * _MB))
    (tmp_path / "garbage.zip").write_bytes(os.urandom(1_000))
    (tmp_path / "into").mkdir()
    for name in ("bomb.zip", "garbage.zip"):
        with pytest.raises(ArchiveError):
            unpack(tmp_path / name, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


async def test_what_nobody_goes_on_with_is_cleared(tmp_path: Path) -> None:
    """XFER20: after a week, unless a process has it open."""
    source = folder(tmp_path / "walk")
    into = tmp_path / "into"
    into.mkdir()
    at_work, left = Landing(into, "at_work"), Landing(into, "left")
    for landing in (at_work, left):
        landing.begin(source.manifest)
    left.close()
    part_at_work, part_left = PartFile(into, "at_work"), PartFile(into, "left")
    for part in (part_at_work, part_left):
        await part.open(1_000)
    part_left.close()
    (into / "photo.part").touch()
    touched_s = part_left.path.stat().st_mtime
    clear_leftovers(into, now_s=touched_s + LEFT_S - 60)
    assert left.folder.exists()
    clear_leftovers(into, now_s=touched_s + LEFT_S + 60)
    names = {path.name for path in into.iterdir()}
    assert names == {".hutong-at_work.parts", ".hutong-at_work.part", "photo.part"}
    at_work.discard()
    part_at_work.discard()


async def test_clearing_up_gets_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XFER20: several offers are taken up at once, and each clears up first; a lock would end the others."""
    landing, part = Landing(tmp_path, "t"), PartFile(tmp_path, "t")
    landing.begin(folder(tmp_path / "walk").manifest)
    await part.open(1_000)
    landing.close()
    part.close()
    locked: list[int] = []
    monkeypatch.setattr(fcntl, "flock", lambda descriptor, _how: locked.append(descriptor))
    clear_leftovers(tmp_path)
    assert locked == []
    clear_leftovers(tmp_path, now_s=part.path.stat().st_mtime + LEFT_S + 60)
    assert len(locked) == 2


async def test_two_programs_do_not_receive_the_same_in_one_place(tmp_path: Path) -> None:
    """XFER20: the second is told, and the first loses nothing."""
    source = folder(tmp_path / "walk")
    first, second = Landing(tmp_path, "t"), Landing(tmp_path, "t")
    first.begin(source.manifest)
    assert second.resume() == {}
    with pytest.raises(OSError, match="Another program"):
        second.begin(source.manifest)
    second.close()
    assert (first.folder / "journal").exists()
    first.discard()
    part, other = PartFile(tmp_path, "t"), PartFile(tmp_path, "t")
    await part.open(1_000)
    with pytest.raises(BlockingIOError):
        await other.open(1_000)
    other.close()
    part.discard()
