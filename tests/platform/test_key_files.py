"""Files that hold keys: whole or not at all, and nobody else's."""

from __future__ import annotations

import datetime
import os
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.edge import certificates
from hutong.edge.leaf import Certify, LinkCertificate
from hutong.platform import key_files
from hutong.platform.clock import ManualClock
from hutong.platform.endpoints import ensure_secret
from hutong.platform.leaf import sign_leaf
from hutong.platform.settings import SettingsError
from tests.platform.scene import JumpingClock


def full(*_args: object) -> None:
    raise OSError(28, "No space left on device")


def test_they_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = key_files.ensure(tmp_path / "new" / "key", lambda: b"first")
    finally:
        os.umask(before)
    assert made == b"first"
    assert key_files.ensure(tmp_path / "new" / "key", lambda: b"second") == b"first"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "key").stat().st_mode) == 0o600


def test_what_was_left_half_written_gives_nobody_the_new_one(tmp_path: Path) -> None:
    left = tmp_path / "key.new"
    left.write_bytes(b"half")
    left.chmod(0o644)
    with left.open("rb") as reader:
        key_files.replace(tmp_path / "key", b"whole")
        assert reader.read() == b"half"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_full_disk_leaves_what_there_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file would be taken for a key by the next start."""
    key_files.replace(tmp_path / "key", b"old")
    for start in (
        lambda: key_files.replace(tmp_path / "key", b"new"),
        lambda: ensure_secret(tmp_path / "other", "tags"),
        lambda: LinkCertificate(tmp_path / "other", "localhost", ManualClock()),
        lambda: certificates.ensure(tmp_path / "other", "localhost"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", full)
            with pytest.raises(OSError, match="No space"):
                start()
    assert (tmp_path / "key").read_bytes() == b"old"
    assert list((tmp_path / "other").iterdir()) == []
    assert len(ensure_secret(tmp_path / "other", "tags")) == 32


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "\udcff"])
def test_a_secret_that_is_none_stops_the_start(tmp_path: Path, content: str) -> None:
    """An empty one would let everybody make the relay's passwords."""
    (tmp_path / "relay.secret").write_text(content, errors="surrogateescape")
    with pytest.raises(SettingsError, match=r"relay\.secret"):
        ensure_secret(tmp_path, "relay")


async def test_a_link_key_that_is_none_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "link.key").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"link\.key"):
        LinkCertificate(tmp_path, "localhost", ManualClock())


@pytest.fixture
def certify() -> tuple[bytes, JumpingClock, Certify]:
    root, clock = Ed25519PrivateKey.generate(), JumpingClock()

    async def sign(public_key: bytes, host: str) -> bytes:
        return sign_leaf(root, public_key, host, clock.now_ms())

    return root.public_key().public_bytes_raw(), clock, sign


async def test_a_certificate_that_cannot_be_kept_is_used(
    tmp_path: Path, certify: tuple[bytes, JumpingClock, Certify], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, clock, sign = certify
    certificate = LinkCertificate(tmp_path, "localhost", clock)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        await certificate.renew(root, sign)
    assert certificate.leaf
    assert not (tmp_path / "link.der").exists()


async def test_a_certificate_of_a_clock_that_was_wrong(
    tmp_path: Path, certify: tuple[bytes, JumpingClock, Certify]
) -> None:
    """Years ahead or behind: it is made anew as soon as the clock is right, and kept otherwise."""
    root, clock, sign = certify
    certificate = LinkCertificate(tmp_path, "localhost", clock)
    leaves = set()
    for years in (0, 1, 0, -1, 0):
        clock.jump_ms = years * 365 * 24 * 3600 * 1000
        for _ in range(2):
            await certificate.renew(root, sign)
            leaves.add(certificate.leaf)
            loaded = x509.load_der_x509_certificate(certificate.leaf)
            now = datetime.datetime.fromtimestamp(clock.now_ms() / 1000, datetime.UTC)
            assert loaded.not_valid_before_utc <= now < loaded.not_valid_after_utc
    assert len(leaves) == 5
