"""Grounds and skies, painted by arithmetic: a place, a time of day, weather.

Pictures are floats 0..1, (edge, edge, 3).
"""

import cv2
import numpy as np

from training.pocket.canvas import Colour, Image, disc, gradient, lay, noise, shifted
from training.pocket.lands import LANDS
from training.pocket.landscape import Scene

PLACES = tuple(LANDS)
TIMES, WEATHERS = ("day", "sunset", "night"), ("clear", "rain", "snow", "fog")
SKIES: dict[str, tuple[tuple[float, Colour], ...]] = {
    "day": ((0.0, (0.30, 0.58, 0.93)), (0.6, (0.76, 0.90, 0.99)), (1.0, (0.86, 0.95, 1.0))),
    "sunset": (
        *((0.0, (0.28, 0.20, 0.50)), (0.25, (0.70, 0.30, 0.48)), (0.45, (0.97, 0.47, 0.28))),
        *((0.62, (1.0, 0.76, 0.36)), (1.0, (1.0, 0.85, 0.55))),
    ),
    "night": ((0.0, (0.02, 0.03, 0.13)), (0.6, (0.09, 0.13, 0.33)), (1.0, (0.13, 0.18, 0.40))),
}
GREYS = {"day": (0.66, 0.70, 0.75), "sunset": (0.72, 0.52, 0.46), "night": (0.09, 0.11, 0.18)}
LIGHT = {"day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.74, 0.58), "night": (0.30, 0.37, 0.62)}  # on the land
GLOW = {"day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.86, 0.74), "night": (0.68, 0.69, 0.88)}  # on things in front


def sky(edge: int, time: str, weather: str, horizon: float, dice: np.random.Generator) -> Image:
    """A sky with what is in it at that time: sun, clouds, stars, a moon."""
    stops = [(share * horizon / 0.62, shifted(colour, dice, 0.035)) for share, colour in SKIES[time]]
    picture = gradient(edge, stops)
    if weather != "clear":
        dull = gradient(edge, [(0, shifted(GREYS[time], dice, 0.03)), (1, (*np.array(GREYS[time]) * 1.18,))])
        return lay(
            picture, dull * (0.85 + 0.3 * noise(edge, 3, dice)[..., None]), np.full((edge, edge, 1), 0.82, np.float32)
        )
    if time == "night":
        picture = _stars(picture, horizon, dice)
        return _moon(picture, horizon, dice) if dice.random() < 0.75 else picture
    if time == "sunset":
        x, y = dice.uniform(0.15, 0.85), horizon - dice.uniform(-0.03, 0.10)
        picture = lay(picture, (1.0, 0.80, 0.42), 0.55 * disc(edge, x, y, 0.17, 0.30))
        picture = lay(picture, (1.0, 0.93, 0.66), disc(edge, x, y, dice.uniform(0.07, 0.11)))
        return _clouds(picture, (0.98, 0.58, 0.50), 0.45, horizon, dice)
    if dice.random() < 0.35:
        x, y = dice.uniform(0.1, 0.9), dice.uniform(0.07, 0.2)
        picture = lay(picture, (1.0, 0.95, 0.7), 0.6 * disc(edge, x, y, 0.10, 0.12))
        picture = lay(picture, (1.0, 0.92, 0.45), disc(edge, x, y, 0.065))
    return _clouds(picture, (1.0, 1.0, 1.0), dice.uniform(0.0, 0.95), horizon, dice)


def _clouds(picture: Image, colour: Colour, much: float, horizon: float, dice: np.random.Generator) -> Image:
    edge = len(picture)
    cover = noise(edge, 2.5, dice, 4)
    cover = cv2.resize(cover[:, : edge // 3], (edge, edge))  # clouds are wider than high
    fade = np.clip(1 - np.arange(edge) / edge / max(horizon, 0.05), 0, 1)[:, None] ** 0.5
    return lay(picture, colour, (np.clip((cover - 0.52) * 6, 0, 1) * fade * much).astype(np.float32)[..., None])


def _stars(picture: Image, horizon: float, dice: np.random.Generator) -> Image:
    edge = len(picture)
    for _ in range(dice.integers(25, 60)):
        x, y = dice.random(), dice.random() * horizon * 0.95
        picture = lay(picture, (1.0, 1.0, 0.92), disc(edge, x, y, dice.uniform(0.003, 0.009)) * dice.uniform(0.5, 1))
    return picture


def _moon(picture: Image, horizon: float, dice: np.random.Generator) -> Image:
    edge, x, y = len(picture), dice.uniform(0.12, 0.88), dice.uniform(0.10, max(0.14, horizon * 0.4))
    radius = dice.uniform(0.055, 0.085)
    picture = lay(picture, (0.55, 0.6, 0.8), 0.35 * disc(edge, x, y, 0.08, 0.14))
    shape = disc(edge, x, y, radius)
    if dice.random() < 0.5:  # a crescent
        shape = shape * (1 - disc(edge, x + radius * 0.55, y - radius * 0.2, radius * 0.92))
    return lay(picture, (1.0, 0.98, 0.84), shape)


def paint(place: str, time: str, weather: str, edge: int, dice: np.random.Generator) -> Image:
    """Paint a ground, or raise KeyError: there is no such place or time."""
    land = LANDS[place]
    horizon = dice.uniform(*land.horizon)
    above = sky(edge, time, weather, horizon, dice)
    scene = Scene(above, horizon, time, weather, np.array(LIGHT[time], np.float32), dice)
    picture = land.paint(scene)
    if weather == "fog" and place != "room":
        rows = np.linspace(0, 1, edge, dtype=np.float32)[:, None, None]
        thick = np.clip(0.80 - 0.9 * np.abs(rows - horizon), 0.15, 0.75)
        picture = lay(picture, (*np.clip(np.array(GREYS[time]) * 1.25, 0, 1),), thick.astype(np.float32))
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def fall(picture: Image, time: str, weather: str, dice: np.random.Generator) -> Image:
    """What falls in front of all: rain, snow, and fog."""
    edge = len(picture)
    if weather == "fog":
        veil = (0.16 + 0.22 * noise(edge, 2, dice))[..., None]
        return lay(picture, (*np.clip(np.array(GREYS[time]) * 1.25, 0, 1),), veil)
    if weather == "snow":
        flakes = np.zeros((4 * edge, 4 * edge), np.uint8)
        for _ in range(dice.integers(60, 110)):
            at = int(dice.integers(4 * edge)), int(dice.integers(4 * edge))
            cv2.circle(flakes, at, round(dice.uniform(0.006, 0.014) * 4 * edge), int(dice.integers(150, 256)), -1)
        mask = cv2.resize(flakes, (edge, edge), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        return lay(picture, (1.0, 1.0, 1.0), mask)
    if weather == "rain":
        streaks, slant = np.zeros((2 * edge, 2 * edge), np.uint8), dice.uniform(-0.35, 0.35)
        for _ in range(dice.integers(70, 120)):
            x, y, far = dice.uniform(0, 2 * edge), dice.uniform(-0.1, 2) * edge, dice.uniform(0.10, 0.22) * edge
            start, end = (round(x), round(y)), (round(x + slant * far), round(y + far))
            cv2.line(streaks, start, end, int(dice.integers(110, 230)), max(1, edge // 96), cv2.LINE_AA)
        mask = cv2.resize(streaks, (edge, edge), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        return lay(picture, (0.82, 0.89, 0.97), mask * 0.8)
    return picture


def plain(edge: int, colour: Colour, dice: np.random.Generator, quiet: bool = True) -> Image:
    """A backdrop of one colour: even, or lit from one side."""
    picture = np.broadcast_to(np.array(colour, np.float32), (edge, edge, 3)).copy()
    if not quiet:
        rows, columns = np.mgrid[:edge, :edge].astype(np.float32) / edge - 0.5
        angle = dice.uniform(0, 2 * np.pi)
        slope = columns * np.cos(angle) + rows * np.sin(angle)
        picture = np.clip(picture * (1 + dice.uniform(0.1, 0.35) * slope[..., None]), 0, 1)
    return picture
