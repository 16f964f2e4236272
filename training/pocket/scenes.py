"""Pictures with captions, composed on the fly: one thing, a painted one, two, several, small, aside.

Little varies that the caption does not say: a model this small learns names faster from pictures that stand still.
"""

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image

from training.pocket.objects import SIZE, Thing
from training.pocket.words import Language, article, plural

KINDS = ("single", "ground", "person", "painted", "beside", "stacked", "count", "aside", "size")
LARGE, HALF, SMALL, FULL = 108, 60, 56, 126  # edge of an object, pixels
SPOTS = {2: ((4, 34), (64, 34)), 3: ((4, 4), (64, 4), (34, 64)), 4: ((4, 4), (64, 4), (4, 64), (64, 64))}
ASIDE = {"left": (2, 34), "right": (66, 34), "top": (34, 2), "bottom": (34, 66)}
PAINTABLE_SHARE, PAINTABLE_CHROMA = 0.45, 60  # of opaque pixels; saturation times value, of 255

Part = tuple[np.ndarray, int, tuple[int, int]]  # an RGBA cutout, its edge and its (x, y)


@dataclass(frozen=True, slots=True)
class Scene:
    """A uint8 RGB picture of shape (128, 128, 3), what it shows in words, and its kind."""

    picture: np.ndarray
    caption: str
    kind: str


def paintable(cutout: np.ndarray) -> bool:
    """Tell whether enough of an object has a colour that could be another."""
    opaque = cutout[..., 3] > 128
    rgb = cutout[..., :3][opaque].astype(int)
    return bool((rgb.max(-1) - rgb.min(-1) > PAINTABLE_CHROMA).mean() > PAINTABLE_SHARE)


def paint(cutout: np.ndarray, hue: int) -> np.ndarray:
    """Turn the colours of an RGBA object around `hue` (degrees), keeping a quarter of their spread."""
    hsv = np.array(Image.fromarray(cutout[..., :3]).convert("HSV")).astype(float)
    angle = hsv[..., 0] / 255 * 2 * np.pi
    weight = hsv[..., 1] * (cutout[..., 3] > 128)
    mean = np.angle((np.exp(1j * angle) * weight).sum())
    off = np.angle(np.exp(1j * (angle - mean))) * 0.25
    hsv[..., 0] = ((np.deg2rad(hue) + off) / (2 * np.pi) * 255) % 255
    rgb = Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB")
    return np.dstack([np.asarray(rgb), cutout[..., 3]])


def compose(parts: list[Part], ground: tuple[int, int, int]) -> np.ndarray:
    """Lay cutouts on a plain ground."""
    canvas = Image.new("RGB", (SIZE, SIZE), ground)
    for cutout, edge, spot in parts:
        layer = Image.fromarray(np.ascontiguousarray(cutout)).resize((edge, edge), Image.Resampling.LANCZOS)
        canvas.paste(layer, spot, layer)
    return np.asarray(canvas)


