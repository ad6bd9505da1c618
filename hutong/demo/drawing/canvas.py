"""A surface to draw on: coordinates in units of the design, edges smoothed by drawing large first."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFont

from hutong.demo.drawing.palette import PAPER

Point = tuple[float, float]

CURVE_STEPS = 24


class Canvas:
    """`width` by `height` units, saved with `scale` pixels a unit.

    It is drawn `oversampling` times as large, then made small: Pillow itself draws hard edges.
    """

    def __init__(
        self, width: float, height: float, *, scale: float, oversampling: int, background: str = PAPER
    ) -> None:
        self.width, self.height = width, height
        self._scale = scale * oversampling
        self._size = (round(width * scale), round(height * scale))
        large = (self._size[0] * oversampling, self._size[1] * oversampling)
        self._image = Image.new("RGB", large, background)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    # ---- shapes ----

    def rect(self, box: tuple[float, float, float, float], fill: str, radius: float = 0) -> None:
        """Fill the rectangle from (x0, y0) to (x1, y1)."""
        x0, y0, x1, y1 = (value * self._scale for value in box)
        self._draw.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), radius * self._scale, fill)

    def oval(self, centre: Point, radius_x: float, radius_y: float, fill: str) -> None:
        """Fill an ellipse."""
        x, y = centre
        corners = self._at([(x - radius_x, y - radius_y), (x + radius_x, y + radius_y)])
        self._draw.ellipse((*corners[0], *corners[1]), fill)

    def disc(self, centre: Point, radius: float, fill: str) -> None:
        """Fill a circle."""
        self.oval(centre, radius, radius, fill)

    def ring(self, centre: Point, radius: float, width: float, fill: str) -> None:
        """Draw a circle's line; `radius` is the outer one."""
        self.arc(centre, radius, width, 0, 360, fill)

    def arc(self, centre: Point, radius: float, width: float, start: float, end: float, fill: str) -> None:
        """Draw a part of a circle's line, clockwise from 3 o'clock, in degrees."""
        x, y = centre
        corners = self._at([(x - radius, y - radius), (x + radius, y + radius)])
        box = (*corners[0], *corners[1])
        self._draw.arc(box, start, end, fill, round(width * self._scale))

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._at(points), fill)

    def line(self, points: Sequence[Point], width: float, fill: str) -> None:
        """Draw a line with round ends and corners."""
        self._draw.line(self._at(points), fill, round(width * self._scale), joint="curve")
        if len(fill) == len("#rrggbb"):  # where colours are see-through, round ends would show twice
            for end in (points[0], points[-1]):
                self.disc(end, width / 2, fill)

    def text(self, at: Point, text: str, size: float, fill: str, anchor: str = "mm") -> None:
        """Write Latin letters and digits: the font that comes with Pillow has no others."""
        font = ImageFont.load_default(size * self._scale)
        self._draw.text(self._at([at])[0], text, fill, font, anchor)

    # ---- light ----

    def gradient(self, top: str, bottom: str, y0: float = 0, y1: float | None = None) -> None:
        """Fill from the left edge to the right with a change of colour from `y0` to `y1`."""
        y1 = self.height if y1 is None else y1
        strip = Image.linear_gradient("L").resize((self._image.width, max(1, round((y1 - y0) * self._scale))))
        coloured = Image.composite(
            Image.new("RGB", strip.size, bottom), Image.new("RGB", strip.size, top), strip
        )
        self._image.paste(coloured, (0, round(y0 * self._scale)))

    def glow(self, centre: Point, radius: float, colour: str, strength: float = 0.7) -> None:
        """Lay soft light around a point."""
        side = 256
        light = Image.radial_gradient("L").point(
            # 0 in the middle, 181 at the circle through the sides' middles.
            [round(255 * strength * max(0.0, 1 - value / 181) ** 2) for value in range(side)]
        )
        extent = round(2 * radius * self._scale)
        light = light.resize((extent, extent))
        corner = self._at([(centre[0] - radius, centre[1] - radius)])[0]
        place = (round(corner[0]), round(corner[1]))
        self._image.paste(Image.new("RGB", light.size, colour), place, light)

    @contextmanager
    def clipped(self, points: Sequence[Point]) -> Iterator[None]:
        """Let what is drawn meanwhile show only inside a polygon."""
        before = self._image.copy()
        yield
        mask = Image.new("L", self._image.size, 0)
        ImageDraw.Draw(mask).polygon(self._at(points), 255)
        self._image.paste(Image.composite(self._image, before, mask), (0, 0))

    # ---- result ----

    def _finished(self) -> Image.Image:
        return self._image.resize(self._size, Image.Resampling.LANCZOS)

    def png(self) -> bytes:
        """Return the picture, for flat colours."""
        return self._encoded("PNG", optimize=True)

    def jpeg(self) -> bytes:
        """Return the picture, for light and shade."""
        return self._encoded("JPEG", quality=88)

    def pdf(self) -> bytes:
        """Return the picture as a page."""
        return self._encoded("PDF", resolution=self._size[0] / 8.27)  # the width of A4 in inches

    def _encoded(self, form: str, **options: float) -> bytes:
        encoded = io.BytesIO()
        self._finished().save(encoded, form, **options)
        return encoded.getvalue()


def circle(centre: Point, radius: float, start: float = 0, end: float = 360) -> list[Point]:
    """Return the corners of a circle, or of a part of it."""
    steps = max(2, round(abs(end - start) / 3))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def curve(points: Sequence[Point]) -> list[Point]:
    """Return a smooth line through the points (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    smooth: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(CURVE_STEPS):
            t = step / CURVE_STEPS
            smooth.append((_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t)))
    return [*smooth, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    square, cube = t * t, t * t * t
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * square + (3 * b - a - 3 * c + d) * cube)


def leaf(base: Point, angle: float, length: float, width: float) -> list[Point]:
    """Return a leaf that points in the direction of `angle` degrees."""
    turn = math.radians(angle)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))

    def at(part: float, side: float) -> Point:
        forward, aside = length * part, width * side
        return (
            base[0] + along[0] * forward + across[0] * aside,
            base[1] + along[1] * forward + across[1] * aside,
        )

    right = curve([at(0, 0), at(0.3, 0.42), at(0.65, 0.36), at(1, 0)])
    left = curve([at(1, 0), at(0.65, -0.36), at(0.3, -0.42), at(0, 0)])
    return right + left
