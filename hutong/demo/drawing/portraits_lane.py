"""Profile pictures with what stands, hangs and grows in a lane. Each fills 100 by 100 units."""

from __future__ import annotations

from hutong.demo.drawing.canvas import Canvas, circle, curve, leaf
from hutong.demo.drawing.palette import (
    BRASS,
    BRASS_DEEP,
    BRICK,
    BRICK_DEEP,
    BRICK_LIGHT,
    BRICK_MID,
    COURT,
    COURT_DEEP,
    COURT_LIGHT,
    COURT_PALE,
    DOOR,
    DOOR_DEEP,
    DOOR_LIGHT,
    DUSK,
    DUSK_DEEP,
    INK,
    MORTAR,
    PAPER,
    PERSIMMON,
    ROSE,
    SKY,
    WALL,
    WALL_DEEP,
)


def bricks(canvas: Canvas, y0: float, y1: float, colours: tuple[str, ...], row: float = 9) -> None:
    """Fill from edge to edge with courses of brick; the colours repeat without showing a pattern."""
    number, y = 0, y0
    while y < y1:
        x = -row * (1.3 if number % 2 else 0.2)
        column = 0
        while x < canvas.width:
            colour = colours[(number * 5 + column * 3 + (number * column) % 4) % len(colours)]
            bottom = min(y + row - 0.9, y1)
            canvas.rect((x, y, x + row * 2.2 - 0.9, bottom), colour, 0.3)
            x += row * 2.2
            column += 1
        y += row
        number += 1


def gate(canvas: Canvas) -> None:
    """Draw a vermilion gate with brass studs and ring knockers."""
    canvas.rect((0, 0, 100, 100), DOOR)
    canvas.rect((0, 0, 100, 13), BRICK_DEEP)
    for x in range(-4, 104, 12):
        canvas.disc((x + 4, 13), 6, BRICK_DEEP)
        canvas.disc((x + 4, 13), 3.4, BRICK_MID)
    canvas.rect((0, 88, 100, 100), DOOR_DEEP)
    canvas.rect((49, 19, 51, 100), DOOR_DEEP)
    for y in (30, 70):
        for x in (12, 25, 38, 62, 75, 88):
            canvas.disc((x, y + 0.8), 3.6, DOOR_DEEP)
            canvas.disc((x, y), 3.6, BRASS)
            canvas.disc((x - 0.9, y - 0.9), 1.3, PAPER)
    for x in (36, 64):
        canvas.disc((x, 48), 7, BRASS_DEEP)
        canvas.disc((x, 47.4), 6, BRASS)
        canvas.ring((x, 56), 8, 2.4, BRASS)
        canvas.disc((x, 47.4), 2, BRASS_DEEP)


def eaves(canvas: Canvas) -> None:
    """Draw a grey wall under a tiled roof, with a lit window."""
    canvas.rect((0, 0, 100, 100), SKY)
    canvas.disc((76, 18), 9, PAPER)
    canvas.rect((0, 40, 100, 100), MORTAR)
    bricks(canvas, 46, 100, (BRICK, BRICK_MID, BRICK, BRICK_DEEP, BRICK_MID))
    roof = curve([(-6, 40), (22, 34), (42, 20), (50, 16), (58, 20), (78, 34), (106, 40)])
    canvas.polygon([*roof, (106, 46), (-6, 46)], BRICK_DEEP)
    for x in range(0, 101, 10):
        canvas.disc((x, 45.5), 4.2, BRICK_DEEP)
        canvas.disc((x, 45.5), 2.2, BRICK_LIGHT)
    canvas.rect((35, 57, 65, 87), DOOR_DEEP, 1)
    canvas.rect((38, 60, 62, 84), BRASS)
    for step in (46, 54):
        canvas.rect((step - 0.8, 60, step + 0.8, 84), DOOR_DEEP)
    for step in (68, 76):
        canvas.rect((38, step - 0.8, 62, step + 0.8), DOOR_DEEP)


