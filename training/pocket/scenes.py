"""Scenes with captions, composed on the fly: one thing, a painted one, two, several, in places, at times, in styles.

A specification says what is in the picture; what it leaves open the seed decides (composer.py). Each picture has
several captions, which say now more of it and now less (captions.py).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from training.pocket.captions import Captions
from training.pocket.composer import RELATIONS, SIDES, Composer, Part, Spec
from training.pocket.grounds import PLACES, TIMES, WEATHERS
from training.pocket.objects import SIZE, Thing
from training.pocket.painting import paint as paint
from training.pocket.painting import paintable
from training.pocket.styles import STYLES
from training.pocket.words import Language

KINDS = ("single", "ground", "person", "painted", "pair", "relation", "count", "aside", "size", "scene", "style")
LARGE, HALF = 108, 60  # edge of an object that is compared with others, pixels
SPOTS = {2: ((4, 34), (64, 34))}
TIME_SHARES, WEATHER_SHARES = (50, 25, 25), (76, 8, 8, 8)
STYLED = STYLES[1:]

Laid = tuple[np.ndarray, int, tuple[int, int]]  # an RGBA cutout, its edge and its (x, y)


@dataclass(frozen=True, slots=True)
class Scene:
    """A uint8 RGB picture of shape (128, 128, 3), a caption, its kind, and all captions of it.

    `says` is what its specification says, the same for scenes that differ only in what was left open; `others` are
    pictures of the same shape in which that was drawn anew.
    """

    picture: np.ndarray
    caption: str
    kind: str
    captions: tuple[str, ...] = ()
    says: str = ""
    others: tuple[np.ndarray, ...] = ()


def compose(parts: Sequence[Laid], ground: tuple[int, int, int]) -> np.ndarray:
    """Lay cutouts on a plain ground, as the evaluators do."""
    canvas = Image.new("RGB", (SIZE, SIZE), ground)
    for cutout, edge, spot in parts:
        layer = Image.fromarray(np.ascontiguousarray(cutout)).resize((edge, edge), Image.Resampling.LANCZOS)
        canvas.paste(layer, spot, layer)
    return np.asarray(canvas)


class Scenes:
    """Draws scenes. `index` walks through the things in turn, so that each gets its share."""

    def __init__(self, things: list[Thing], cutouts: np.ndarray, language: Language) -> None:
        self.things, self.language = things, language
        self.composer = Composer(things, cutouts)
        self.captions = Captions(language, {thing.label: thing for thing in things})
        self.people = [i for i, thing in enumerate(things) if any(note.split("|")[0] for note in thing.notes)]
        first = np.cumsum([0, *(len(thing.files) for thing in things)])
        self.paintables = [
            i for i, at in enumerate(first[:-1]) if self.captions.bare(things[i].label) and paintable(cutouts[at])
        ]
        indoors = [thing.label for thing in things if thing.label in language.indoors]
        self.indoors = set(indoors)

    def depictions(self, label: str) -> list[np.ndarray]:
        """All pictures of a thing, uint8 RGBA; raise KeyError: there is no such thing."""
        return self.composer.depictions(label)

    def draw(self, kind: str, index: int, rng: random.Random, captions: int = 1, others: int = 0) -> Scene:
        """Draw one scene of a kind with so many captions, or raise AttributeError: there is no such kind.

        `others`: how many more pictures of what it says, each with another draw of what that leaves open.
        """
        spec = self.spec(kind, index, rng)
        said = tuple(dict.fromkeys(self.captions.say(spec, rng) for _ in range(captions)))
        seed = rng.getrandbits(32)
        more = tuple(self.composer.draw(self._anew(spec, again), again) for again in range(seed + 1, seed + 1 + others))
        return Scene(self.composer.draw(spec, seed), said[0], kind, said, self._says(spec), more)

    def _says(self, spec: Spec) -> str:
        """What a specification says, and which gender and skin tone it shows, without the choice of a depiction."""
        notes = [self._notes(part)[part.which or 0] for part in spec.parts]
        return repr((notes, replace(spec, parts=tuple(replace(part, which=None) for part in spec.parts))))

    def _anew(self, spec: Spec, seed: int) -> Spec:
        """The same specification with other depictions, of people of the same gender and skin tone."""
        dice, parts = np.random.default_rng(seed), []
        for part in spec.parts:
            which, notes = self.composer.choose(part.label, dice, spec.style), self._notes(part)
            parts.append(replace(part, which=which) if notes[which] == notes[part.which or 0] else part)
        return replace(spec, parts=tuple(parts))

    def _notes(self, part: Part) -> tuple[str, ...]:
        return tuple(self.composer.things[part.label].notes)

    def spec(self, kind: str, index: int, rng: random.Random) -> Spec:
        """What a scene of this kind shows."""
        spec: Spec = getattr(self, f"_{kind}")(index, rng)
        return spec

    def _part(self, index: int, rng: random.Random, style: str = "") -> Part:
        label = self.things[index % len(self.things)].label
        return Part(label, self.composer.choose(label, np.random.default_rng(rng.getrandbits(32)), style))

    def _single(self, index: int, rng: random.Random) -> Spec:
        return Spec((self._part(index, rng),))

    def _ground(self, index: int, rng: random.Random) -> Spec:
        return Spec((self._part(index, rng),), ground=rng.choice(list(self.language.backgrounds)))

    def _person(self, index: int, rng: random.Random) -> Spec:
        """Somebody at work; most captions say who: many pictures share these names, only words tell them apart."""
        return self._single(self.people[index % len(self.people)], rng)

    def _painted(self, index: int, rng: random.Random) -> Spec:
        part = self._part(self.paintables[index % len(self.paintables)], rng)
        free = [c for c in self.language.tints if (c, part.label) not in self.language.unseen_colours]
        return self._somewhere(Spec((replace(part, colour=rng.choice(free)),)), rng, 0.2)

    def _two(self, index: int, rng: random.Random) -> tuple[Part, Part]:
        one, other = self._part(index, rng), self._part(rng.randrange(len(self.things)), rng)
        labels = frozenset((one.label, other.label))
        if len(labels) == 1 or labels in self.language.unseen_pairs:
            return self._two(index, rng)
        return one, other

    def _pair(self, index: int, rng: random.Random) -> Spec:
        one, other = self._two(index, rng)
        return self._somewhere(Spec((one, other), relation="next to"), rng, 0.25)

    def _relation(self, index: int, rng: random.Random) -> Spec:
        return self._somewhere(Spec(self._two(index, rng), relation=rng.choice(RELATIONS[1:])), rng, 0.35)

    def _count(self, index: int, rng: random.Random) -> Spec:
        part = self._part(index, rng)
        if self.captions.many(part.label) is None:
            return self._count(rng.randrange(len(self.things)), rng)
        return self._somewhere(Spec((part,) * rng.choice((2, 2, 3, 3, 4))), rng, 0.3)

    def _aside(self, index: int, rng: random.Random) -> Spec:
        return self._somewhere(Spec((replace(self._part(index, rng), spot=rng.choice(SIDES)),)), rng, 0.25)

    def _size(self, index: int, rng: random.Random) -> Spec:
        return self._somewhere(Spec((replace(self._part(index, rng), size=rng.choice(("small", "big"))),)), rng, 0.25)

    def _scene(self, index: int, rng: random.Random) -> Spec:
        """A thing out of doors or in a room, sometimes two; now and then all in a style."""
        two = rng.random() < 0.12
        parts = self._two(index, rng) if two else (self._part(index, rng),)
        return self._somewhere(Spec(parts, relation="next to" if two else ""), rng, 1.0)

    def _style(self, index: int, rng: random.Random) -> Spec:
        style = rng.choice(STYLED)
        spec = Spec((self._part(index, rng, style),), style=style)
        if rng.random() < 0.15:
            spec = replace(spec, parts=self._two(index, rng), relation="next to")
        return self._somewhere(spec, rng, 0.45)

    def _somewhere(self, spec: Spec, rng: random.Random, share: float) -> Spec:
        """Put a share of specifications into a place at a time of day; a thing never where it is held out."""
        if rng.random() >= share:
            return spec
        place, time = rng.choice(PLACES), rng.choices(TIMES, TIME_SHARES)[0]
        if any(part.label in self.indoors for part in spec.parts) and rng.random() < 0.5:
            place = "room"
        if any((part.label, place, time) in self.language.unseen_scenes for part in spec.parts):
            return self._somewhere(spec, rng, 1.0)
        weather = "clear" if place == "room" else rng.choices(WEATHERS, WEATHER_SHARES)[0]
        return replace(spec, place=place, time=time, weather=weather)
