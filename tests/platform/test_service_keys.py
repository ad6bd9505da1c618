"""The server's own keys on disk, by docs/protocol/sealed.md: SEAL17, SEAL18."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hutong.platform.clock import ManualClock, Randomness
from hutong.platform.service_keys import (
    DAY_MS,
    GRACE_MS,
    KEYS_FILE,
    LIFE_ROTATIONS,
    ROOT_FILE,
    ServiceKeys,
)
from hutong.platform.settings import SettingsError
from hutong.protocols.sealed import ManifestError, Pins, verify
from hutong.schema import sealed_pb2
from tests.platform.scene import JumpingClock

DAYS = 7
WEB = sealed_pb2.Endpoint(kind=sealed_pb2.Endpoint.KIND_WEB, host="hutong.example", port=443)


def open_keys(folder: Path, clock: ManualClock) -> ServiceKeys:
    return ServiceKeys(folder, clock, Randomness(), days=DAYS)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing but its owner's files are left, and no half-written one."""
    yield tmp_path
    assert {path.name for path in tmp_path.iterdir()} <= {ROOT_FILE, KEYS_FILE, "elsewhere"}
    for name in (ROOT_FILE, KEYS_FILE):
        if (tmp_path / name).exists():
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def private(keys: ServiceKeys, epoch: int) -> bytes | None:
    key = keys.find(epoch)
    return key.private_bytes_raw() if key is not None else None


def test_the_first_start_makes_them(folder: Path, clock: JumpingClock) -> None:
    """SEAL17"""
    keys = open_keys(folder, clock)
    manifest = Pins(root=keys.root).check(keys.manifest, clock.now_ms())
    assert manifest.epoch == 1
    assert manifest.not_after_ms - manifest.not_before_ms == LIFE_ROTATIONS * DAYS * DAY_MS
    found = keys.find(1)
    assert found is not None
    assert found.public_key().public_bytes_raw() == manifest.service_key
    assert [keys.find(epoch) for epoch in (0, 2, -1, 2**32)] == [None] * 4
    again = open_keys(folder, clock)
    assert (again.root, again.manifest, private(again, 1)) == (keys.root, keys.manifest, private(keys, 1))


def test_no_two_servers_have_the_same(folder: Path, clock: JumpingClock) -> None:
    one = open_keys(folder, clock)
    other = open_keys(folder / "elsewhere", clock)
    assert one.root != other.root
    assert private(one, 1) != private(other, 1)


def test_rotation(folder: Path, clock: JumpingClock) -> None:
    """SEAL18: once a period; the one before stays for a day longer, and no other"""
    keys = open_keys(folder, clock)
    pins = Pins()
    pins.check(keys.manifest, clock.now_ms())
    first = keys.manifest
    clock.jump_ms += DAYS * DAY_MS - 1
    keys.refresh()
    assert keys.manifest == first
    clock.jump_ms += 60_000
    keys.refresh()
    assert pins.check(keys.manifest, clock.now_ms()).epoch == 2
    assert pins.root == keys.root
    with pytest.raises(ManifestError):
        pins.check(first, clock.now_ms())
    for opened in (keys, open_keys(folder, clock)):
        assert private(opened, 1) != private(opened, 2) is not None
    clock.jump_ms += GRACE_MS
    assert keys.find(1) is None
    assert keys.find(2) is not None
    clock.jump_ms += DAYS * DAY_MS
    assert verify(open_keys(folder, clock).manifest).epoch == 3  # found due at a start
    kept = json.loads((folder / KEYS_FILE).read_text())
    assert [each["epoch"] for each in kept["keys"]] == [3, 2]


def test_a_clock_that_was_ahead_for_a_moment(folder: Path, clock: JumpingClock) -> None:
    """SEAL18: what was signed with a date of the future is made anew; the epoch never goes back"""
    keys = open_keys(folder, clock)
    pins = Pins()
    pins.check(keys.manifest, clock.now_ms())
    year_ms = 365 * DAY_MS
    clock.jump_ms += year_ms
    keys.refresh()
    clock.jump_ms -= year_ms
    with pytest.raises(ManifestError, match="out of its time"):
        pins.check(keys.manifest, clock.now_ms())
    keys.refresh()
    assert pins.check(keys.manifest, clock.now_ms()).epoch == 3
    # Small steps back are a clock's daily life.
    clock.jump_ms -= 60_000
    keys.refresh()
    assert verify(keys.manifest).epoch == 3


