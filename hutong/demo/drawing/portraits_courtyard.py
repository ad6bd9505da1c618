"""Profile pictures with what people keep, eat, play and feed in a courtyard. Each fills 100 by 100 units."""

from __future__ import annotations

import math

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
    INK,
    PAPER,
    PERSIMMON,
    ROSE,
    SKY,
    WALL,
    WALL_DEEP,
)


def persimmons(canvas: Canvas) -> None:
    """Draw two persimmons on a bare branch."""
    canvas.rect((0, 0, 100, 100), WALL)
    canvas.disc((50, 50), 44, PAPER)
    canvas.line(curve([(2, 26), (26, 24), (52, 18), (84, 20), (99, 10)]), 3.2, BRICK_DEEP)
    canvas.line(curve([(40, 21), (54, 10), (60, 2)]), 1.8, BRICK_DEEP)
    for x, y, size, stem in ((36, 50, 17, 23), (66, 62, 20, 18)):
        canvas.line([(x, y - size + 2), (x + 2, stem)], 1.8, BRICK_DEEP)
        canvas.oval((x, y), size * 1.08, size, PERSIMMON)
        canvas.oval((x + size * 0.3, y + size * 0.18), size * 0.72, size * 0.76, "#d86f22")
        canvas.oval((x - size * 0.42, y - size * 0.3), size * 0.2, size * 0.28, "#f6c08a")
        for angle in (20, 160, 65, 115):
            canvas.polygon(leaf((x, y - size * 0.9), angle, size * 0.72, size * 0.42), COURT)
    canvas.polygon(leaf((76, 20), 58, 24, 13), COURT_LIGHT)


def goldfish(canvas: Canvas) -> None:
    """Draw a goldfish seen from above, under a lotus leaf."""
    canvas.gradient("#34705f", COURT_DEEP)
    for radius in (46, 36):
        canvas.ring((50, 52), radius, 0.8, COURT_LIGHT)
    tail_left = curve([(58, 60), (74, 60), (90, 76), (80, 78), (70, 74), (61, 66)])
    tail_right = curve([(55, 63), (60, 74), (58, 92), (68, 92), (74, 80), (63, 64)])
    canvas.polygon(tail_left, DOOR_LIGHT)
    canvas.polygon(tail_right, PERSIMMON)
    canvas.polygon(leaf((38, 52), 148, 22, 12), DOOR_LIGHT)
    canvas.polygon(leaf((50, 42), -66, 22, 12), DOOR_LIGHT)
    canvas.polygon(curve([(25, 27), (40, 27), (54, 40), (64, 66), (42, 58), (28, 44), (25, 27)]), DOOR)
    canvas.polygon(curve([(36, 37), (46, 43), (55, 58), (44, 51), (36, 37)]), PERSIMMON)
    for x, y in ((25, 36), (34, 27)):
        canvas.disc((x, y), 3.6, PAPER)
        canvas.disc((x - 0.6, y - 0.6), 2, INK)
    canvas.polygon([(84, 24), *circle((84, 24), 21, 160, 480)], COURT_LIGHT)
    for angle in range(190, 480, 36):
        turn = math.radians(angle)
        canvas.line([(84, 24), (84 + 17 * math.cos(turn), 24 + 17 * math.sin(turn))], 0.8, COURT_PALE)


def pomegranate(canvas: Canvas) -> None:
    """Draw half a pomegranate."""
    canvas.rect((0, 0, 100, 100), COURT)
    for side in (-150, -30):
        canvas.polygon(leaf((50, 26), side, 36, 16), COURT_LIGHT)
    canvas.polygon([(38, 26), (36, 8), (44, 16), (50, 6), (56, 16), (64, 8), (62, 26)], DOOR_DEEP)
    canvas.disc((50, 56), 35, DOOR_DEEP)
    canvas.disc((50, 56), 32.5, DOOR)
    canvas.disc((50, 56), 28.5, "#f4dfc0")
    seeds = [(0.0, 0.0)]
    seeds += [(9.2, angle) for angle in range(0, 360, 60)]
    seeds += [(18.2, angle) for angle in range(15, 375, 30)]
    for number, (away, angle) in enumerate(seeds):
        turn = math.radians(angle)
        x, y = 50 + away * math.cos(turn), 56 + away * math.sin(turn)
        canvas.disc((x, y), 4.1, (DOOR, DOOR_LIGHT, DOOR_DEEP)[number % 3])
        canvas.disc((x - 1.2, y - 1.2), 1.1, ROSE)
    for angle in range(30, 390, 60):
        turn = math.radians(angle)
        inner, outer = 13.4, 26
        canvas.line(
            [
                (50 + inner * math.cos(turn), 56 + inner * math.sin(turn)),
                (50 + outer * math.cos(turn), 56 + outer * math.sin(turn)),
            ],
            1.0,
            "#f4dfc0",
        )


