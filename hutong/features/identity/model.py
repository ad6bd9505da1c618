"""Rules for names, handles, passwords and keys. No I/O."""

from __future__ import annotations

import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hutong.platform.errors import InvalidArgument, Unauthenticated

_HANDLE = re.compile(r"[a-z0-9_]{3,32}")
NAME_CHARACTERS_MAX = 64
ABOUT_CHARACTERS_MAX = 280
PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 256
PUBLIC_KEY_BYTES = 32
RESUME_CONTEXT = b"hutong resume v2\x00"
LINK_CONTEXT = b"hutong link v1\x00"


def handle(text: str) -> str:
    """Return the handle, in lower case. Raises `InvalidArgument`."""
    lowered = text.strip().lower().removeprefix("@")
    if not _HANDLE.fullmatch(lowered):
        raise InvalidArgument("A handle has 3 to 32 letters a-z, digits or underscores.", reason="bad_handle")
    return lowered


def password(text: str) -> str:
    """Return the password as it is. Raises `InvalidArgument` for its length."""
    if not PASSWORD_CHARACTERS_MIN <= len(text) <= PASSWORD_CHARACTERS_MAX:
        raise InvalidArgument(
            f"A password has {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters.",
            reason="bad_password",
        )
    return text


def public_key(key: bytes) -> bytes:
    """Return an Ed25519 public key. Raises `InvalidArgument`."""
    if len(key) != PUBLIC_KEY_BYTES:
        raise InvalidArgument("A device key is an Ed25519 public key of 32 bytes.", reason="bad_key")
    return key


def verify(key: bytes, signature: bytes, signed: bytes) -> None:
    """Check a device's signature. Raises `Unauthenticated`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise Unauthenticated("This device could not prove who it is.", reason="bad_signature") from error
