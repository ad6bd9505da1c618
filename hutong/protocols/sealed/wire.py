"""Sizes, first bytes and padding (SEAL1, SEAL2, SEAL10, SEAL11). Source: docs/protocol/sealed.md."""

from __future__ import annotations

import struct

VERSION = 1

# First bytes of a carrier message.
OPEN = 0x01
ACCEPT = 0x02
REFUSE = 0x03
RECORD = 0x80
# In the first byte of a RECORD.
EARLY = 0x40
PHASE = 0x20
CLASS = 0x03

# The classes, as `Priority` numbers them.
MESSAGE = 0
CONTROL = 1
BULK = 2
CLASSES = 3

CARRIER_MESSAGE_BYTES_MAX = 17_000
# A whole message, of many fragments (SEAL12).
MESSAGE_BYTES_MAX = 1024 * 1024
TAG_BYTES = 16
RECORD_HEADER_BYTES = 3
PADDED_BYTES_MIN = 16
PADDED_BYTES_MAX = 16_384
FRAGMENT_BYTES_MAX = PADDED_BYTES_MAX - 1
RECORD_BYTES_MIN = RECORD_HEADER_BYTES + PADDED_BYTES_MIN + TAG_BYTES
RECORD_BYTES_MAX = RECORD_HEADER_BYTES + PADDED_BYTES_MAX + TAG_BYTES
# The OPEN and the early records after it (SEAL14).
EARLY_BYTES_MAX = 15 * 1024
# Bulk waits until less than this is in the carrier (SEAL13).
LOW_WATER_BYTES = 32 * 1024

ROUTE_BYTES = 16
EXPORTER_BYTES = 32
KEY_BYTES = 32
OPEN_HEADER = struct.Struct(f"!BBI{ROUTE_BYTES}s")
OPENS_MAX = 3  # on one carrier (SEAL19)

# The last byte before the padding.
FRAGMENT = 0x01
LAST = 0x02


def padded_bytes(size_bytes: int) -> int:
    """Return the bucket for payload and marker together (SEAL11)."""
    if size_bytes <= 256:
        return (size_bytes + 15) & ~15
    step = 1 << ((size_bytes - 1).bit_length() - 4)
    return (size_bytes + step - 1) & -step
