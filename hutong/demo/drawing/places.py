"""Pictures of places, 160 by 120 units: a courtyard at dusk, a ridge in the morning, two maps."""

from __future__ import annotations

import math

from hutong.demo.drawing.canvas import Canvas, Point, curve, leaf
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
    DUSK_DEEP,
    INK,
    PAPER,
    PERSIMMON,
    WALL,
    WALL_DEEP,
)


def courtyard(canvas: Canvas) -> None:
    """Draw the yard at dusk: lamps in the windows, the tree, a table for the evening."""
    canvas.gradient("#2c3a52", "#d98a5e", 0, 70)
    canvas.glow((112, 58), 62, "#f2b47c", 0.8)
    for star in ((14, 10), (30, 22), (52, 8), (88, 14), (126, 9), (146, 20)):
        canvas.disc(star, 0.5, PAPER)
    canvas.polygon(
        [(0, 52), (20, 44), (44, 50), (70, 42), (100, 50), (130, 43), (160, 52), (160, 80), (0, 80)],
        "#4a4a58",
    )
    canvas.rect((0, 70, 160, 93), BRICK_DEEP)
    canvas.gradient("#7b7069", "#57504d", 92, 120)
    for row, y in enumerate((96, 101, 107.5, 116)):
        canvas.line([(0, y), (160, y)], 0.4, "#4b4543")
        for column in range(-1, 10):
            x = column * 20 + (row % 2) * 10
            top = 92 if row == 0 else (96, 101, 107.5)[row - 1]
            canvas.line(
                [(80 + (x - 80) * (0.84 + row * 0.1), top), (80 + (x - 80) * (0.9 + row * 0.1), y)],
                0.4,
                "#4b4543",
            )
    _hall(canvas)
    for flip in (False, True):
        _wing(canvas, flip=flip)
    _tree(canvas)
    _lanterns(canvas)
    _table(canvas)


def _hall(canvas: Canvas) -> None:
    canvas.rect((34, 58, 126, 92), BRICK_DEEP)
    canvas.rect((30, 90, 130, 94), BRICK_LIGHT)
    roof = curve([(24, 60), (36, 54), (44, 42), (80, 40), (116, 42), (124, 54), (136, 60)])
    canvas.polygon([*roof, (136, 63), (24, 63)], DUSK_DEEP)
    canvas.rect((42, 39.5, 118, 42.5), "#151d27", 1)
    for tile in range(27, 135, 4):
        canvas.line([(80 + (tile - 80) * 0.7, 43), (tile, 61)], 0.35, "#33425a")
        canvas.disc((tile, 62), 1.5, DUSK_DEEP)
    for x in (40.0, 58.0, 88.0, 106.0):
        canvas.rect((x, 67, x + 14, 90), DOOR_DEEP)
        canvas.rect((x + 1, 68, x + 13, 80), BRASS)
        canvas.glow((x + 7, 75), 16, "#ffe2a0", 0.55)
        for step in (3, 6, 9):
            canvas.line([(x + 1 + step, 68), (x + 1 + step, 80)], 0.5, DOOR_DEEP)
        for y in (72, 76):
            canvas.line([(x + 1, y), (x + 13, y)], 0.5, DOOR_DEEP)
    canvas.rect((74, 66, 86, 91), "#f9dc98")
    canvas.rect((74, 66, 80, 91), DOOR)
    canvas.rect((75.5, 68, 78.5, 78), "#d9624a")
    for x in (36, 55.5, 73, 86.5, 104, 123):
        canvas.rect((x, 63, x + 2, 91), DOOR)


def _wing(canvas: Canvas, *, flip: bool) -> None:
    def at(points: list[Point]) -> list[Point]:
        return [(160 - x, y) for x, y in points] if flip else points

    canvas.polygon(at([(0, 48), (26, 66), (26, 95), (0, 108)]), "#33373b" if flip else BRICK_DEEP)
    canvas.polygon(at([(-4, 34), (10, 44), (31, 66), (31, 70), (0, 52), (-4, 50)]), "#1a232f")
    canvas.polygon(at([(5, 66), (13, 70.5), (13, 88), (5, 91)]), DOOR_DEEP)
    canvas.polygon(at([(6, 68), (12, 71.5), (12, 86), (6, 88.5)]), BRASS)
    canvas.polygon(at([(17, 73), (22, 75.5), (22, 88), (17, 90)]), DOOR_DEEP)
    canvas.polygon(at([(17.8, 75), (21.3, 76.8), (21.3, 86), (17.8, 87.6)]), BRASS_DEEP)


