"""Pictures of things people show each other: a bowl of noodles, books, two posters, a page of figures."""

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
    DUSK_DEEP,
    INK,
    PAPER,
    PERSIMMON,
    ROSE,
    WALL,
    WALL_DEEP,
)


def noodles(canvas: Canvas) -> None:
    """Draw a bowl of noodles from above, 120 by 120 units."""
    canvas.rect((0, 0, 120, 120), "#7a5336")
    for y in (0.0, 30.0, 60.0, 90.0):
        canvas.rect((0, y, 120, y + 29), "#825a3b" if y % 60 else "#7d5638")
        canvas.line(curve([(0, y + 9), (40, y + 12), (80, y + 7), (120, y + 10)]), 0.4, "#6f4b30")
        canvas.line(curve([(0, y + 21), (50, y + 18), (90, y + 22), (120, y + 20)]), 0.4, "#6f4b30")
    canvas.disc((59, 66), 47, "#00000044")
    canvas.disc((57, 62), 47, PAPER)
    canvas.ring((57, 62), 45.4, 1.4, "#3f6f9a")
    canvas.ring((57, 62), 42.6, 0.6, "#3f6f9a")
    canvas.disc((57, 62), 39, WALL_DEEP)
    canvas.disc((57, 62), 37.6, "#b98046")
    with canvas.clipped(circle((57, 62), 37)):
        for number in range(30):
            y = 24 + number * 2.6
            wave = 3 * math.sin(number * 1.7)
            points = [
                (16, y + wave),
                (34, y - wave * 1.4),
                (54, y + wave),
                (76, y - wave),
                (100, y + wave * 0.8),
            ]
            canvas.line(curve(points), 2.1, "#a5743a")
            canvas.line(curve([(x, at - 0.5) for x, at in points]), 1.7, ("#f3dca2", "#eccf8c")[number % 2])
        canvas.polygon(
            curve([(42, 50), (56, 42), (74, 48), (78, 62), (68, 76), (50, 74), (40, 64), (42, 50)]), "#5c3019"
        )
        for number in range(22):
            angle, away = math.radians(number * 137.5), 3.3 * math.sqrt(number)
            at = (59 + away * math.cos(angle), 60 + away * math.sin(angle))
            canvas.disc(at, 1.8, ("#7d4424", "#4a2512", "#935630")[number % 3])
    for number in range(9):
        angle = 150 + number * 4
        canvas.line(
            [
                (31 + number * 0.9, 40 + number * 1.2),
                _away((31 + number * 0.9, 40 + number * 1.2), angle + 180, 15),
            ],
            1.6,
            (COURT_LIGHT, "#8fbf7c", COURT)[number % 3],
        )
    for number in range(7):
        start = (74 + number * 1.4, 80 - number * 2.2)
        canvas.line(
            [start, _away(start, 200 + number * 7, 13)], 1.5, ("#e9687a", PAPER, "#f2a3ac")[number % 3]
        )
    canvas.oval((76, 44), 10, 8.4, PAPER)
    canvas.oval((76, 44), 6, 5.2, PERSIMMON)
    canvas.oval((74.6, 42.6), 2, 1.5, "#f6c08a")
    for number in range(12):
        angle, away = math.radians(number * 97), 4 + (number * 5) % 17
        canvas.ring((57 + away * math.cos(angle), 64 + away * math.sin(angle)), 1.3, 0.6, "#a9d18e")
    for x in (103, 108.5):
        canvas.line([(x + 2, 12), (x - 4, 112)], 2.2, "#00000033")
        canvas.line([(x, 10), (x - 6, 110)], 2, DOOR_DEEP)
        canvas.line([(x, 10), (x - 0.9, 25)], 2.1, BRASS)


def _away(start: tuple[float, float], degrees: float, length: float) -> tuple[float, float]:
    turn = math.radians(degrees)
    return start[0] + length * math.cos(turn), start[1] + length * math.sin(turn)


