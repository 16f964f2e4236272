"""The land under a sky: meadow, forest, mountains, desert, beach, sea, lake, city, street, room, snow field."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.pocket.canvas import Image, below, gradient, lay, noise, polygons, ridge
from training.pocket.landscape import Scene
from training.pocket.townscape import city, room, street


def meadow(s: Scene) -> Image:
    """Green hills, grass and flowers."""
    picture = s.hills(s.sky, (0.42, 0.66, 0.45), 0.14, 2)
    picture = s.hills(picture, (0.36, 0.62, 0.30), 0.07, 3)
    picture = s.field(picture, (0.34, 0.62, 0.20), (0.52, 0.76, 0.32), s.horizon)
    if s.weather != "snow":
        for colour in ((0.98, 0.9, 0.3), (0.98, 0.98, 0.95), (0.9, 0.35, 0.5))[: s.dice.integers(0, 4)]:
            dots = []
            for _ in range(s.dice.integers(8, 22)):
                x, y = s.dice.random(), s.dice.uniform(s.horizon + 0.05, 1)
                size = 0.006 + 0.012 * (y - s.horizon)
                dots.append([(x - size, y), (x, y - size), (x + size, y), (x, y + size)])
            picture = lay(picture, s.lit(colour), polygons(s.edge, dots))
    return picture


def forest(s: Scene) -> Image:
    """Rows of trees, the nearest darkest, and a floor of moss."""
    picture = s.hills(s.sky, (0.40, 0.60, 0.48), 0.2, 3)
    tall = 0.25 + s.horizon * 0.3
    picture = s.firs(picture, (0.36, 0.56, 0.42), 26, s.horizon, (tall * 0.7, tall))
    picture = s.firs(picture, (0.20, 0.42, 0.26), 20, s.horizon + 0.02, (tall, tall * 1.4))
    picture = s.field(picture, (0.22, 0.36, 0.14), (0.34, 0.48, 0.22), s.horizon + 0.02, 0.25)
    trunks, crowns = [], []
    for side in (s.dice.uniform(-0.02, 0.10), s.dice.uniform(0.90, 1.02)):
        wide = s.dice.uniform(0.025, 0.045)
        trunks.append([(side - wide, 0), (side + wide, 0), (side + wide * 1.3, 0.86), (side - wide * 1.3, 0.86)])
        crowns += [
            [(side + x - 0.12, y), (side + x, y - 0.10), (side + x + 0.12, y), (side + x, y + 0.08)]
            for x, y in zip(s.dice.uniform(-0.1, 0.1, 5), s.dice.uniform(0, 0.3, 5), strict=True)
        ]
    picture = lay(picture, s.lit((0.30, 0.20, 0.12), 0.1), polygons(s.edge, trunks))
    return lay(picture, s.lit((0.12, 0.32, 0.14), 0.3), polygons(s.edge, crowns))


def mountains(s: Scene) -> Image:
    """Two ranges, the far one with snow on its tops."""
    line = s.horizon - s.dice.uniform(0.30, 0.45) * (ridge(s.edge, 3, s.dice, 5) - 0.1)
    body = s.lit((0.47, 0.52, 0.62), 0.3)
    picture = lay(s.sky, body, below(s.edge, line))
    depth = 0.05 + 0.05 * ridge(s.edge, 16, s.dice, 2)
    cap = below(s.edge, line) * (1 - below(s.edge, line + depth)) * (line < np.median(line) + 0.02)[None, :, None]
    picture = lay(picture, s.lit((0.96, 0.97, 1.0)), cap.astype(np.float32))
    picture = s.hills(picture, (0.34, 0.44, 0.46), 0.16, 4, 4)
    return s.field(picture, (0.38, 0.52, 0.28), (0.50, 0.60, 0.40), s.horizon)


def desert(s: Scene) -> Image:
    """Dunes, each with a shaded side, and sometimes a cactus far away."""
    picture = s.hills(s.sky, (0.80, 0.58, 0.38), 0.16, 2, 2)
    picture = s.field(picture, (0.90, 0.70, 0.40), (0.96, 0.82, 0.56), s.horizon, 0.05)
    for place in np.sort(s.dice.uniform(s.horizon, 0.9, 3)):
        line = place + 0.10 * (ridge(s.edge, 1.5, s.dice, 1) - 0.5)
        colour = s.lit(((0.92, 0.72, 0.43), (0.84, 0.62, 0.36))[s.dice.integers(2)])
        picture = lay(picture, colour, below(s.edge, line) * 0.75)
    if s.dice.random() < 0.5:
        x, y, h = s.dice.uniform(0.06, 0.94), s.horizon + 0.06, 0.16
        stem = [(x - 0.012, y), (x + 0.012, y), (x + 0.012, y - h), (x - 0.012, y - h)]
        arms = [
            [
                (x, y - h * a),
                (x + d * 0.05, y - h * a),
                (x + d * 0.05, y - h * (a + 0.3)),
                (x + d * 0.034, y - h * (a + 0.3)),
            ]
            + [(x + d * 0.034, y - h * (a + 0.13)), (x, y - h * (a + 0.13))]
            for d, a in ((-1, 0.35), (1, 0.5))
        ]
        picture = lay(picture, s.lit((0.26, 0.46, 0.24), 0.2), polygons(s.edge, [stem, *arms]))
    return picture


def water(s: Scene, picture: Image, top: Image | float, bottom: float = 1.0) -> Image:
    """Water between a line and a height, with waves and what the sky leaves on it."""
    upper = float(np.min(top))
    near, far = np.array(s.lit((0.05, 0.34, 0.60), 0.1)), np.array(s.lit((0.22, 0.58, 0.78), 0.1))
    mirrored = s.sky[::-1].mean(1, keepdims=True)
    surface = gradient(s.edge, [(upper, (*far,)), (bottom, (*near,))]) * 0.72 + 0.28 * mirrored
    waves = noise(s.edge, 5, s.dice, 2)
    rows = np.linspace(0, 1, s.edge)[:, None]
    phase = 60 * np.sqrt(np.clip(rows - upper, 0, 1)) + 5 * waves
    crest = np.clip(np.sin(phase * 2.2) - 0.72, 0, 1)[..., None] * 1.6
    surface = lay(surface, np.clip(far * 1.5 + 0.08, 0, 1), crest.astype(np.float32) * 0.5)
    return lay(picture, surface, below(s.edge, top) * (1 - below(s.edge, bottom)))


def sea(s: Scene) -> Image:
    """Water to the bottom."""
    return water(s, s.sky, s.horizon)


def beach(s: Scene) -> Image:
    """A strip of sea, foam, sand."""
    shore = s.horizon + 0.16 + 0.05 * (ridge(s.edge, 2, s.dice, 2) - 0.5)
    picture = water(s, s.sky, s.horizon)
    picture = lay(picture, s.lit((0.97, 0.99, 1.0)), below(s.edge, shore - 0.022))
    return s.field(picture, (0.90, 0.78, 0.52), (0.97, 0.88, 0.66), shore, 0.07)


def lake(s: Scene) -> Image:
    """Hills with trees, still water, a green bank in front."""
    picture = s.hills(s.sky, (0.38, 0.52, 0.55), 0.26, 3, 4)
    picture = s.firs(picture, (0.20, 0.42, 0.28), 30, s.horizon + 0.01, (0.08, 0.15))
    bank = s.horizon + 0.27 + 0.04 * (ridge(s.edge, 2, s.dice, 2) - 0.5)
    picture = water(s, picture, s.horizon + 0.015)
    return s.field(picture, (0.30, 0.54, 0.20), (0.44, 0.66, 0.30), bank)


def snow_field(s: Scene) -> Image:
    """White ground, white hills, dark firs."""
    white = Scene(s.sky, s.horizon, s.time, "snow", s.light, s.dice)
    picture = white.hills(s.sky, (0.80, 0.86, 0.95), 0.16, 2)
    picture = white.firs(picture, (0.16, 0.34, 0.28), int(s.dice.integers(6, 18)), s.horizon + 0.01, (0.10, 0.24))
    return white.field(picture, (0.93, 0.95, 1.0), (0.86, 0.91, 0.98), s.horizon, 0.03)


@dataclass(frozen=True, slots=True)
class Land:
    """How a place is painted, and between which heights its horizon lies."""

    paint: Callable[[Scene], Image]
    horizon: tuple[float, float]


LANDS = {
    "meadow": Land(meadow, (0.46, 0.62)),
    "forest": Land(forest, (0.52, 0.64)),
    "mountains": Land(mountains, (0.56, 0.68)),
    "desert": Land(desert, (0.46, 0.60)),
    "beach": Land(beach, (0.36, 0.48)),
    "sea": Land(sea, (0.34, 0.50)),
    "lake": Land(lake, (0.38, 0.48)),
    "city": Land(city, (0.56, 0.68)),
    "street": Land(street, (0.44, 0.54)),
    "room": Land(room, (0.58, 0.68)),
    "snow field": Land(snow_field, (0.46, 0.60)),
}
