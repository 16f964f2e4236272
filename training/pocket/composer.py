"""Composes a picture from a specification: things with places, sizes and an order, on a ground, in a light and a style.

What the specification leaves open, the seed decides: depiction, mirror, turn, place, size, hue, ground.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np

from training.pocket import grounds, styles
from training.pocket.canvas import Image, lay
from training.pocket.objects import HERE, SIZE, Thing
from training.pocket.painting import paint, turned_hue
from training.pocket.sources import FLUENT_3D, box

RELATIONS = ("next to", "on", "under", "behind", "in front of")
SIDES = ("left", "right", "top", "bottom")
FLAT_SETS = ("fluent-flat", "twemoji", "drawn")


@dataclass(frozen=True, slots=True)
class Part:
    """A thing to show: `which` of its pictures, its size ("small", "big"), its side, its colour; open where empty."""

    label: str
    which: int | None = None
    size: str = ""
    spot: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A picture in words. Without a `place` the ground is a backdrop, its colour a word of language.toml or open."""

    parts: tuple[Part, ...]
    relation: str = ""  # of the first to the second
    place: str = ""
    time: str = ""
    weather: str = ""
    style: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing stands: the middle and the foot, and its edge (the longer side), in shares of the picture."""

    x: float
    foot: float
    edge: float


@cache
def language() -> dict[str, Any]:
    """The words of language.toml, read once."""
    return tomllib.loads((HERE / "language.toml").read_text())


class Composer:
    """Draws specifications."""

    def __init__(self, things: list[Thing], cutouts: np.ndarray, edge: int = SIZE) -> None:
        self.things = {thing.label: thing for thing in things}
        first = np.cumsum([0, *(len(thing.files) for thing in things)])
        self.first = {thing.label: int(at) for thing, at in zip(things, first, strict=False)}
        self.cutouts, self.edge = cutouts, edge
        where = language()["where"]
        self.aloft = set(where["aloft"])

    def depictions(self, label: str) -> list[np.ndarray]:
        """All pictures of a thing, RGBA; raise KeyError: there is no such thing."""
        at = self.first[label]
        return [self.cutouts[at + i] for i in range(len(self.things[label].files))]

    def choose(self, label: str, dice: np.random.Generator, style: str = "") -> int:
        """One of a thing's pictures: the set first, evenly, so that many skin tones do not outweigh a set."""
        sources = self.things[label].sources
        wanted = {"3d": (FLUENT_3D,), "flat": FLAT_SETS}.get(style, ())
        sets = sorted(set(sources) & set(wanted)) or sorted(set(sources))
        chosen = sets[dice.integers(len(sets))]
        return int(dice.choice([i for i, source in enumerate(sources) if source == chosen]))

    def draw(self, spec: Spec, seed: int) -> np.ndarray:
        """Compose: uint8 RGB of shape (edge, edge, 3). Raise KeyError for a label, place or style that there is not."""
        dice = np.random.default_rng(seed)
        time = spec.time or str(dice.choice(grounds.TIMES, p=(0.6, 0.2, 0.2)))
        weather = spec.weather or str(dice.choice(grounds.WEATHERS, p=(0.85, 0.05, 0.05, 0.05)))
        weather = "clear" if spec.place == "room" and not spec.weather else weather
        ground = self._ground(spec, time, weather, dice)
        canvas = ground.picture
        spots = self._spots(spec, ground, dice)
        glow = np.array(grounds.GLOW[time] if spec.place else (1, 1, 1), np.float32)
        order = sorted(
            range(len(spots)), key=lambda i: spots[i].foot if not spec.relation else _depth(spec.relation, i)
        )
        for i in order:
            cutout = self._cutout(spec.parts[i], spec.style, dice)
            afloat = spec.place == "sea"
            canvas = _lay_down(canvas, cutout, spots[i], glow, bool(spec.place) and not self._flies(spec, i), afloat)
        if spec.place and (spec.place != "room"):
            canvas = grounds.fall(canvas, time, weather, dice)
        picture = np.asarray(np.clip(canvas, 0, 1) * 255 + 0.5, np.uint8)
        return styles.apply(spec.style, picture, seed) if spec.style in styles.DRAWN else picture

    def _flies(self, spec: Spec, i: int) -> bool:
        return spec.parts[i].label in self.aloft and spec.place != "room" and not spec.relation

    def _ground(self, spec: Spec, time: str, weather: str, dice: np.random.Generator) -> grounds.Ground:
        if spec.place:
            return grounds.paint(spec.place, time, weather, self.edge, dice)
        if spec.ground:
            words: Mapping[str, tuple[int, int, int]] = language()["backgrounds"]
            red, green, blue = (value / 255 for value in words[spec.ground])
            return grounds.plain(self.edge, (red, green, blue), dice, quiet=dice.random() < 0.6)
        if dice.random() < 0.35:
            return grounds.plain(self.edge, (1.0, 1.0, 1.0), dice)
        tone = cv2.cvtColor(
            np.array([[[dice.uniform(0, 360), dice.uniform(0.08, 0.6), 1.0]]], np.float32), cv2.COLOR_HSV2RGB
        )
        red, green, blue = (float(value) for value in tone[0, 0] * dice.uniform(0.72, 1.0))
        return grounds.plain(self.edge, (red, green, blue), dice, quiet=False)

    def _cutout(self, part: Part, style: str, dice: np.random.Generator) -> np.ndarray:
        which = part.which if part.which is not None else self.choose(part.label, dice, style)
        cutout = np.ascontiguousarray(self.cutouts[self.first[part.label] + which])
        if part.colour:
            tints: Mapping[str, int] = language()["tints"]
            cutout = paint(cutout, tints[part.colour])
        else:
            cutout = turned_hue(cutout, dice.normal(0, 5))
        if style == "3d" and self.things[part.label].sources[which] != FLUENT_3D:
            cutout = styles.inflated(cutout)
        if dice.random() < 0.5 and part.label not in language()["where"]["unmirrored"]:
            cutout = cutout[:, ::-1]
        if dice.random() < 0.5:
            cutout = _turned(cutout, dice.normal(0, 5))
        left, top, right, bottom = box(cutout[..., 3])
        return np.ascontiguousarray(cutout[top:bottom, left:right])

    def _spots(self, spec: Spec, ground: grounds.Ground, dice: np.random.Generator) -> list[Spot]:
        many = len(spec.parts)
        if many == 1:
            return [self._alone(spec, ground, dice)]
        if spec.relation and spec.relation != "next to":
            return _related(spec.relation, bool(spec.place), dice)
        edge = {2: 0.47, 3: 0.40, 4: 0.36}[many] * dice.uniform(0.92, 1.08)
        if spec.place or many < 4:
            level = 0.5 + edge / 2 if not spec.place else dice.uniform(max(ground.horizon + 0.14, 0.74), 0.9)
            step = 0.94 / many
            row = [
                Spot(0.03 + step * (i + 0.5), level + dice.uniform(-0.05, 0.05), min(edge, step)) for i in range(many)
            ]
            return row
        return [
            Spot(x + dice.uniform(-0.02, 0.02), y + dice.uniform(-0.02, 0.02), edge)
            for x, y in ((0.27, 0.46), (0.73, 0.46), (0.27, 0.94), (0.73, 0.94))
        ]

    def _alone(self, spec: Spec, ground: grounds.Ground, dice: np.random.Generator) -> Spot:
        part = spec.parts[0]
        low, high = {"small": (0.22, 0.36), "big": (0.92, 1.0)}.get(part.size, (0.62, 0.88))
        if spec.place and not part.size:
            low, high = 0.46, 0.68
        edge = dice.uniform(low, high) if not part.spot else dice.uniform(0.40, 0.5)
        free = max(0.0, 1 - edge)
        x, y = 0.5 + free * dice.uniform(-0.32, 0.32), 0.5 + free * dice.uniform(-0.3, 0.3)
        if part.spot in ("left", "right"):
            x = edge / 2 + 0.03 if part.spot == "left" else 0.97 - edge / 2
        if part.spot in ("top", "bottom"):
            y = edge / 2 + 0.03 if part.spot == "top" else 0.97 - edge / 2
        if not spec.place or part.spot in ("top", "bottom"):
            return Spot(x, y + edge / 2, edge)
        if self._flies(spec, 0):
            return Spot(x, dice.uniform(min(edge + 0.03, 0.7), 0.72), edge)
        return Spot(x, dice.uniform(max(ground.horizon + 0.16, 0.76), ground.front), edge)


