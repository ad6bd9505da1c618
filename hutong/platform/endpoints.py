"""Where this server can be reached, once its listeners stand; features tell clients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hutong.platform import key_files
from hutong.platform.settings import SettingsError


@dataclass(slots=True)
class Endpoints:
    """Filled in by the edge before the first client connects."""

    public_url: str = ""
    link_host: str = ""
    link_port: int = 0  # 0: no link port
    relay_host: str = ""
    relay_port: int = 0  # 0: no relay
    relay_tls_port: int = 0  # 0: not over TLS
    relay_secret: bytes = b""


def ensure_secret(folder: Path, name: str, size_bytes: int = 32) -> bytes:
    """Return the secret kept in a file only its owner can read, made when it is not there.

    Raises `OSError`, and `SettingsError` for a file that holds none: an empty secret would be known to all.
    """
    path = folder / f"{name}.secret"
    text = key_files.ensure(path, lambda: os.urandom(size_bytes).hex().encode())
    try:
        secret = bytes.fromhex(text.decode())
    except ValueError:
        secret = b""
    if len(secret) < size_bytes:
        raise SettingsError(
            f"{path} is damaged: it holds no secret. Put it back, or remove it for a new one."
        )
    return secret
