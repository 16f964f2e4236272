"""Nudity and sexual content, judged by three classifiers together, and gore, judged by one.

The errors of the three are fairly independent (docs/decisions/0003-picture-thresholds.md), so their middle score errs
far less than any one of them. For gore there is only one embedded classifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from PIL import Image

from safety.image.attribution import regions_of
from safety.image.classifiers import Classifier, picture_digest
from safety.image.config import RegionCheckConfig
from safety.records import Finding, Model, Picture

# Which labels of each model count as sexual content.
SEXUAL_LABELS = {"open_nsfw": ("NSFW",), "nsfwjs": ("porn", "hentai"), "image-safety-classifier-s": ("NSFW",)}
GORE_LABEL = "NSFL"  # of image-safety-classifier-s
# A picture without shapes: scaled to this side, no pixel differs from its neighbour by more than this share of what
# lies between the picture's darkest and brightest, which counts as LEAST_RANGE, of 255, at least.
SHAPE_SIDE, SHAPE_STEP, LEAST_RANGE = 64, 0.05, 24


class NsfwEnsemble:
    """Scores the sexual content of a picture by three classifiers.

    The last scores are kept under a digest of the picture, since two checks ask for them.
    """

    def __init__(self, *classifiers: Classifier) -> None:
        self._classifiers = {classifier.name: classifier for classifier in classifiers}
        self._last: tuple[bytes, Mapping[str, float]] = (b"", {})

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and hash of each model's weights."""
        return tuple(classifier.model for classifier in self._classifiers.values())

    def scores(self, image: Image.Image) -> Mapping[str, float]:
        """Returns each model's score, 0..1, of an RGB picture, by the model's name. Raises WeightsError, ValueError."""
        digest = picture_digest(image)
        # Read at once: another thread may replace the pair.
        last_digest, scores = self._last
        if last_digest != digest:
            scores = {
                name: sexual_score(name, classifier.scores(image, digest))
                for name, classifier in self._classifiers.items()
            }
            if not has_shapes(image):
                # What has no shape shows nobody, and open_nsfw takes a gradient for skin.
                scores = dict.fromkeys(scores, 0.0)
            self._last = digest, scores
        return scores

    def score_uncached(self, model: str, image: Image.Image) -> float:
        """Returns the score, 0..1, of the model of that name, and leaves the kept scores alone.

        For copies with a covered cell, of which each is scored once.
        """
        return sexual_score(model, self._classifiers[model].scores_uncached(image))


def has_shapes(image: Image.Image) -> bool:
    """Tells whether an RGB picture shows any shape, and not a colour or a gradient alone."""
    pixels = np.asarray(image.resize((SHAPE_SIDE, SHAPE_SIDE), Image.Resampling.BOX), dtype=np.int16)
    steps = np.maximum(*(np.abs(np.diff(pixels, axis=axis)).max((0, 1)) for axis in (0, 1)))
    # A faint picture is one all the same: each colour is measured by its own range.
    spread = np.maximum(pixels.max((0, 1)) - pixels.min((0, 1)), LEAST_RANGE)
    return bool((steps > SHAPE_STEP * spread).any())


def sexual_score(model: str, scores: Mapping[str, float]) -> float:
    """Returns the sum, at most 1, of a model's probabilities for its sexual labels."""
    # Rounding can take the sum a hair above 1.
    return min(1.0, sum(scores[label] for label in SEXUAL_LABELS[model]))


class NudityCheck:
    """Reports the lowest, middle and highest of three scores. If one model cannot run, the whole check fails."""

    name = "nudity"
    live = False

    def __init__(self, config: RegionCheckConfig, ensemble: NsfwEnsemble) -> None:
        self._config, self._ensemble = config, ensemble

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and hash of each model's weights."""
        return self._ensemble.models

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields four findings, whatever the scores. Raises WeightsError, ValueError."""
        scores = self._ensemble.scores(subject.image)
        lowest, middle, highest = sorted(scores.values())
        evidence = ", ".join(f"{model} {score:.2f}" for model, score in scores.items())
        # Where the surest model sees it: 16 runs of one model instead of three.
        score_of = partial(self._ensemble.score_uncached, max(scores, key=lambda model: scores[model]))
        regions = regions_of(subject, highest, self._config.regions_from, score_of)
        for category, subcategory, score in (
            ("sexual", "all", lowest),
            ("sexual", "median", middle),
            ("nudity", "median", middle),
            ("nudity", "any", highest),
        ):
            yield Finding(self.name, category, score, evidence, subcategory, regions=regions)


class GoreCheck:
    """Reports the gore score of image-safety-classifier-s as violence."""

    name = "gore"
    live = False

    def __init__(self, config: RegionCheckConfig, classifier: Classifier) -> None:
        self._config, self._classifier = config, classifier

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and hash of the model's weights."""
        return (self._classifier.model,)

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields one finding, whatever the score. Raises WeightsError, ValueError."""
        score = self._classifier.scores(subject.image)[GORE_LABEL]
        regions = regions_of(subject, score, self._config.regions_from, self._score_of)
        yield Finding(self.name, "violence", score, f"{self._classifier.name} {score:.2f}", regions=regions)

    def _score_of(self, image: Image.Image) -> float:
        return self._classifier.scores_uncached(image)[GORE_LABEL]
