"""The edge's side of the link port's certificate: its key, kept; its leaf, renewed in time."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hutong.platform import journal
from hutong.platform.clock import Clock
from hutong.platform.leaf import LIFE, good_until_ms

# Renewed when a third of its life is left: a root that is kept elsewhere is missed long before the end.
_RENEW_MS = int(LIFE.total_seconds() * 1000) // 3

# Signs a leaf for a public key and a host. Raises `OSError` when nobody can now.
Certify = Callable[[bytes, str], Awaitable[bytes]]

log = journal.get(__name__)


class LinkCertificate:
    """Call `renew` before the first use, and every hour or so."""

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
        if left_ms < _RENEW_MS:
            try:
                kept = await certify(public_key, self._host)
            except OSError:
                if left_ms <= 0:
                    raise
                log.warning("link_certificate_not_renewed", days_left=left_ms // 86_400_000)
            else:
                path.write_bytes(kept)
        self.leaf = kept


def _ensure_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