def _depth(relation: str, i: int) -> int:
    """What is drawn first is farther away: the first thing, if it is behind the second."""
    return i if relation in ("behind", "under") else -i


def _related(relation: str, grounded: bool, dice: np.random.Generator) -> list[Spot]:
    """Two spots: of the first thing, and of the second to which it stands in a relation."""
    x, shift = dice.uniform(0.42, 0.58), dice.uniform(0.10, 0.17) * dice.choice((-1, 1))
    level = dice.uniform(0.9, 0.96) if grounded else dice.uniform(0.88, 0.94)
    if relation == "on":
        return [Spot(x, level - 0.40, 0.40), Spot(x, level, 0.48)]
    if relation == "under":
        return [Spot(x, level, 0.40), Spot(x, level - 0.36, 0.50)]
    near, far = Spot(x + shift, level, 0.46), Spot(x - shift * 0.8, level - 0.14, 0.60)
    return [far, near] if relation == "behind" else [near, far]


def _turned(cutout: np.ndarray, degrees: float) -> np.ndarray:
    """Turned about its middle, with transparent black beyond, colours weighted by what is opaque."""
    edge = len(cutout)
    weighted = cutout.astype(np.float32)
    weighted[..., :3] *= weighted[..., 3:] / 255
    move = cv2.getRotationMatrix2D((edge / 2, edge / 2), degrees, 0.96)
    turned = cv2.warpAffine(weighted, move, (edge, edge), flags=cv2.INTER_LINEAR)
    turned[..., :3] /= np.maximum(turned[..., 3:], 1) / 255
    return np.asarray(np.clip(turned, 0, 255), np.uint8)


