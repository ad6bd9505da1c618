"""Every picture by the name the content gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hutong.demo.drawing import places, portraits_courtyard, portraits_lane, things
from hutong.demo.drawing.canvas import Canvas


@dataclass(frozen=True, slots=True)
class Drawing:
    """How to draw one picture, and on how large a sheet."""

    draw: Callable[[Canvas], None]
    width: float
    height: float


PORTRAITS = {
    draw.__name__: Drawing(draw, 100, 100)
    for draw in (
        portraits_lane.gate,
        portraits_lane.eaves,
        portraits_lane.lantern,
        portraits_lane.pot,
        portraits_lane.moon_gate,
        portraits_lane.lattice,
        portraits_lane.cat,
        portraits_lane.kite,
        portraits_courtyard.persimmons,
        portraits_courtyard.goldfish,
        portraits_courtyard.pomegranate,
        portraits_courtyard.teapot,
        portraits_courtyard.guitar,
        portraits_courtyard.peaks,
        portraits_courtyard.bicycle,
        portraits_courtyard.blossom,
    )
}

SCENES = {
    "courtyard": Drawing(places.courtyard, 160, 120),
    "ridge": Drawing(places.ridge, 160, 120),
    "trail_map": Drawing(places.trail_map, 160, 120),
    "plan": Drawing(places.plan, 160, 120),
    "noodles": Drawing(things.noodles, 120, 120),
    "books": Drawing(things.books, 160, 120),
    "recital": Drawing(things.recital, 100, 140),
    "gig": Drawing(things.gig, 100, 140),
    "figures": Drawing(things.figures, 160, 100),
}


def portrait(name: str) -> bytes:
    """Return a profile picture as PNG, 400 pixels square. Raises `KeyError`."""
    return _drawn(PORTRAITS[name], scale=4, oversampling=3).png()


def scene(name: str) -> bytes:
    """Return a picture for a message as JPEG. Raises `KeyError`."""
    return _drawn(SCENES[name], scale=8, oversampling=2).jpeg()


def sheet(name: str) -> bytes:
    """Return a picture as a PDF page. Raises `KeyError`."""
    return _drawn(SCENES[name], scale=12, oversampling=2).pdf()


def _drawn(drawing: Drawing, *, scale: float, oversampling: int) -> Canvas:
    canvas = Canvas(drawing.width, drawing.height, scale=scale, oversampling=oversampling)
    drawing.draw(canvas)
    return canvas