def _tree(canvas: Canvas) -> None:
    trunk = [(128, 104), (128.5, 84), (126, 66), (128, 52)]
    canvas.line(curve(trunk), 3, INK)
    for points in (
        [(127, 70), (116, 56), (104, 46), (96, 34)],
        [(127, 64), (138, 50), (148, 38), (150, 26)],
        [(128, 54), (124, 38), (128, 22)],
        [(112, 53), (104, 55), (97, 54)],
        [(140, 48), (150, 48), (156, 44)],
    ):
        canvas.line(curve(points), 1.2, INK)
    for number in range(46):
        angle = math.radians(number * 137.5)
        away = 3.6 * math.sqrt(number)
        x, y = 127 + 1.25 * away * math.cos(angle), 40 + 0.85 * away * math.sin(angle)
        colour = (COURT_DEEP, "#16352b", COURT)[number % 3]
        canvas.polygon(leaf((x, y), number * 77, 7.5, 4), colour)
    for number in range(9):
        angle = math.radians(number * 137.5 + 40)
        away = 4 + 2.3 * number
        canvas.disc((127 + 1.1 * away * math.cos(angle), 41 + 0.7 * away * math.sin(angle)), 1.7, PERSIMMON)


def _lanterns(canvas: Canvas) -> None:
    rope = curve([(24, 56), (52, 68), (80, 58), (104, 66), (126, 56)])
    canvas.line(rope, 0.4, INK)
    for at in (18, 40, 58, 78):
        x, y = rope[at]
        canvas.glow((x, y + 4), 12, "#ff9a6a", 0.7)
        canvas.oval((x, y + 4), 3.4, 3, DOOR_LIGHT)
        canvas.oval((x, y + 4), 1.5, 3, PERSIMMON)
        canvas.line([(x, y + 7), (x, y + 9.5)], 0.5, BRASS)


def _table(canvas: Canvas) -> None:
    canvas.oval((64, 113), 24, 4, "#3f3937")
    canvas.polygon([(60, 103), (68, 103), (70, 113), (58, 113)], BRICK_DEEP)
    canvas.oval((64, 102.6), 17, 3.6, BRICK_MID)
    canvas.oval((64, 101.6), 17, 3.4, BRICK_LIGHT)
    for x in (41, 87):
        canvas.polygon([(x - 5, 107), (x + 5, 107), (x + 4, 115), (x - 4, 115)], BRICK_DEEP)
        canvas.oval((x, 107), 5.4, 1.6, BRICK_LIGHT)
    canvas.oval((62, 98.6), 3.6, 2.8, DOOR)
    canvas.line(curve([(58.6, 99), (56.6, 97.6), (56, 96.4)]), 0.9, DOOR)
    canvas.rect((61, 95, 63, 96.4), DOOR_DEEP, 0.6)
    for x in (70, 75):
        canvas.polygon([(x - 1.6, 99), (x + 1.6, 99), (x + 1, 101.6), (x - 1, 101.6)], PAPER)
    canvas.polygon(curve([(98, 116), (98, 109), (101, 106), (104, 110), (108, 116)]), INK)
    canvas.disc((100, 105), 2.2, INK)
    canvas.polygon([(98, 104.5), (98.3, 101.4), (100, 103.4)], INK)
    canvas.polygon([(100, 103.4), (101.9, 101.4), (102, 104.5)], INK)
    canvas.line(curve([(107, 115), (111, 114), (112, 110)]), 0.9, INK)


