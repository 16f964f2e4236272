"""Gore and shock: the one embedded signal for it, so no vote."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from safety.image.attribution import attribute
from safety.image.classifiers import Classifier
from safety.image.nsfw import ASK_WHERE
from safety.records import Finding, Model, Picture

LABEL = "NSFL"


class GoreCheck:
    """Reports the NSFL score of image-safety-classifier-s as violence."""

    name = "gore"
    live = False

    def __init__(self, safety: Classifier) -> None:
        self._safety = safety

    @property
    def models(self) -> tuple[Model, ...]:
        return (self._safety.weights,)

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """One finding, whatever the score. Raises WeightsError, ValueError."""
        score = self._safety.scores(subject.image)[LABEL]
        regions = attribute(subject.image, score, self._once) if score >= ASK_WHERE else ()
        yield Finding(self.name, "violence", score, f"{self._safety.name} {score:.2f}", regions=regions)

    def _once(self, image: Image.Image) -> float:
        return self._safety.once(image)[LABEL]