def teapot(canvas: Canvas) -> None:
    """Draw a clay teapot and its steam."""
    canvas.rect((0, 0, 100, 100), ROSE)
    canvas.rect((0, 78, 100, 100), BRICK_DEEP)
    canvas.disc((48, 40), 30, PAPER)
    for x in (38, 48, 58):
        canvas.line(curve([(x, 30), (x - 4, 24), (x + 4, 17), (x, 10)]), 2, WALL_DEEP)
    canvas.arc((76, 56), 15, 4.6, -95, 120, DOOR_DEEP)
    spout = curve([(28, 70), (17, 58), (13, 44), (6, 42)])
    canvas.polygon([*spout, (15, 39), *reversed(curve([(34, 56), (24, 50), (20, 43), (15, 39)]))], DOOR_DEEP)
    canvas.oval((50, 60), 29, 21, DOOR)
    canvas.polygon(curve([(58, 40), (74, 48), (78, 62), (68, 76), (52, 81), (62, 62), (58, 40)]), DOOR_DEEP)
    canvas.oval((50, 42), 16, 5, DOOR_LIGHT)
    canvas.disc((50, 35), 4.4, DOOR_DEEP)
    canvas.rect((34, 77, 66, 82), DOOR_DEEP, 1.5)
    canvas.line(curve([(30, 53), (33, 47), (39, 44)]), 1.8, ROSE)


def guitar(canvas: Canvas) -> None:
    """Draw the middle of a guitar."""
    canvas.rect((0, 0, 100, 100), "#c98a45")
    for grain in range(0, 100, 8):
        canvas.rect((grain, 0, grain + 1, 100), "#bf7f3c")
    canvas.rect((0, 0, 14, 100), DOOR_DEEP)
    canvas.polygon([*curve([(14, 60), (22, 72), (20, 88), (10, 100)]), (0, 100), (0, 60)], DOOR_DEEP)
    canvas.disc((50, 50), 32, BRASS_DEEP)
    canvas.ring((50, 50), 31, 1.6, PAPER)
    canvas.ring((50, 50), 28, 1.6, COURT)
    canvas.disc((50, 50), 25, INK)
    canvas.rect((36, 0, 64, 28), "#5b3b22")
    for y in (6, 18):
        canvas.rect((36, y, 64, y + 1.2), BRASS)
    for number in range(6):
        x = 39 + number * 4.4
        canvas.rect((x + 0.7, 0, x + 1.3, 92), "#00000055")
        canvas.rect((x - 0.45, 0, x + 0.45, 92), PAPER if number < 3 else BRASS)
    canvas.rect((30, 88, 70, 96), "#5b3b22", 2)
    canvas.rect((34, 90, 66, 91.6), PAPER)


def peaks(canvas: Canvas) -> None:
    """Draw mountains with a line of the old wall."""
    canvas.gradient("#f6d9b8", PAPER)
    canvas.disc((66, 32), 13, DOOR)
    canvas.polygon(
        [(-5, 70), (18, 40), (34, 56), (56, 26), (82, 58), (106, 40), (106, 100), (-5, 100)], COURT_PALE
    )
    canvas.polygon([(-5, 84), (24, 52), (44, 74), (66, 48), (106, 82), (106, 100), (-5, 100)], COURT_LIGHT)
    ridge = curve([(-5, 96), (16, 80), (34, 84), (54, 66), (74, 74), (106, 58)])
    canvas.polygon([*ridge, (106, 105), (-5, 105)], COURT_DEEP)
    canvas.line(ridge, 2.6, WALL_DEEP)
    for at in range(4, len(ridge), 6):
        x, y = ridge[at]
        canvas.rect((x - 1, y - 3, x + 1, y), WALL_DEEP)
    for x, y in ((16, 80), (54, 66)):
        canvas.rect((x - 5, y - 11, x + 5, y + 3), WALL_DEEP)
        canvas.rect((x - 6, y - 13, x + 6, y - 10), BRICK_LIGHT)
        canvas.rect((x - 1.4, y - 7, x + 1.4, y - 2), BRICK)