def ridge(canvas: Canvas) -> None:
    """Draw ranges in the morning haze, the old wall along the nearest one."""
    canvas.gradient("#f2b989", "#fbeeda", 0, 84)
    canvas.glow((112, 40), 46, "#fff3cf", 0.9)
    canvas.disc((112, 40), 8, "#fff8e3")
    ranges = (
        ([52, 44, 50, 36, 46, 40, 52, 46], "#d9c3a9"),
        ([62, 58, 48, 58, 52, 62, 54, 60], "#b7bda4"),
        ([76, 62, 70, 64, 74, 60, 72, 66], "#8aa58a"),
        ([84, 80, 72, 84, 76, 82, 70, 80], "#567f68"),
    )
    for heights, colour in ranges:
        crest = curve([(number * 24 - 4, float(height)) for number, height in enumerate(heights)])
        canvas.polygon([*crest, (170, 130), (-10, 130)], colour)
    crest = curve([(-6, 112), (18, 96), (40, 100), (66, 82), (84, 88), (108, 98), (134, 82), (168, 92)])
    canvas.polygon([*crest, (170, 130), (-10, 130)], COURT_DEEP)
    canvas.line([(x, y - 1) for x, y in crest], 3.4, "#cdb694")
    canvas.line([(x, y + 0.4) for x, y in crest], 0.8, "#9d8868")
    for at in range(0, len(crest), 3):
        x, y = crest[at]
        canvas.rect((x - 0.7, y - 4, x + 0.7, y - 2), "#cdb694")
    for x, y in ((18, 96), (66, 82), (134, 82)):
        canvas.rect((x - 5, y - 13, x + 5, y + 2), "#cdb694")
        canvas.rect((x - 5, y - 13, x - 1, y + 2), "#dcc9aa")
        for step in range(4):
            canvas.rect((x - 5.6 + step * 3.1, y - 15.4, x - 3.7 + step * 3.1, y - 12.6), "#cdb694")
        for window in (-3, 0, 3):
            canvas.rect((x + window - 0.7, y - 9, x + window + 0.7, y - 6), "#6b5a44")
    for number in range(26):
        x = number * 6.6 + (number * 7) % 5 - 4
        size = 5 + (number * 5) % 6
        canvas.polygon(
            leaf((x, 124), -90 + (number * 13) % 16 - 8, size + 7, 4.4),
            ("#143429", "#0f2a21", COURT)[number % 3],
        )


