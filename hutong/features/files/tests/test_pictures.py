"""What a file shows, without a server; hostile files first."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hutong.features.files import pictures
from hutong.features.files.pictures import THUMBNAIL_SIDE, Picture, look
from hutong.features.files.tests.uploading import picture


def look_at(folder: Path, data: bytes) -> Picture | None:
    path = folder / "file"
    path.write_bytes(data)
    return look(path)


def opened(thumbnail: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail))


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims to be huge and is a few bytes long."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",  # Pillow would start Ghostscript
        picture(100, 100)[:-60],
        picture(100, 100, "JPEG")[:300],
        picture(100, 100, "BMP"),
        picture(100, 100, "TIFF"),
        png_header(20_000, 20_000),
        png_header(2**31 - 1, 2**31 - 1),
        png_header(0, 5),
    ],
)
def test_what_is_no_picture_here(tmp_path: Path, data: bytes) -> None:
    assert look_at(tmp_path, data) is None


def test_a_bomb_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(200, 100)
    assert look_at(tmp_path, data) is not None
    monkeypatch.setattr(pictures, "PIXELS_MAX", 200 * 100 - 1)
    monkeypatch.setattr(Image.Image, "load", lambda _self: pytest.fail("decoded"))
    assert look_at(tmp_path, data) is None


def test_a_film_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(200, 100)
    monkeypatch.setattr(pictures, "PICTURE_BYTES_MAX", len(data) - 1)
    assert look_at(tmp_path, data) is None


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_a_picture_and_its_thumbnail(tmp_path: Path, form: str, media_type: str) -> None:
    seen = look_at(tmp_path, picture(1200, 600, form))
    assert seen is not None
    assert (seen.media_type, seen.width, seen.height) == (media_type, 1200, 600)
    assert (seen.thumbnail_width, seen.thumbnail_height) == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    with opened(seen.thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2))
        red, _, blue = thumbnail.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
        assert red > 200 > blue


def test_small_pictures_are_not_made_larger(tmp_path: Path) -> None:
    seen = look_at(tmp_path, picture(20, 10))
    assert seen is not None
    assert (seen.thumbnail_width, seen.thumbnail_height) == (20, 10)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixels(tmp_path: Path, mode: str) -> None:
    if mode == "CMYK":
        data = picture(100, 50, "JPEG", mode)
    elif mode == "I;16":
        out = io.BytesIO()
        Image.new("I;16", (100, 50)).save(out, "PNG")
        data = out.getvalue()
    else:
        data = picture(100, 50, "PNG", mode)
    seen = look_at(tmp_path, data)
    assert seen is not None
    assert opened(seen.thumbnail).size == (100, 50)


def test_what_is_transparent_stays_transparent(tmp_path: Path) -> None:
    image = Image.new("P", (50, 50), 0)
    out = io.BytesIO()
    image.save(out, "GIF", transparency=0)
    seen = look_at(tmp_path, out.getvalue())
    assert seen is not None
    assert opened(seen.thumbnail).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_pictures_taken_sideways_are_seen_upright(tmp_path: Path) -> None:
    """Orientation 6: turn it clockwise; the red half, once on the left, is on top then."""
    seen = look_at(tmp_path, picture(1200, 600, "JPEG", orientation=6))
    assert seen is not None
    assert (seen.width, seen.height) == (600, 1200)
    with opened(seen.thumbnail) as thumbnail:
        assert thumbnail.size == (THUMBNAIL_SIDE // 2, THUMBNAIL_SIDE)
        top = thumbnail.convert("RGB").getpixel((120, 10))
        bottom = thumbnail.convert("RGB").getpixel((120, 470))
    assert top[0] > 200 > top[2]  # type: ignore[index]
    assert bottom[2] > 200 > bottom[0]  # type: ignore[index]


def test_a_thumbnail_keeps_no_secrets(tmp_path: Path) -> None:
    data = picture(600, 600, "JPEG", text="taken at home")
    assert b"taken at home" in data
    seen = look_at(tmp_path, data)
    assert seen is not None
    assert b"taken at home" not in seen.thumbnail
    assert b"EXIF" not in seen.thumbnail


def test_several_jpegs_in_one_file(tmp_path: Path) -> None:
    """MPO, as many phones write their photos."""
    out = io.BytesIO()
    images = [Image.new("RGB", (100, 50), color) for color in ("red", "blue")]
    images[0].save(out, "MPO", save_all=True, append_images=images[1:])
    seen = look_at(tmp_path, out.getvalue())
    assert seen is not None
    assert (seen.media_type, seen.width, seen.height) == ("image/jpeg", 100, 50)


SAMPLES = [picture(64, 48, form) for form in ("JPEG", "PNG", "WEBP", "GIF")]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), max_size=8),
    st.integers(1, 10_000),
)
def test_hostile_bytes_never_raise(
    tmp_path: Path, sample: bytes, changes: list[tuple[int, bytes]], end: int
) -> None:
    data = bytearray(sample)
    for place, new in changes:
        start = place % len(data)
        data[start : start + len(new)] = new
    look_at(tmp_path, bytes(data[:end]))
