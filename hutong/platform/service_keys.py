"""The server's own keys: the root that clients pin, and the service keys it signs (SEAL17, SEAL18).

`root.key` may be moved away once the server has started: nothing but a rotation, or a new address, needs it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.protobuf.message import DecodeError

from hutong.platform import journal, key_files
from hutong.platform.clock import Clock, Randomness
from hutong.platform.leaf import sign_leaf
from hutong.platform.settings import SettingsError
from hutong.protocols.sealed import ManifestError, sign, verify
from hutong.protocols.sealed.manifest import GRACE_MS as MANIFEST_GRACE_MS
from hutong.schema import sealed_pb2

ROOT_FILE = "root.key"
KEYS_FILE = "service_keys.json"
DAY_MS = 24 * 3600 * 1000
# A key is taken for so long after its successor came (SEAL18).
GRACE_MS = DAY_MS
# A manifest is good for so many rotations: how long a root that was moved away may stay away.
LIFE_ROTATIONS = 5
_KEY_BYTES = 32
_LOOK_EVERY_MS = 60_000
_PROTOCOL_MIN = 1

log = journal.get(__name__)


@dataclass(frozen=True, slots=True)
class _ServiceKey:
    epoch: int
    private: X25519PrivateKey
    until_ms: int  # 0: the newest


class ServiceKeys:
    """The keys in a folder, made on the first start. Raises `SettingsError` for files that do not fit."""

    def __init__(self, folder: Path, clock: Clock, random: Randomness, *, days: int) -> None:
        self._folder = folder
        self._clock = clock
        self._random = random
        self._period_ms = days * DAY_MS
        self._keys: dict[int, _ServiceKey] = {}
        self._look_at_ms = 0
        self._warned_at_ms = 0
        if (folder / KEYS_FILE).exists():
            self.manifest, self._keys = _load(folder)
            self._content = verify(self.manifest)
            self._read_root()
        else:
            self._begin()
        self.refresh()

    @property
    def root(self) -> bytes:
        """The root's public key, which clients pin."""
        return self._content.root

    def find(self, epoch: int) -> X25519PrivateKey | None:
        """Return the key of an epoch that OPENs may be sealed to, or None."""
        key = self._keys.get(epoch)
        if key is None or 0 < key.until_ms <= self._clock.now_ms():
            return None
        return key.private

    def set_endpoints(self, endpoints: Sequence[sealed_pb2.Endpoint]) -> None:
        """Tell clients where the server is reached, signed by the root. What fails leaves what they know."""
        if list(self._content.endpoints) == list(endpoints):
            return
        content = sealed_pb2.Manifest()
        content.CopyFrom(self._content)
        del content.endpoints[:]
        content.endpoints.extend(endpoints)
        try:
            root = self._read_root()
            if root is not None:
                self._sign(root, content, self._keys)
                return
        except (OSError, SettingsError):
            log.exception("addresses_not_signed")
            return
        log.warning("root_key_needed", why="addresses have changed")

    def certify(self, public_key: bytes, host: str) -> bytes:
        """Return a leaf certificate (DER) for the link port's Ed25519 key.

        Raises `OSError` when the root was moved away, `SettingsError` when it is damaged, `ValueError` for a
        key that is none.
        """
        root = self._read_root()
        if root is None:
            log.warning("root_key_needed", why="the link port's certificate is to be renewed")
            raise FileNotFoundError(str(self._folder / ROOT_FILE))
        return sign_leaf(root, public_key, host, self._clock.now_ms())

    def refresh(self) -> None:
        """Rotate when it is time. Cheap: called at every OPEN."""
        now_ms = self._clock.now_ms()
        # The clock may jump: a look that is far ahead was planned before it went back.
        if 0 < self._look_at_ms - now_ms <= _LOOK_EVERY_MS:
            return
        self._look_at_ms = now_ms + _LOOK_EVERY_MS
        since_ms = now_ms - self._content.not_before_ms
        # A manifest made by a clock that was ahead is believed by nobody (SEAL18) until it is made anew.
        if -MANIFEST_GRACE_MS <= since_ms < self._period_ms:
            return
        try:
            root = self._read_root()
            if root is not None:
                self._rotate(root, now_ms)
                return
        except (OSError, SettingsError):
            # The key in use goes on; a minute later it is tried again.
            log.exception("service_key_not_rotated")
            return
        if now_ms >= self._warned_at_ms + DAY_MS:
            self._warned_at_ms = now_ms
            days_left = (self._content.not_after_ms - now_ms) // DAY_MS
            log.warning("root_key_needed", why="a rotation of the service key is due", days_left=days_left)

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        root = self._read_root()
        if root is None:
            root = Ed25519PrivateKey.from_private_bytes(self._random.token(_KEY_BYTES))
            key_files.replace(self._folder / ROOT_FILE, root.private_bytes_raw().hex().encode())
        self._content = sealed_pb2.Manifest(root=root.public_key().public_bytes_raw())
        self._rotate(root, self._clock.now_ms())

    def _rotate(self, root: Ed25519PrivateKey, now_ms: int) -> None:
        content = sealed_pb2.Manifest()
        content.CopyFrom(self._content)
        private = X25519PrivateKey.from_private_bytes(self._random.token(_KEY_BYTES))
        before = self._keys.get(content.epoch)
        content.epoch += 1
        content.service_key = private.public_key().public_bytes_raw()
        content.not_before_ms = now_ms
        content.not_after_ms = now_ms + LIFE_ROTATIONS * self._period_ms
        content.minimum_protocol = _PROTOCOL_MIN
        keys = {content.epoch: _ServiceKey(content.epoch, private, 0)}
        if before is not None:
            keys[before.epoch] = _ServiceKey(before.epoch, before.private, now_ms + GRACE_MS)
        self._sign(root, content, keys)
        log.info("service_key_rotated", epoch=content.epoch)

    def _sign(
        self, root: Ed25519PrivateKey, content: sealed_pb2.Manifest, keys: dict[int, _ServiceKey]
    ) -> None:
        """Sign, keep, and only then use. Raises `OSError`, changing nothing."""
        manifest = sign(content, root)
        rows = [
            {"epoch": key.epoch, "private": key.private.private_bytes_raw().hex(), "until_ms": key.until_ms}
            for key in keys.values()
        ]
        text = json.dumps({"manifest": manifest.SerializeToString().hex(), "keys": rows}, indent=2)
        key_files.replace(self._folder / KEYS_FILE, text.encode())
        self.manifest, self._content, self._keys = manifest, content, keys

    def _read_root(self) -> Ed25519PrivateKey | None:
        path = self._folder / ROOT_FILE
        try:
            root = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text()))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise SettingsError(f"{path} is damaged: it holds no Ed25519 key.") from error
        if self._keys and root.public_key().public_bytes_raw() != self.root:
            raise SettingsError(f"{path} is another server's: clients have pinned the root of {KEYS_FILE}.")
        return root


def _load(folder: Path) -> tuple[sealed_pb2.SignedManifest, dict[int, _ServiceKey]]:
    path = folder / KEYS_FILE
    try:
        kept = json.loads(path.read_text())
        manifest = sealed_pb2.SignedManifest.FromString(bytes.fromhex(kept["manifest"]))
        keys = {
            int(each["epoch"]): _ServiceKey(
                int(each["epoch"]),
                X25519PrivateKey.from_private_bytes(bytes.fromhex(each["private"])),
                int(each["until_ms"]),
            )
            for each in kept["keys"]
        }
        newest = keys[verify(manifest).epoch]
    except (ValueError, KeyError, TypeError, DecodeError, ManifestError) as error:
        raise SettingsError(f"{path} is damaged; put it back from a backup.") from error
    if newest.private.public_key().public_bytes_raw() != verify(manifest).service_key:
        raise SettingsError(f"{path} is damaged: its manifest names another key.")
    return manifest, keys
