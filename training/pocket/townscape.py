"""Places that people built: city, street, room."""

import numpy as np

from training.pocket.canvas import Image, below, gradient, lay, polygons
from training.pocket.landscape import Scene


def towers(s: Scene, picture: Image, foot: float, many: int, high: tuple[float, float]) -> Image:
    """Houses of a skyline, windows lit at night."""
    lamp = s.time != "day" or s.weather != "clear"
    for x in s.dice.permutation(np.linspace(-0.03, 0.98, many)):
        wide, top = s.dice.uniform(0.08, 0.15), foot - s.dice.uniform(*high)
        tone = s.dice.uniform(0.40, 0.72)
        wall = s.lit((tone, tone * s.dice.uniform(0.9, 1.05), tone * s.dice.uniform(0.9, 1.15)), 0.2)
        picture = lay(picture, wall, polygons(s.edge, [[(x, top), (x + wide, top), (x + wide, foot), (x, foot)]]))
        panes = [
            [(u, v), (u + 0.014, v), (u + 0.014, v + 0.02), (u, v + 0.02)]
            for u in np.arange(x + 0.015, x + wide - 0.02, 0.026)
            for v in np.arange(top + 0.02, foot - 0.03, 0.04)
            if s.dice.random() < (0.6 if lamp else 0.95)
        ]
        glass = (1.0, 0.85, 0.45) if lamp else s.lit((0.75, 0.87, 0.96), 0)
        picture = lay(picture, glass, polygons(s.edge, panes)) if panes else picture
    return picture


def city(s: Scene) -> Image:
    """A skyline behind a square."""
    picture = towers(s, s.sky, s.horizon + 0.01, 12, (0.16, s.horizon * 0.6))
    picture = towers(s, picture, s.horizon + 0.02, 8, (0.10, s.horizon * 0.42))
    return s.field(picture, (0.52, 0.52, 0.55), (0.62, 0.62, 0.64), s.horizon + 0.015, 0.06)


def street(s: Scene) -> Image:
    """A road that leads away between houses."""
    picture = towers(s, s.sky, s.horizon + 0.02, 6, (0.06, 0.14))
    for side in (0, 1):
        for place in (0.34, 0.18, 0.0):
            x0, x1 = (place - 0.05, place + 0.14) if side == 0 else (0.91 - place, 1.05 - place)
            top = s.horizon - 0.10 - (0.34 - place) * s.dice.uniform(0.7, 1.0)
            foot = s.horizon + 0.02 + (0.34 - place) * 0.35
            wall = s.lit((s.dice.uniform(0.55, 0.9), s.dice.uniform(0.4, 0.75), s.dice.uniform(0.3, 0.65)), 0.15)
            roof = s.lit((0.55, 0.28, 0.22), 0.8)
            picture = lay(picture, wall, polygons(s.edge, [[(x0, top), (x1, top), (x1, foot), (x0, foot)]]))
            gable = [(x0 - 0.01, top), (x1 + 0.01, top), ((x0 + x1) / 2, top - 0.09)]
            picture = lay(picture, roof, polygons(s.edge, [gable]))
            glass = (1.0, 0.85, 0.45) if s.time == "night" else s.lit((0.80, 0.90, 0.97), 0)
            panes = [
                [(u, v), (u + 0.03, v), (u + 0.03, v + 0.04), (u, v + 0.04)]
                for u in (x0 + 0.03, x0 + 0.1)
                for v in np.arange(top + 0.03, foot - 0.06, 0.09)
            ]
            picture = lay(picture, glass, polygons(s.edge, panes))
    picture = s.field(picture, (0.66, 0.64, 0.60), (0.70, 0.68, 0.64), s.horizon + 0.02 + 0.13, 0.05)
    road = [(0.46, s.horizon + 0.03), (0.54, s.horizon + 0.03), (0.98, 1.0), (0.02, 1.0)]
    picture = lay(picture, s.lit((0.33, 0.33, 0.36), 0.55), polygons(s.edge, [road]))
    marks = []
    for y0, y1 in ((0.10, 0.18), (0.30, 0.44), (0.62, 0.84)):
        a, b = (s.horizon + 0.03 + (0.97 - s.horizon) * y for y in (y0, y1))
        marks.append([(0.5 - 0.012 * y0, a), (0.5 + 0.012 * y0, a), (0.5 + 0.016 * y1, b), (0.5 - 0.016 * y1, b)])
    return lay(picture, s.lit((0.95, 0.93, 0.85)), polygons(s.edge, marks))


def room(s: Scene) -> Image:
    """A wall with a window and what is seen through it, a floor of boards, a skirting board."""
    inside = Scene(s.sky, s.horizon, s.time, "clear", np.sqrt(s.light), s.dice)
    walls = ((0.93, 0.88, 0.78), (0.74, 0.84, 0.88), (0.85, 0.78, 0.86), (0.78, 0.86, 0.74), (0.93, 0.75, 0.66))
    wall = inside.lit(walls[s.dice.integers(len(walls))])
    picture = gradient(s.edge, [(0, (*np.array(wall) * 0.93,)), (s.horizon, wall), (1, wall)])
    x, y, w, h = s.dice.choice([s.dice.uniform(0.06, 0.16), s.dice.uniform(0.58, 0.66)]), 0.10, 0.28, 0.34
    frame = inside.lit((0.96, 0.95, 0.92))

    def pane(a: float, b: float, c: float, d: float) -> Image:
        return polygons(s.edge, [[(a, b), (c, b), (c, d), (a, d)]])

    picture = lay(picture, frame, pane(x - 0.02, y - 0.02, x + w + 0.02, y + h + 0.02))
    picture = lay(picture, s.sky, pane(x, y, x + w, y + h))
    for bar in (
        pane(x + w / 2 - 0.008, y, x + w / 2 + 0.008, y + h),
        pane(x, y + h / 2 - 0.008, x + w, y + h / 2 + 0.008),
    ):
        picture = lay(picture, frame, bar)
    boards = inside.lit(((0.66, 0.46, 0.28), (0.55, 0.38, 0.25), (0.76, 0.60, 0.42))[s.dice.integers(3)])
    picture = lay(picture, boards, below(s.edge, s.horizon))
    for place in np.linspace(-0.5, 1.5, 15):
        seam = [(0.5 + (place - 0.5) * 0.8, s.horizon), (0.5 + (place - 0.5) * 0.8 + 0.004, s.horizon)]
        seam += [(0.5 + (place - 0.5) * 1.6 + 0.008, 1.0), (0.5 + (place - 0.5) * 1.6, 1.0)]
        picture = lay(picture, (*np.array(boards) * 0.72,), polygons(s.edge, [seam]))
    return lay(picture, frame, below(s.edge, s.horizon - 0.025) * (1 - below(s.edge, s.horizon)))
