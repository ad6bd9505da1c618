from __future__ import annotations

import io

import pytest
from PIL import Image

from hutong.demo.drawing import gallery


@pytest.mark.parametrize("name", sorted(gallery.PORTRAITS))
def test_a_portrait_is_square_small_and_the_same_every_time(name: str) -> None:
    png = gallery.portrait(name)
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (400, 400)
        assert len(image.convert("RGB").getcolors(400 * 400) or []) > 50
    assert len(png) < 150_000
    assert gallery.portrait(name) == png


def test_no_portrait_looks_like_another() -> None:
    small = [
        Image.open(io.BytesIO(gallery.portrait(name))).convert("RGB").resize((8, 8)).tobytes()
        for name in gallery.PORTRAITS
    ]
    for number, one in enumerate(small):
        for other in small[:number]:
            assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one) > 20


@pytest.mark.parametrize("name", sorted(gallery.SCENES))
def test_a_scene_is_a_photo_sized_jpeg(name: str) -> None:
    jpeg = gallery.scene(name)
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert min(image.size) >= 800
    assert 20_000 < len(jpeg) < 400_000


def test_a_sheet_is_a_pdf() -> None:
    pdf = gallery.sheet("plan")
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