def books(canvas: Canvas) -> None:
    """Draw the evening's books with tea and a lamp, 160 by 120 units."""
    canvas.gradient(COURT_DEEP, "#24493c")
    canvas.glow((118, 46), 70, BRASS, 0.75)
    canvas.rect((0, 94, 160, 120), "#6b4a30")
    canvas.rect((0, 94, 160, 96.4), "#8a6140")
    for x, y, width, height, cover, band in (
        (30, 82, 62, 12, DOOR, BRASS),
        (36, 71, 54, 11, WALL, BRICK),
        (28, 59, 58, 12, BRICK, WALL),
        (38, 49, 46, 10, COURT_LIGHT, PAPER),
    ):
        canvas.rect((x, y, x + width, y + height), cover, 1.4)
        canvas.rect((x + width - 3, y + 1.6, x + width + 1, y + height - 1.6), PAPER)
        for line in range(3):
            canvas.line(
                [(x + width - 3, y + 3.4 + line * 2), (x + width + 1, y + 3.4 + line * 2)], 0.25, WALL_DEEP
            )
        canvas.rect((x + 6, y + 1, x + 8, y + height - 1), band)
        canvas.rect((x + 14, y + height / 2 - 1, x + width - 20, y + height / 2 + 1), band, 1)
    left = curve([(34, 47), (42, 42), (52, 42), (60, 46)])
    right = curve([(60, 46), (68, 42), (78, 42), (86, 47)])
    canvas.polygon([*left, *right, (86, 49), (60, 49), (34, 49)], PAPER)
    canvas.line([*left, *right], 0.7, WALL_DEEP)
    canvas.polygon([(66, 44), (69, 43.4), (69, 55), (67.5, 53), (66, 55)], DOOR)
    canvas.line([(118, 94), (118, 50)], 2, BRASS_DEEP)
    canvas.oval((118, 93), 13, 2.6, BRASS_DEEP)
    canvas.polygon([(106, 28), (130, 28), (140, 54), (96, 54)], BRASS)
    canvas.polygon([(124, 28), (130, 28), (140, 54), (129, 54)], "#d9a650")
    canvas.oval((118, 54), 22, 2.6, "#fff3cf")
    canvas.polygon([(134, 80), (152, 80), (149, 96), (137, 96)], PAPER)
    canvas.oval((143, 80), 9, 2.2, WALL)
    canvas.oval((143, 80.2), 7.6, 1.7, "#a9642c")
    for x in (140, 146):
        canvas.line(curve([(x, 76), (x - 2, 72), (x + 2, 68), (x, 64)]), 1, "#fffdfa66")
    for base, angle in (((14, 94), -100), ((14, 94), -70), ((14, 94), -130), ((14, 94), -48)):
        canvas.polygon(leaf((base[0], 78), angle, 26, 9), COURT_LIGHT if angle % 20 else COURT)
    canvas.polygon([(6, 78), (22, 78), (20, 95), (8, 95)], BRICK_LIGHT)


def recital(canvas: Canvas) -> None:
    """Draw a poster for a school's recital, 100 by 140 units."""
    canvas.rect((0, 0, 100, 140), WALL)
    canvas.rect((5, 5, 95, 135), PAPER)
    canvas.disc((62, 50), 30, DOOR)
    canvas.disc((24, 70), 12, BRASS)
    upper = curve([(5, 66), (26, 54), (48, 62), (72, 82), (95, 76)])
    lower = [(x, y + 30) for x, y in upper]
    canvas.polygon([*upper, *reversed(lower)], PAPER)
    canvas.line(upper, 0.8, INK)
    canvas.line(lower, 0.8, INK)
    keys = 14
    for key in range(keys + 1):
        x, y = upper[min(len(upper) - 1, round(key * (len(upper) - 1) / keys))]
        canvas.line([(x, y), (x, y + 30)], 0.6, INK)
    for key in range(1, keys):
        if key % 7 in {0, 3}:
            continue
        x, y = upper[round(key * (len(upper) - 1) / keys)]
        canvas.polygon([(x - 1.8, y), (x + 1.8, y), (x + 1.8, y + 18), (x - 1.8, y + 18)], INK)
    for x, y, size in ((24, 38, 1.0), (64, 48, 0.9)):
        canvas.oval((x, y), 4.4 * size, 3.4 * size, COURT if x < 50 else PAPER)
        colour = COURT if x < 50 else PAPER
        canvas.line([(x + 3.6 * size, y), (x + 3.6 * size, y - 17 * size)], 1.2 * size, colour)
        flag = curve(
            [(x + 3.6 * size, y - 17 * size), (x + 9 * size, y - 12 * size), (x + 8 * size, y - 6 * size)]
        )
        canvas.line(flag, 1.5 * size, colour)
    canvas.text((50, 119), "RECITAL", 13, INK)
    canvas.text((50, 128.5), "SUNDAY  15:00   HALL 2", 4.6, BRICK)


