"""The blob store on a local folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hutong.platform import blobs as blobs_module
from hutong.platform.blobs import Blobs
from hutong.platform.errors import NotFound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return Blobs("", folder)


async def test_what_was_put_is_read_in_ranges(blobs: Blobs, folder: Path) -> None:
    await blobs.put("name", b"0123456789")
    assert await blobs.get("name", 0, 10) == b"0123456789"
    assert await blobs.get("name", 3, 4) == b"3456"
    assert await blobs.get("name", 8, 100) == b"89"
    assert await Blobs("", folder).get("name", 0, 1) == b"0"  # also by the next process
    assert folder.stat().st_mode & 0o077 == 0


async def test_the_same_name_again(blobs: Blobs) -> None:
    await blobs.put("name", b"same")
    await blobs.put("name", b"same")
    assert await blobs.get("name", 0, 4) == b"same"


async def test_a_file_is_kept_without_a_copy(blobs: Blobs, tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(b"x" * 100_000)
    await blobs.put_file("file", source)
    assert (folder / "file").stat().st_ino == source.stat().st_ino
    await blobs.put_file("file", source)  # after a crash between keeping and forgetting
    source.unlink()
    assert await blobs.get("file", 99_990, 20) == b"x" * 10
    assert [path.name for path in folder.iterdir()] == ["file"]


async def test_a_file_on_another_disk_is_copied(
    blobs: Blobs, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a second file system: linking is what fails there."""

    def refuse(*_args: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    source = tmp_path / "upload"
    source.write_bytes(b"far away")
    await blobs.put_file("file", source)
    assert await blobs.get("file", 0, 8) == b"far away"
    assert (folder / "file").stat().st_ino != source.stat().st_ino


async def test_what_is_not_there(blobs: Blobs) -> None:
    with pytest.raises(NotFound) as missing:
        await blobs.get("nothing", 0, 1)
    assert missing.value.reason == "no_such_blob"
    await blobs.delete("nothing")


async def test_what_was_deleted(blobs: Blobs) -> None:
    await blobs.put("name", b"x")
    await blobs.delete("name")
    with pytest.raises(NotFound):
        await blobs.get("name", 0, 1)


async def test_it_is_durable_when_the_call_returns(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = blobs_module._sync

    def sync(path: Path) -> None:
        synced.append(path.name)
        real(path)

    monkeypatch.setattr(blobs_module, "_sync", sync)
    await blobs.put("put", b"x")
    assert synced == ["put"]
    source = tmp_path / "upload"
    source.write_bytes(b"x")
    await blobs.put_file("file", source)
    assert synced == ["put", "upload", "blobs"]


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/etc/hutong-test"])
async def test_names_stay_in_the_folder(blobs: Blobs, tmp_path: Path, name: str) -> None:
    """Names are hashes; should one ever not be, nothing is written elsewhere."""
    with pytest.raises((ValueError, OSError)):
        await blobs.put(name, b"x")
    assert not (tmp_path / "outside").exists()
    assert not Path("/etc/hutong-test").exists()
