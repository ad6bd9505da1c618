"""The key schedule (SEAL4 to SEAL8): HKDF with SHA-256 (RFC 5869), of which one block is always enough."""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from hutong.protocols.sealed.errors import SealedError

HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_OPEN_INFO = b"hutong sealed v1 open\x00"


class EarlyKeys(NamedTuple):
    """What both sides know once the OPEN is read."""

    secret: bytes  # the main keys stand on it
    client: bytes
    binding: bytes


class MainKeys(NamedTuple):
    """The secrets of the two directions."""

    client: bytes
    core: bytes


def expand(secret: bytes, label: bytes, context: bytes = b"", size_bytes: int = 32) -> bytes:
    """Return `HKDF-Expand` of at most 32 bytes."""
    return hmac.digest(secret, b"hutong sealed v1 " + label + b"\x00" + context + b"\x01", "sha256")[
        :size_bytes
    ]


def open_info(header: bytes, exporter: bytes) -> bytes:
    """Return HPKE's `info` for an OPEN (SEAL4)."""
    return _OPEN_INFO + header + exporter


def early_keys(secret: bytes, opening: bytes, exporter: bytes) -> EarlyKeys:
    """Return what follows from the OPEN and the secret in it (SEAL5)."""
    early = hmac.digest(hashlib.sha256(exporter + opening).digest(), secret, "sha256")
    return EarlyKeys(early, expand(early, b"c early"), expand(early, b"binding"))


def main_keys(early: bytes, shared: bytes, opening: bytes, accept: bytes, exporter: bytes) -> MainKeys:
    """Return the secrets of both directions; `shared` is the Diffie-Hellman of this connection (SEAL6)."""
    master = hmac.digest(early, shared, "sha256")
    transcript = hashlib.sha256(exporter + opening + accept).digest()
    return MainKeys(expand(master, b"c main", transcript), expand(master, b"s main", transcript))


def next_secret(secret: bytes) -> bytes:
    """Return the secret of the phase that follows (SEAL8)."""
    return expand(secret, b"update")


def agree(mine: X25519PrivateKey, theirs: bytes) -> bytes:
    """Return the X25519 result. Raises `SealedError` for a key that gives none (SEAL6)."""
    try:
        return mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError as error:
        raise SealedError("The ephemeral key is no X25519 key.") from error