def test_a_root_that_was_moved_away(folder: Path, clock: JumpingClock) -> None:
    """SEAL18: the server goes on, and says once a day that a rotation waits for it"""
    keys = open_keys(folder, clock)
    root, manifest = keys.root, keys.manifest
    away = (folder / ROOT_FILE).read_bytes()
    (folder / ROOT_FILE).unlink()
    with capture_logs() as logs:
        keys = open_keys(folder, clock)
        assert (keys.root, keys.manifest) == (root, manifest)
        assert logs == []
        clock.jump_ms += DAYS * DAY_MS
        for _ in range(48):
            clock.jump_ms += 3600_000
            keys.refresh()
    assert [(each["event"], each["log_level"]) for each in logs] == [("root_key_needed", "warning")] * 2
    assert keys.manifest == manifest
    assert keys.find(1) is not None
    assert Pins().check(manifest, clock.now_ms()).epoch == 1
    (folder / ROOT_FILE).write_bytes(away)
    (folder / ROOT_FILE).chmod(0o600)
    clock.jump_ms += 60_000
    keys.refresh()
    assert verify(keys.manifest).epoch == 2
    assert keys.root == root


def test_addresses(folder: Path, clock: JumpingClock) -> None:
    """SEAL18: signed by the root, in the same epoch; and only when they have changed"""
    keys = open_keys(folder, clock)
    keys.set_endpoints([WEB])
    signed = keys.manifest
    assert list(Pins(keys.root, 1).check(signed, clock.now_ms()).endpoints) == [WEB]
    (folder / ROOT_FILE).unlink()
    keys = open_keys(folder, clock)
    with capture_logs() as logs:
        keys.set_endpoints([WEB])
        assert logs == []
        keys.set_endpoints([WEB, WEB])
    assert [each["event"] for each in logs] == ["root_key_needed"]
    assert keys.manifest == signed


def test_addresses_that_cannot_be_signed(
    folder: Path, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edge that comes while the disk is full is let in all the same"""
    keys = open_keys(folder, clock)
    before = keys.manifest

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr("os.fsync", full)
        keys.set_endpoints([WEB])
    assert [each["event"] for each in logs] == ["addresses_not_signed"]
    assert keys.manifest == before
    keys.set_endpoints([WEB])
    assert list(verify(keys.manifest).endpoints) == [WEB]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (KEYS_FILE, ""),
        (KEYS_FILE, "{}"),
        (KEYS_FILE, '{"manifest": "00", "keys": []}'),
        (KEYS_FILE, '{"manifest": 3, "keys": 4}'),
        (ROOT_FILE, "zz"),
        (ROOT_FILE, "00" * 31),
        (ROOT_FILE, "00" * 32),
    ],
)
def test_damaged_files_stop_the_start(folder: Path, clock: JumpingClock, name: str, text: str) -> None:
    """Making new ones in silence would lock everybody out"""
    open_keys(folder, clock)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / name).write_text(text)
    with pytest.raises(SettingsError, match=name):
        open_keys(folder, clock)
    (folder / name).write_bytes(before[name])
    open_keys(folder, clock)


def test_a_key_that_is_not_the_manifests_stops_the_start(folder: Path, clock: JumpingClock) -> None:
    open_keys(folder, clock)
    kept = json.loads((folder / KEYS_FILE).read_text())
    kept["keys"][0]["private"] = "11" * 32
    (folder / KEYS_FILE).write_text(json.dumps(kept))
    with pytest.raises(SettingsError, match="another key"):
        open_keys(folder, clock)


def test_a_disk_that_is_full_changes_nothing(
    folder: Path, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What clients were told and what is kept stay the same"""
    keys = open_keys(folder, clock)
    before, manifest = (folder / KEYS_FILE).read_bytes(), keys.manifest

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    clock.jump_ms += DAYS * DAY_MS
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr("os.fsync", full)
        keys.refresh()
    assert [each["event"] for each in logs] == ["service_key_not_rotated"]
    assert (keys.manifest, verify(keys.manifest).epoch, keys.find(2)) == (manifest, 1, None)
    assert (folder / KEYS_FILE).read_bytes() == before
    clock.jump_ms += 60_000
    keys.refresh()
    assert verify(keys.manifest).epoch == 2