def gig(canvas: Canvas) -> None:
    """Draw a band's poster, 100 by 140 units."""
    canvas.rect((0, 0, 100, 140), DUSK_DEEP)
    for radius, colour in ((58, "#2a3b4f"), (48, COURT_DEEP), (38, COURT), (29, BRASS), (20, DOOR)):
        canvas.disc((50, 62), radius, colour)
    for number in range(5):
        x = 30 + number * 10
        canvas.line([(x, 8), (x, 100)], 0.8, PAPER)
        canvas.disc(
            (x, (40, 76, 58, 84, 48)[number]), 4.4, (PERSIMMON, ROSE, PAPER, BRASS, DOOR_LIGHT)[number]
        )
        canvas.ring((x, (40, 76, 58, 84, 48)[number]), 4.4, 0.8, INK)
    canvas.rect((0, 100, 100, 140), DOOR)
    for x in range(-4, 104, 8):
        canvas.disc((x + 4, 100), 4, BRICK_DEEP)
        canvas.disc((x + 4, 100), 2, BRICK_LIGHT)
    canvas.rect((0, 95, 100, 99), BRICK_DEEP)
    canvas.text((50, 116), "FIVE FLAVOURS", 10.4, PAPER)
    canvas.text((50, 129), "LIVE  ·  SATURDAY  20:30", 5, BRASS)


def figures(canvas: Canvas) -> None:
    """Draw a page of a small company's figures, 160 by 100 units."""
    canvas.rect((0, 0, 160, 100), WALL)
    canvas.rect((0, 0, 26, 100), BRICK_DEEP)
    canvas.rect((7, 7, 19, 19), DOOR, 2)
    canvas.rect((12.4, 10, 13.6, 19), DOOR_DEEP)
    for number in range(5):
        canvas.rect((6, 30 + number * 10, 20, 33 + number * 10), PAPER if number == 1 else BRICK_MID, 1.4)
    for number, (value, share, colour) in enumerate(
        (("1 284", 0.72, COURT), ("96 %", 0.96, BRASS), ("37", 0.4, DOOR))
    ):
        x = 32 + number * 42
        canvas.rect((x, 8, x + 38, 30), PAPER, 2)
        canvas.text((x + 4, 16), value, 7.4, INK, "lm")
        canvas.rect((x + 4, 23, x + 34, 25.4), WALL, 1.2)
        canvas.rect((x + 4, 23, x + 4 + 30 * share, 25.4), colour, 1.2)
    canvas.rect((32, 35, 116, 92), PAPER, 2)
    for y in (46.0, 58.0, 70.0, 82.0):
        canvas.line([(38, y), (111, y)], 0.25, WALL_DEEP)
    points = curve([(38, 76), (50, 70), (60, 73), (72, 62), (84, 64), (96, 50), (111, 43)])
    canvas.polygon([*points, (111, 84), (38, 84)], COURT_PALE)
    canvas.line(points, 1.3, COURT)
    canvas.line(curve([(38, 80), (56, 78), (72, 75), (92, 73), (111, 66)]), 0.9, BRICK_LIGHT)
    canvas.disc((111, 43), 2.2, COURT)
    canvas.disc((111, 43), 1, PAPER)
    for number in range(7):
        canvas.rect((38 + number * 11.4, 87, 43 + number * 11.4, 88.2), WALL_DEEP, 0.6)
    canvas.rect((120, 35, 154, 92), PAPER, 2)
    for start, end, colour in ((-90, 130, COURT), (130, 215, BRASS), (215, 270, DOOR)):
        canvas.arc((137, 54), 13, 5, start, end, colour)
    for number, colour in enumerate((COURT, BRASS, DOOR)):
        y = 75 + number * 5.4
        canvas.disc((126, y), 1.4, colour)
        canvas.rect((130, y - 0.9, 148 - number * 4, y + 0.9), WALL_DEEP, 0.9)
