"""Gore and shock: the one embedded signal for it, so no vote."""

from __future__ import annotations

from collections.abc import Iterator

from safety.image.classifiers import Classifier
from safety.records import Finding, Model, Picture


class GoreCheck:
    """Reports the NSFL score of image-safety-classifier-s as violence."""

    name = "gore"
    live = False

    def __init__(self, safety: Classifier) -> None:
        self._safety = safety

    @property
    def models(self) -> tuple[Model, ...]:
        return (self._safety.weights,)

    def look(self, subject: Picture) -> Iterator[Finding]:
        """One finding, whatever the score. Raises WeightsError, ValueError."""
        score = self._safety.scores(subject.image)["NSFL"]
        yield Finding(self.name, "violence", score, f"{self._safety.name} {score:.2f}")
