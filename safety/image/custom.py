"""Classifiers of the person's own choice, by card: each label's probability goes where the card says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol

from PIL import Image

from safety.image.attribution import attribute
from safety.image.config import ClassifierConfig
from safety.image.nsfw import ASK_WHERE
from safety.records import Finding, Picture


class Scores(Protocol):
    """A probability by label of an RGB picture."""

    def scores(self, image: Image.Image, /) -> Mapping[str, float]: ...


class CustomClassifierCheck:
    """Reports a score for each category of the card."""

    live = False

    def __init__(self, name: str, card: ClassifierConfig, classifier: Scores) -> None:
        self.name = name
        self._card, self._classifier = card, classifier

    def load(self) -> None:
        """Loads the model. Raises WeightsError."""
        self._scores(Image.new("RGB", (8, 8)))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """One finding a category. Raises WeightsError, also where a label of the card is none of the model's."""
        for category, score in self._scores(subject.image).items():
            again = partial(self._again, category)
            regions = attribute(subject.image, score, again) if score >= ASK_WHERE else ()
            yield Finding(self.name, category, score, f"{self.name} {score:.2f}", regions=regions)

    def _scores(self, image: Image.Image) -> dict[str, float]:
        seen = self._classifier.scores(image)
        if unknown := {label for labels in self._card.scores.values() for label in labels} - set(seen):
            known = ", ".join(seen)
            raise ValueError(f"the model has no label {sorted(unknown)[0]!r}, only {known}")
        return {name: min(1.0, sum(seen[label] for label in labels)) for name, labels in self._card.scores.items()}

    def _again(self, category: str, image: Image.Image) -> float:
        return self._scores(image)[category]
