"""What is sent to open a path: 26 bytes, of which the last 16 prove that the sender has the key.

The first byte is neither STUN's nor QUIC's (RFC 9443), so that all three share a socket.
"""

from __future__ import annotations

import hmac
from enum import IntEnum

FIRST_BYTE = 9
ID_BYTES = 8
_TAG_BYTES = 16
PACKET_BYTES = 2 + ID_BYTES + _TAG_BYTES


class Say(IntEnum):
    """What a packet says about the pair of addresses it travels between."""

    PROBE = 1  # does this arrive?
    ACK = 2  # yes
    CHOSEN = 3  # by the offerer: this is the path
    AGREED = 4


def encode(key: bytes, say: Say, pair: bytes) -> bytes:
    """Return a packet; `pair` is 8 bytes the asking side has drawn, which the answer repeats."""
    head = bytes((FIRST_BYTE, say)) + pair
    return head + _tag(key, head)


def decode(key: bytes, data: bytes) -> tuple[Say, bytes] | None:
    """Return what an authentic packet says; None for anything else."""
    if len(data) != PACKET_BYTES or data[0] != FIRST_BYTE:
        return None
    head, tag = data[:-_TAG_BYTES], data[-_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, head)):
        return None
    try:
        return Say(head[1]), head[2:]
    except ValueError:
        return None


def _tag(key: bytes, head: bytes) -> bytes:
    return hmac.digest(key, head, "sha256")[:_TAG_BYTES]