class Scenes:
    """Draws scenes. `index` walks through the things in turn, so that each gets its share."""

    def __init__(self, things: list[Thing], cutouts: np.ndarray, language: Language) -> None:
        self.things, self.cutouts, self.language = things, cutouts, language
        self.first = np.cumsum([0, *(len(thing.files) for thing in things)])
        self.people = [i for i, thing in enumerate(things) if any(note.split("|")[0] for note in thing.notes)]
        self.paintables = [i for i, at in enumerate(self.first[:-1]) if self._bare(i) and paintable(cutouts[at])]

    def _bare(self, i: int) -> str | None:
        """A name without a colour of its own ("apple", not "red apple"), or None: never painted."""
        if self.things[i].group not in range(3, 8):
            return None
        names = self.language.names.get(self.things[i].label, [self.things[i].label])
        return next((name for name in names if name.split()[0] not in self.language.backgrounds), None)

    def draw(self, kind: str, index: int, rng: random.Random) -> Scene:
        """Draw one scene of a kind, or raise AttributeError: there is no such kind."""
        colour = None
        if kind == "ground" or (kind != "single" and rng.random() < 0.3):
            colour = rng.choice(list(self.language.backgrounds))
        parts, caption = getattr(self, f"_{kind}")(index, rng)
        picture = compose(parts, self.language.backgrounds[colour or "white"])
        return Scene(picture, self.language.ground(caption, colour, rng), kind)

    def _one(self, index: int, rng: random.Random, told: float = 0.25) -> tuple[np.ndarray, str]:
        """One of a thing's cutouts, and its name: with the tone of the skin and the gender told, or not."""
        i = index % len(self.things)
        thing, which = self.things[i], rng.randrange(len(self.things[i].files))
        name = self.language.name(thing, rng)
        gender, tone = thing.notes[which].split("|")
        if tone and rng.random() < told:
            name = f"{gender} {name} with {tone} skin".strip()
        elif gender and rng.random() < told:
            name = f"{gender} {name}"
        return self.cutouts[self.first[i] + which], name

    def _single(self, index: int, rng: random.Random, told: float = 0.25) -> tuple[list[Part], str]:
        cutout, name = self._one(index, rng, told)
        form = rng.choice(self.language.forms["plain"])
        return [(cutout, LARGE, (10, 10))], self.language.say(form, name)

    _ground = _single

    def _person(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        """A person at work, who it is mostly told: many pictures share these names, and only words tell them apart."""
        return self._single(self.people[index % len(self.people)], rng, told=0.7)

    def _painted(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        i = self.paintables[index % len(self.paintables)]
        cutout, _ = self._one(i, rng)
        label, name = self.things[i].label, self._bare(i)
        free = [c for c in self.language.tints if (c, label) not in self.language.unseen_colours]
        colour = rng.choice(free)
        form = rng.choice(self.language.forms["plain"])
        return [(paint(cutout, self.language.tints[colour]), LARGE, (10, 10))], self.language.say(
            form, f"{colour} {name}"
        )

    def _two(self, index: int, rng: random.Random) -> tuple[tuple[np.ndarray, str], tuple[np.ndarray, str]]:
        one, other = index % len(self.things), rng.randrange(len(self.things))
        labels = frozenset((self.things[one].label, self.things[other].label))
        if len(labels) == 1 or labels in self.language.unseen_pairs:
            return self._two(index, rng)
        return self._one(one, rng), self._one(other, rng)

    def _beside(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        one, other = self._two(index, rng)
        form = rng.choice(self.language.forms["beside"])
        return [(one[0], HALF, SPOTS[2][0]), (other[0], HALF, SPOTS[2][1])], self.language.say(form, one[1], other[1])

    def _stacked(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        one, other = self._two(index, rng)
        form = rng.choice(self.language.forms["stacked"])
        parts = [(one[0], HALF, ASIDE["top"]), (other[0], HALF, ASIDE["bottom"])]
        return parts, self.language.say(form, one[1], other[1])

    def _count(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        cutout, name = self._one(index, rng)
        many = plural(name)
        if many is None:
            return self._count(rng.randrange(len(self.things)), rng)
        number = rng.choice(list(SPOTS))
        form = rng.choice(self.language.counts[number])
        return [(cutout, HALF, spot) for spot in SPOTS[number]], form.format(s=many)

    def _aside(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        cutout, name = self._one(index, rng)
        side = rng.choice(list(ASIDE))
        return [(cutout, HALF, ASIDE[side])], self.language.say(rng.choice(self.language.forms[side]), name)

    def _size(self, index: int, rng: random.Random) -> tuple[list[Part], str]:
        cutout, name = self._one(index, rng)
        size, edge = rng.choice([("small", SMALL), ("big", FULL)])
        spot = ((SIZE - edge) // 2,) * 2
        if article(name) == name:  # plurals take no "a small"
            return [(cutout, edge, spot)], f"{size} {name}"
        return [(cutout, edge, spot)], self.language.say(rng.choice(self.language.forms[size]), name)
