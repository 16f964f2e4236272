"""What the eye for places, times and styles learns from, and how well it sees: composed pictures of fresh seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.pocket.attributes import Classifier, Features, looks
from training.pocket.composer import Composer, Part, Spec
from training.pocket.grounds import PLACES, TIMES
from training.pocket.styles import STYLES

FRESH = 10**9  # seeds from here on are in no training data
MANY = {"scene": 30, "style": 80}  # pictures of each place at each time; of each style
NAMED_STYLES = tuple(style for style in STYLES if style != "plain")  # what no word names is no answer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Composes pictures of things in turn, and trains one classifier for each attribute."""

    composer: Composer
    labels: Sequence[str]
    features: Features

    def real(self, specs: Sequence[Spec], first: int) -> np.ndarray:
        """Compose each specification once: uint8 of shape (specs, 128, 128, 3). Seeds count up from FRESH + first."""
        return np.stack([self.composer.draw(spec, FRESH + first + place) for place, spec in enumerate(specs)])

    def eyes(self, kind: str) -> dict[str, Classifier]:
        """Classifiers of "place" and "time" (kind "scene"), or of "style"."""
        specs = list(self._specs(kind))
        seen = looks(self.real(specs, 0), self.features)
        attributes = ("place", "time") if kind == "scene" else ("style",)
        return {name: Classifier.train(seen, [getattr(spec, name) for spec in specs]) for name in attributes}

    def _specs(self, kind: str) -> Iterator[Spec]:
        """Every place at every time, or every style, with one thing after the other."""
        plain = Spec(parts=(), weather="clear")
        scenes = [replace(plain, place=place, time=time) for place in PLACES for time in TIMES]
        variants = scenes if kind == "scene" else [replace(plain, style=style) for style in NAMED_STYLES]
        for number in range(MANY[kind] * len(variants)):
            label = self.labels[number * 7 % len(self.labels)]
            yield replace(variants[number % len(variants)], parts=(Part(label),))
