"""Where this server can be reached, once its listeners stand; features tell clients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Endpoints:
    """Filled in by the edge before the first client connects."""

    public_url: str = ""
    relay_host: str = ""
    relay_port: int = 0  # 0: no relay
    relay_secret: bytes = b""


def ensure_secret(folder: Path, name: str, size_bytes: int = 32) -> bytes:
    """Return the secret kept in a file only its owner can read, made when it is not there."""
    path = folder / f"{name}.secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(size_bytes).hex())
    return bytes.fromhex(path.read_text())
