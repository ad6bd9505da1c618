"""What every blob store does, local or not."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from hutong.platform.blobs import Blobs
from hutong.platform.errors import NotFound, Unavailable
from hutong.testing import refused

URLS: list[Callable[[Path], str]] = [
    lambda _: "",
    lambda folder: f"file://{folder / 'elsewhere'}",
    lambda _: "memory:///",
]


@pytest.fixture(params=URLS, ids=["default", "file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    (tmp_path / "elsewhere").mkdir()
    return Blobs(request.param(tmp_path), tmp_path / "blobs")


async def test_small_bytes(blobs: Blobs) -> None:
    await blobs.put("name", b"0123456789")
    assert await blobs.get("name", 0, 10) == b"0123456789"
    assert await blobs.get("name", 3, 4) == b"3456"
    await blobs.put("name", b"again")
    assert await blobs.get("name", 0, 5) == b"again"


@pytest.mark.parametrize("failure", [0, errno.EXDEV, errno.EPERM])
async def test_a_file(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: int) -> None:
    """Linked where that is possible; copied between file systems and where there are no links."""

    def fail(_path: Path, _target: Path) -> None:
        raise OSError(failure, "no links here")

    if failure:
        monkeypatch.setattr(Path, "hardlink_to", fail)
    data = bytes(range(256)) * 50_000
    path = tmp_path / "upload"
    path.write_bytes(data)
    for _ in range(2):  # it may be there already
        await blobs.put_file("name", path)
    path.unlink()
    assert await blobs.get("name", 0, len(data)) == data
    left = [each.name for each in tmp_path.rglob("*") if each.is_file()]
    assert left in (["name"], [])


async def test_what_is_not_there(blobs: Blobs) -> None:
    with refused(NotFound, "no_such_blob"):
        await blobs.get("nothing", 0, 1)
    await blobs.delete("nothing")
    await blobs.put("name", b"x")
    await blobs.delete("name")
    with refused(NotFound, "no_such_blob"):
        await blobs.get("name", 0, 1)


async def test_a_store_nobody_answers_for(tmp_path: Path) -> None:
    """Port 1 of this machine: refused at once."""
    url = "http://127.0.0.1:1/blobs"
    blobs = Blobs(url, tmp_path)
    with refused(Unavailable, "no_storage"):
        await blobs.put("name", b"x")