def _lay_down(canvas: Image, cutout: np.ndarray, spot: Spot, glow: Image, grounded: bool, afloat: bool) -> Image:
    """Lay a cutout on a canvas, in the light of the time of day, with a shadow where it touches the ground."""
    edge = len(canvas)
    scale = spot.edge * edge / max(cutout.shape[:2])
    wide, high = max(2, round(cutout.shape[1] * scale)), max(2, round(cutout.shape[0] * scale))
    layer = cutout.astype(np.float32) / 255
    layer[..., :3] *= layer[..., 3:]
    layer = cv2.resize(layer, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = round(spot.x * edge - wide / 2), round(spot.foot * edge - high)
    if grounded:
        canvas = lay(canvas, (0.0, 0.0, 0.02), _shadow(edge, spot, wide, afloat))
    whole = np.zeros((edge, edge, 4), np.float32)
    y0, y1, x0, x1 = max(top, 0), min(top + high, edge), max(left, 0), min(left + wide, edge)
    if y1 > y0 and x1 > x0:
        whole[y0:y1, x0:x1] = layer[y0 - top : y1 - top, x0 - left : x1 - left]
    return np.asarray(canvas * (1 - whole[..., 3:]) + whole[..., :3] * glow, np.float32)


def _shadow(edge: int, spot: Spot, wide: int, afloat: bool) -> Image:
    """A soft ellipse under a foot."""
    rows, columns = np.mgrid[:edge, :edge].astype(np.float32) / edge
    half = 0.5 * wide / edge
    away = ((columns - spot.x) / (half * 1.05)) ** 2 + ((rows - spot.foot + 0.01) / (half * 0.24 + 0.01)) ** 2
    return np.asarray(((0.28 if afloat else 0.42) * np.clip(1.25 - away, 0, 1))[..., None])