def trail_map(canvas: Canvas) -> None:
    """Draw a walk on a map with contours, heights and a profile."""
    canvas.rect((0, 0, 160, 120), "#f1ead9")
    hills = ((52.0, 42.0, 15, 0.0), (112.0, 54.0, 18, 1.2), (30.0, 82.0, 9, 2.1))
    for x, y, size, turn in hills:
        for level in range(size // 3, 0, -1):
            radius = 3.4 * level
            points = [
                (
                    x
                    + radius
                    * 1.5
                    * (1 + 0.16 * math.sin(3 * angle + turn) + 0.08 * math.cos(5 * angle))
                    * math.cos(angle),
                    y
                    + radius
                    * (1 + 0.14 * math.cos(2 * angle + turn) + 0.09 * math.sin(4 * angle))
                    * math.sin(angle),
                )
                for angle in (math.radians(degrees) for degrees in range(0, 362, 3))
            ]
            canvas.polygon(
                points,
                ("#e2e6cd", "#d3ddbf", "#c3d3b1", "#b3c8a4", "#a4bc98", "#96b08d")[min(5, size // 3 - level)],
            )
            canvas.line(points, 0.3, "#a08e62")
    stream = curve([(160, 14), (136, 24), (92, 30), (80, 52), (84, 76), (66, 92), (0, 98)])
    canvas.line(stream, 1.6, "#8fb3c4")
    canvas.line(curve([(0, 14), (26, 10), (60, 14), (98, 8), (134, 12), (160, 4)]), 2.4, PAPER)
    canvas.line(curve([(0, 14), (26, 10), (60, 14), (98, 8), (134, 12), (160, 4)]), 1.2, BRASS)
    path = curve(
        [
            (14, 12),
            (24, 26),
            (38, 30),
            (52, 42),
            (66, 56),
            (80, 60),
            (96, 62),
            (112, 54),
            (126, 40),
            (134, 13),
        ]
    )
    canvas.line(path, 2.2, PAPER)
    for at in range(0, len(path) - 6, 9):
        canvas.line(path[at : at + 6], 1.1, DOOR)
    for x, y, label in ((14, 12, "S"), (52, 42, "1"), (80, 60, "2"), (112, 54, "3"), (134, 13, "Z")):
        canvas.disc((x, y), 3.4, PAPER)
        canvas.disc((x, y), 2.9, DOOR if label.isalpha() else COURT)
        canvas.text((x, y), label, 3.6, PAPER)
    for x, y, height in ((52, 35.5, "1 018"), (112, 47.5, "1 205"), (80, 66, "640")):
        canvas.text((x, y), height, 3.6, INK)
    _compass(canvas, (148, 34))
    _profile(canvas)


def _compass(canvas: Canvas, centre: Point) -> None:
    x, y = centre
    canvas.disc(centre, 7, PAPER)
    canvas.ring(centre, 7, 0.5, BRICK_MID)
    canvas.polygon([(x, y - 5.6), (x - 2, y), (x + 2, y)], DOOR)
    canvas.polygon([(x, y + 5.6), (x - 2, y), (x + 2, y)], BRICK_LIGHT)
    canvas.text((x, y - 9.4), "N", 4.4, INK)


def _profile(canvas: Canvas) -> None:
    canvas.rect((6, 88, 154, 116), PAPER, 2)
    for y, label in ((93.0, "1200"), (100.0, "900"), (107.0, "600")):
        canvas.line([(20, y), (150, y)], 0.25, WALL_DEEP)
        canvas.text((13, y), label, 2.8, BRICK_MID)
    heights = curve(
        [(20, 110), (36, 104), (54, 97), (70, 103), (86, 106), (104, 98), (118, 92.5), (134, 100), (150, 109)]
    )
    canvas.polygon([*heights, (150, 112), (20, 112)], COURT_PALE)
    canvas.line(heights, 0.9, COURT)
    for kilometre in range(0, 14, 2):
        canvas.text((20 + kilometre * 10, 114), str(kilometre) if kilometre else "km", 2.6, BRICK_MID)
    for x, y in ((54, 97), (118, 92.5)):
        canvas.disc((x, y), 1.3, DOOR)


def plan(canvas: Canvas) -> None:
    """Draw the yard's plan with its measures, as a sheet to print."""
    canvas.rect((0, 0, 160, 120), PAPER)
    canvas.rect((8, 8, 152, 112), WALL)
    canvas.rect((9, 9, 151, 111), PAPER)
    for x0, y0, x1, y1, colour in (
        (46, 18, 98, 36, WALL_DEEP),
        (32, 40, 46, 74, WALL_DEEP),
        (98, 40, 112, 74, COURT_PALE),
        (46, 78, 98, 92, WALL_DEEP),
    ):
        canvas.rect((x0, y0, x1, y1), INK)
        canvas.rect((x0 + 1.1, y0 + 1.1, x1 - 1.1, y1 - 1.1), colour)
    canvas.line([(32, 36), (32, 18), (46, 18)], 1.1, BRICK)
    canvas.line([(98, 18), (112, 18), (112, 40)], 1.1, BRICK)
    canvas.line([(32, 74), (32, 92), (46, 92)], 1.1, BRICK)
    canvas.line([(98, 92), (104, 92)], 1.1, BRICK)
    canvas.line([(112, 74), (112, 86)], 1.1, BRICK)
    canvas.arc((112, 92), 8, 0.4, 180, 270, BRICK_MID)
    for x, y in ((60, 48), (84, 66)):
        for number in range(9):
            canvas.polygon(leaf((x, y), number * 40, 6, 3), COURT_LIGHT if number % 2 else COURT)
        canvas.disc((x, y), 1, BRICK_DEEP)
    canvas.ring((70, 60), 4, 0.5, BRICK)
    for x, y, label in ((72, 27, "A"), (39, 57, "B"), (105, 57, "C"), (72, 85, "D")):
        canvas.disc((x, y), 3.4, PAPER)
        canvas.text((x, y), label, 4.4, INK)
    for start, end, label, at in (
        ((46, 14), (98, 14), "12.40", (72, 14)),
        ((118, 40), (118, 74), "8.10", (118, 57)),
        ((46, 97), (98, 97), "12.40", (72, 97)),
        ((26, 40), (26, 74), "8.10", (26, 57)),
    ):
        canvas.line([start, end], 0.35, DOOR)
        for x, y in (start, end):
            canvas.line([(x - 1, y + 1), (x + 1, y - 1)], 0.5, DOOR)
        canvas.rect((at[0] - 5, at[1] - 2, at[0] + 5, at[1] + 2), PAPER)
        canvas.text(at, label, 3.4, INK)
    _compass(canvas, (140, 28))
    canvas.line([(120, 104), (140, 104)], 0.6, INK)
    for x, label in ((120, "0"), (130, "2.5"), (140, "5 m")):
        canvas.line([(x, 103), (x, 105)], 0.5, INK)
        canvas.text((x, 107.4), label, 2.8, INK)
