"""The edge's side of the link port's certificate: its key, kept; its leaf, renewed in time."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.platform import journal, key_files
from hutong.platform.clock import Clock
from hutong.platform.leaf import GRACE, LIFE, good_until_ms
from hutong.platform.settings import SettingsError

# Renewed when a third of its life is left: a root that is kept elsewhere is missed long before the end.
_LIFE_MS = int(LIFE.total_seconds() * 1000)
_RENEW_MS = _LIFE_MS // 3
# A leaf is good for so long before it was made.
_GRACE_MS = int(GRACE.total_seconds() * 1000)

# Signs a leaf for a public key and a host. Raises `OSError` when nobody can now.
Certify = Callable[[bytes, str], Awaitable[bytes]]

log = journal.get(__name__)


class LinkCertificate:
    """Call `renew` before the first use, and every few minutes. Raises `SettingsError` for a damaged key."""

    def __init__(self, folder: Path, host: str, clock: Clock) -> None:
        self._folder = folder
        self._host = host
        self._clock = clock
        self.key = _ensure_key(folder / "link.key")
        self.leaf = b""

    async def renew(self, root: bytes, certify: Certify) -> None:
        """Get a new leaf when the one that is kept is not `root`'s, or ends soon.

        Raises `OSError` when there is no good one and none to be had.
        """
        path = self._folder / "link.der"
        kept = self.leaf or (path.read_bytes() if path.exists() else b"")
        public_key = self.key.public_key().public_bytes_raw()
        left_ms = good_until_ms(kept, root, public_key) - self._clock.now_ms() if kept else 0
        # More than a whole life: the clock was ahead then, and the leaf is not good yet.
        if not _RENEW_MS <= left_ms <= _LIFE_MS + _GRACE_MS:
            try:
                kept = await certify(public_key, self._host)
            except OSError:
                if left_ms <= 0:
                    raise
                log.warning("link_certificate_not_renewed", days_left=left_ms // 86_400_000)
            else:
                # On a full disk it is good without: the next start asks for another.
                with contextlib.suppress(OSError):
                    key_files.replace(path, kept)
        self.leaf = kept


def _ensure_key(path: Path) -> Ed25519PrivateKey:
    kept = key_files.ensure(path, Ed25519PrivateKey.generate().private_bytes_raw)
    try:
        return Ed25519PrivateKey.from_private_bytes(kept)
    except ValueError as error:
        raise SettingsError(
            f"{path} is damaged: it holds no Ed25519 key. Remove it for a new one."
        ) from error