def lantern(canvas: Canvas) -> None:
    """Draw a red lantern at night."""
    canvas.gradient(DUSK_DEEP, COURT_DEEP)
    canvas.glow((50, 48), 60, BRASS, 0.55)
    canvas.line([(50, 0), (50, 20)], 1.4, BRASS_DEEP)
    canvas.oval((50, 48), 29, 24, DOOR)
    for width, colour in ((20, DOOR_LIGHT), (10, PERSIMMON)):
        canvas.oval((50, 48), width, 24, colour)
    for width in (20, 10):
        left = [(50 - width * step, y) for step, y in ((0, 24), (0.87, 36), (1, 48), (0.87, 60), (0, 72))]
        right = [(100 - x, y) for x, y in left]
        canvas.line(curve(left), 0.7, DOOR_DEEP)
        canvas.line(curve(right), 0.7, DOOR_DEEP)
    canvas.rect((38, 20, 62, 26), BRASS, 1)
    canvas.rect((38, 70, 62, 76), BRASS, 1)
    for x in (43, 46.5, 50, 53.5, 57):
        canvas.line([(x, 77), (x, 92 - abs(x - 50) * 0.6)], 1.5, BRASS)


def pot(canvas: Canvas) -> None:
    """Draw a plant in a pot on a sill."""
    canvas.rect((0, 0, 100, 100), COURT_PALE)
    canvas.disc((50, 44), 36, PAPER)
    canvas.rect((0, 86, 100, 100), BRICK_MID)
    canvas.rect((0, 86, 100, 88.5), BRICK_LIGHT)
    for angle, length, colour in (
        (-90, 46, COURT),
        (-128, 42, COURT_LIGHT),
        (-52, 42, COURT_DEEP),
        (-158, 34, COURT),
        (-22, 34, COURT_LIGHT),
        (-108, 30, COURT_DEEP),
        (-70, 30, COURT),
    ):
        shape = leaf((50, 64), angle, length, 15)
        canvas.polygon(shape, colour)
        canvas.line([(50, 64), shape[len(shape) // 2]], 0.6, COURT_PALE)
    canvas.polygon([(33, 62), (67, 62), (62, 87), (38, 87)], DOOR)
    canvas.polygon([(58, 62), (67, 62), (62, 87), (56, 87)], DOOR_DEEP)
    canvas.rect((30, 58, 70, 66), DOOR_LIGHT, 1)


def moon_gate(canvas: Canvas) -> None:
    """Draw a round gate with bamboo behind it."""
    canvas.rect((0, 0, 100, 100), WALL)
    canvas.rect((0, 82, 100, 100), BRICK_LIGHT)
    opening = circle((50, 50), 36)
    canvas.disc((50, 50), 41, BRICK)
    canvas.ring((50, 50), 41, 1.4, BRICK_DEEP)
    with canvas.clipped(opening):
        canvas.gradient(COURT_PALE, PAPER)
        canvas.disc((64, 34), 9, ROSE)
        for x, lean, colour in ((30, 3, COURT_LIGHT), (40, -2, COURT), (55, 2, COURT_LIGHT), (70, -3, COURT)):
            for joint in range(5):
                y = 88 - joint * 17
                shift = lean * joint / 4
                canvas.line([(x + shift, y), (x + shift + lean / 4, y - 15)], 3.2, colour)
        for base, angle in (
            ((41, 40), -150), ((40, 38), -20), ((31, 52), -30), ((56, 30), 160), ((57, 44), 20),
            ((69, 52), 200), ((69, 38), 150), ((31, 66), 200), ((56, 62), -25),
        ):  # fmt: skip
            canvas.polygon(leaf(base, angle, 17, 5), COURT_DEEP)
        canvas.rect((0, 80, 100, 100), BRICK_MID)
        canvas.rect((0, 80, 100, 82), BRICK_LIGHT)


def lattice(canvas: Canvas) -> None:
    """Draw a window's wooden lattice in front of lamplight."""
    canvas.rect((0, 0, 100, 100), COURT_DEEP)
    canvas.rect((12, 12, 88, 88), BRASS, 2)
    canvas.glow((50, 50), 44, PAPER, 0.8)
    beam, width = COURT, 3
    canvas.line([(13, 13), (87, 13), (87, 87), (13, 87), (13, 13)], 5, beam)
    for inset in (24, 36):
        far = 100 - inset
        canvas.line([(inset, inset), (far, inset), (far, far), (inset, far), (inset, inset)], width, beam)
    for at in (36, 50, 64):
        for start, end in ((13, 24), (76, 87)):
            canvas.line([(at, start), (at, end)], width, beam)
            canvas.line([(start, at), (end, at)], width, beam)
    for start, end in ((24, 36), (64, 76)):
        canvas.line([(50, start), (50, end)], width, beam)
        canvas.line([(start, 50), (end, 50)], width, beam)
    canvas.polygon([(50, 39), (61, 50), (50, 61), (39, 50)], DOOR)
    canvas.polygon([(50, 44), (56, 50), (50, 56), (44, 50)], BRASS)


def cat(canvas: Canvas) -> None:
    """Draw a cat on a wall before a full moon."""
    canvas.gradient(DUSK, DUSK_DEEP)
    canvas.disc((54, 44), 31, BRASS)
    canvas.disc((54, 44), 27, "#f6dfa6")
    canvas.polygon(curve([(40, 80), (38, 62), (45, 50), (56, 48), (66, 58), (69, 80)]), INK)
    canvas.disc((46, 43), 11, INK)
    canvas.polygon([(36.5, 40), (36, 25), (45, 34)], INK)
    canvas.polygon([(47, 34), (56, 25), (55.5, 40)], INK)
    canvas.line(curve([(66, 76), (78, 74), (82, 62), (77, 54)]), 4.4, INK)
    for x in (42, 50):
        canvas.oval((x, 43), 1.9, 2.3, BRASS)
        canvas.oval((x, 43), 0.7, 2, INK)
    canvas.rect((0, 78, 100, 100), BRICK_DEEP)
    bricks(canvas, 83, 100, (BRICK, BRICK_MID, BRICK), 8)
    canvas.rect((0, 77, 100, 82), BRICK_LIGHT)


def kite(canvas: Canvas) -> None:
    """Draw a kite over roofs."""
    canvas.gradient(SKY, PAPER)
    canvas.disc((22, 24), 9, ROSE)
    tail = curve([(56, 62), (50, 72), (60, 80), (52, 90), (58, 100)])
    canvas.line(tail, 0.9, BRICK)
    for at in (16, 34, 54):
        x, y = tail[at]
        canvas.polygon([(x, y), (x - 6, y - 3), (x - 6, y + 3)], COURT)
        canvas.polygon([(x, y), (x + 6, y - 3), (x + 6, y + 3)], COURT_LIGHT)
    top, left, right, bottom, middle = (58, 12), (34, 34), (80, 38), (56, 64), (57.5, 35)
    canvas.polygon([top, left, middle], DOOR)
    canvas.polygon([top, right, middle], DOOR_LIGHT)
    canvas.polygon([bottom, left, middle], BRASS)
    canvas.polygon([bottom, right, middle], DOOR_DEEP)
    canvas.line([top, bottom], 0.9, INK)
    canvas.line([left, right], 0.9, INK)
    canvas.polygon([(0, 90), (18, 80), (38, 92), (38, 100), (0, 100)], BRICK)
    canvas.polygon([(66, 94), (84, 84), (100, 90), (100, 100), (66, 100)], BRICK_MID)
    canvas.rect((38, 94, 66, 100), WALL_DEEP)
