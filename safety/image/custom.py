"""Classifiers of an operator's own choice: each label's probability counts as the category that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PIL import Image

from safety.image.attribution import regions_of
from safety.image.config import ClassifierConfig
from safety.image.torch_models import TorchClassifier
from safety.records import Finding, Picture


class CustomClassifierCheck:
    """Reports a score for each category that the settings of the classifier name."""

    live = False

    def __init__(self, name: str, config: ClassifierConfig, classifier: TorchClassifier) -> None:
        self.name = name
        self._config, self._classifier = config, classifier

    def load(self) -> None:
        """Loads the model. Raises WeightsError."""
        self._scores(Image.new("RGB", (8, 8)))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields one finding a category. Raises WeightsError, and ValueError for a label that the model has not."""
        for category, score in self._scores(subject.image).items():
            score_of = partial(self._score_of, category)
            regions = regions_of(subject, score, self._config.regions_from, score_of)
            yield Finding(self.name, category, score, f"{self.name} {score:.2f}", regions=regions)

    def _scores(self, image: Image.Image) -> dict[str, float]:
        """Returns a score, 0..1, for each category: the sum of the probabilities of its labels."""
        probabilities = self._classifier.scores(image)
        labels = {label for names in self._config.scores.values() for label in names}
        if unknown := labels - set(probabilities):
            known = ", ".join(probabilities)
            raise ValueError(f"the model has no label {sorted(unknown)[0]!r}, only {known}")
        return {
            category: min(1.0, sum(probabilities[label] for label in names))
            for category, names in self._config.scores.items()
        }

    def _score_of(self, category: str, image: Image.Image) -> float:
        return self._scores(image)[category]
