"""From the transcript to the keys (RFC 9382, sections 3.3 and 4): SHA-256, HKDF, HMAC."""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LENGTH = struct.Struct("<Q")
_HALF = 16


class Keys(NamedTuple):
    """`shared` is for what comes after; the confirmations show that the other side has it too."""

    shared: bytes  # Ke, 16 bytes
    confirmation_a: bytes
    confirmation_b: bytes


def transcript(*parts: bytes) -> bytes:
    """Return TT: each part behind its length."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def derive(said: bytes, associated: bytes) -> Keys:
    """Return the keys of a transcript; `associated` is what both sides know besides."""
    digest = hashlib.sha256(said).digest()
    shared, authentication = digest[:_HALF], digest[_HALF:]
    material = HKDF(SHA256(), 2 * _HALF, None, b"ConfirmationKeys" + associated).derive(authentication)
    return Keys(
        shared,
        hmac.digest(material[:_HALF], said, "sha256"),
        hmac.digest(material[_HALF:], said, "sha256"),
    )