def bicycle(canvas: Canvas) -> None:
    """Draw a bicycle in front of a wall."""
    canvas.rect((0, 0, 100, 100), BRICK_MID)
    for number, y in enumerate(range(0, 78, 13)):
        for x in range(-28 + (number % 2) * 14, 100, 28):
            canvas.rect((x, y, x + 26.8, y + 11.8), BRICK if (x + y) % 3 else "#565c60", 0.4)
    canvas.rect((0, 78, 100, 100), BRICK_LIGHT)
    canvas.rect((0, 78, 100, 80), BRICK_DEEP)
    back, front, crank, seat, head = (27, 66), (73, 66), (46, 65), (40, 42), (65, 42)
    for wheel in (back, front):
        canvas.ring(wheel, 17, 2.2, INK)
        canvas.ring(wheel, 14.6, 0.9, WALL)
        for angle in range(0, 180, 30):
            turn = math.radians(angle)
            dx, dy = 14 * math.cos(turn), 14 * math.sin(turn)
            canvas.line([(wheel[0] - dx, wheel[1] - dy), (wheel[0] + dx, wheel[1] + dy)], 0.4, WALL)
    for start, end in (
        (back, seat),
        (back, crank),
        (crank, seat),
        (crank, head),
        (seat, head),
        (head, front),
    ):
        canvas.line([start, end], 2.8, DOOR_LIGHT)
    canvas.line([seat, (38.5, 36)], 2, WALL)
    canvas.rect((31, 32.5, 45, 36.5), INK, 2)
    canvas.line(curve([(65, 42), (63, 33), (69, 29), (75, 32)]), 2.2, WALL)
    canvas.rect((69, 38, 87, 50), BRASS_DEEP, 1.5)
    canvas.rect((69, 38, 87, 41), BRASS, 1.5)
    for base, angle in (((74, 38), -110), ((78, 38), -88), ((82, 38), -66)):
        canvas.polygon(leaf(base, angle, 13, 6), COURT_LIGHT)
    canvas.disc(crank, 3.4, WALL)


def blossom(canvas: Canvas) -> None:
    """Draw plum blossom behind a fan-shaped window."""
    canvas.rect((0, 0, 100, 100), BRICK)
    outer = circle((50, 88), 64, 224, 316) + circle((50, 88), 22, 316, 224)
    inner = circle((50, 88), 59, 227.5, 312.5) + circle((50, 88), 27, 312.5, 227.5)
    canvas.polygon(outer, WALL)
    with canvas.clipped(inner):
        canvas.gradient(SKY, PAPER)
        canvas.line(curve([(8, 58), (28, 50), (46, 43), (68, 42), (90, 32)]), 2.8, INK)
        canvas.line(curve([(46, 43), (54, 52), (66, 56)]), 1.9, INK)
        canvas.line(curve([(30, 49), (38, 38), (48, 33)]), 1.7, INK)
        for x, y, size in ((29, 49, 0.95), (46, 34, 0.85), (56, 43, 1.1), (65, 56, 0.9), (74, 39, 0.85)):
            for angle in range(-90, 270, 72):
                turn = math.radians(angle)
                canvas.disc(
                    (x + 3.6 * size * math.cos(turn), y + 3.6 * size * math.sin(turn)), 2.9 * size, DOOR
                )
            canvas.disc((x, y), 1.9 * size, BRASS)
    canvas.rect((0, 84, 100, 100), BRICK_DEEP)
    canvas.rect((0, 83, 100, 85), BRICK_MID)
