"""Pictures, made without a library."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def a_picture(path: Path, width: int, height: int) -> Path:
    """Write a PNG of vertical stripes."""
    row = b"\x00" + b"".join(bytes((n * 7 % 256, n * 3 % 256, 90)) for n in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path
