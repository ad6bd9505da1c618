"""A film that Chromium plays, made without an encoder: its pictures are WebP, which are key frames of VP8."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from playwright.async_api import Page

WIDTH, HEIGHT = 320, 180
FRAMES = 12
FRAME_MS = 250

_DRAW = """([width, height, frames]) => Array.from({ length: frames }, (_, n) => {
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width, height })
    const paper = canvas.getContext('2d', { alpha: false })
    paper.fillStyle = '#2b5d4f'
    paper.fillRect(0, 0, width, height)
    paper.fillStyle = '#e8c170'
    paper.beginPath()
    paper.arc(40 + n * 20, 90, 36, 0, 7)
    paper.fill()
    return canvas.toDataURL('image/webp', 0.8).split(',')[1]
})"""


async def make_film(page: Page, path: Path) -> Path:
    """Write a WebM of three seconds, in which a ball rolls from left to right."""
    drawn: list[str] = await page.evaluate(_DRAW, [WIDTH, HEIGHT, FRAMES])
    blocks = b"".join(
        _element(0xA3, b"\x81" + struct.pack(">hB", number * FRAME_MS, 0x80) + _key_frame(picture))
        for number, picture in enumerate(drawn)
    )
    head = _element(
        0x1A45DFA3,
        _element(0x4286, b"\x01"),
        _element(0x42F7, b"\x01"),
        _element(0x42F2, b"\x04"),
        _element(0x42F3, b"\x08"),
        _element(0x4282, b"webm"),
        _element(0x4287, b"\x02"),
        _element(0x4285, b"\x02"),
    )
    info = _element(
        0x1549A966,
        _element(0x2AD7B1, struct.pack(">I", 1_000_000)),
        _element(0x4489, struct.pack(">d", FRAMES * FRAME_MS)),
    )
    size = _element(0xE0, _element(0xB0, struct.pack(">H", WIDTH)), _element(0xBA, struct.pack(">H", HEIGHT)))
    track = _element(
        0xAE,
        _element(0xD7, b"\x01"),
        _element(0x73C5, b"\x01"),
        _element(0x83, b"\x01"),
        _element(0x86, b"V_VP8"),
        size,
    )
    cluster = _element(0x1F43B675, _element(0xE7, b"\x00"), blocks)
    path.write_bytes(head + _element(0x18538067, info, _element(0x1654AE6B, track), cluster))
    return path


def _key_frame(picture: str) -> bytes:
    """Return the VP8 in a WebP, behind what it says of colours and the like."""
    webp = base64.b64decode(picture)
    at = 12
    while at < len(webp):
        kind, size = struct.unpack_from("<4sI", webp, at)
        if kind == b"VP8 ":
            return webp[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise AssertionError("the browser drew something else")


def _element(name: int, *content: bytes) -> bytes:
    """Return one element of EBML; its size always takes eight bytes."""
    data = b"".join(content)
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + struct.pack(">Q", len(data) | 1 << 56) + data
