"""What a picture shows at a glance: its sides as seen, and a thumbnail. Called on a thread.

Decoders are the place for hostile files: only formats that browsers show, a bound on pixels that is checked
before anything is decoded, one picture at a time, and whatever a decoder raises means "not a picture".
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from hutong.platform import journal

THUMBNAIL_SIDE = 480
# 64 million pixels are 256 MB once decoded. Phones make pictures of 12 to 50 million.
PIXELS_MAX = 64_000_000
# Pages show pictures of 1 to 3 million.
STRANGERS_PIXELS_MAX = 16_000_000
# A picture's file is small; a film that begins like one is not worth a look.
PICTURE_BYTES_MAX = 64 * 1024 * 1024

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # several JPEGs in a row, as many phones write them: the first is the picture
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
_TURNED = {5, 6, 7, 8}  # EXIF orientations that swap the sides
_ORIENTATION = 0x0112

log = journal.get(__name__)


class Picture(NamedTuple):
    """A picture as people see it, upright."""

    media_type: str
    width: int
    height: int
    thumbnail: bytes
    thumbnail_width: int
    thumbnail_height: int


def look(path: Path) -> Picture | None:
    """Return what a file shows, or None when it is no picture this server can show."""
    if path.stat().st_size > PICTURE_BYTES_MAX:
        return None
    with path.open("rb") as file:
        return _look_safely(file, PIXELS_MAX)


def look_at(data: bytes) -> Picture | None:
    """Return what the bytes of a stranger's picture show, like `look`."""
    return _look_safely(io.BytesIO(data), STRANGERS_PIXELS_MAX)


def _look_safely(file: IO[bytes], pixels_max: int) -> Picture | None:
    try:
        return _look(file, pixels_max)
    except UnidentifiedImageError:
        return None
    except Exception as error:  # noqa: BLE001  hostile bytes raise anything in a decoder
        log.debug("no_picture", error=type(error).__name__)
        return None


def _look(file: IO[bytes], pixels_max: int) -> Picture | None:
    with Image.open(file, formats=_FORMATS) as image:
        assert image.format is not None
        media_type = _MEDIA_TYPES[image.format]
        width, height = image.size
        if width * height > pixels_max:
            return None
        if image.getexif().get(_ORIENTATION) in _TURNED:
            width, height = height, width
        # A JPEG can be decoded at a fraction of its size; the others ignore this.
        image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        small = ImageOps.exif_transpose(image)
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        if small.mode not in {"RGB", "RGBA"}:
            transparent = small.mode in {"LA", "PA"} or "transparency" in small.info
            small = small.convert("RGBA" if transparent else "RGB")
        encoded = io.BytesIO()
        # Nothing but pixels: a thumbnail must not carry the place a photo was taken at.
        small.save(encoded, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b"")
        return Picture(media_type, width, height, encoded.getvalue(), *small.size)
