"""How the server knows a preview of its own again: an HMAC over all that it says. No I/O."""

from __future__ import annotations

import hashlib
import hmac

from hutong.schema import chat_pb2

_LABEL = b"hutong preview v1\x00"


def sign(secret: bytes, preview: chat_pb2.Preview) -> None:
    """Put the proof into a preview that is complete."""
    preview.proof = _proof(secret, preview)


def holds(secret: bytes, preview: chat_pb2.Preview) -> bool:
    """Tell whether a preview is as this server made it."""
    return hmac.compare_digest(preview.proof, _proof(secret, preview))


def _proof(secret: bytes, preview: chat_pb2.Preview) -> bytes:
    bare = chat_pb2.Preview()
    bare.CopyFrom(preview)
    bare.ClearField("proof")
    said = bare.SerializeToString(deterministic=True)
    return hmac.new(secret, _LABEL + said, hashlib.sha256).digest()
