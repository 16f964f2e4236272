"""Nudity and sexual content: three classifiers vote.

Their errors are fairly independent (docs/decisions/0003-picture-thresholds.md), so the middle score
errs far less than any one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from PIL import Image

from safety.image.attribution import attribute
from safety.image.classifiers import Classifier, digest_of
from safety.records import Finding, Model, Picture

# Which labels of a model count as sexual. nsfwjs' "sexy" fires on one ordinary photograph of people in ten.
SEXUAL = {"open_nsfw": ("NSFW",), "nsfwjs": ("porn", "hentai"), "image-safety-classifier-s": ("NSFW",)}
ASK_WHERE = 0.35  # from this score on the region is worth the second it takes to find


class NsfwEnsemble:
    """Three sexual-content scores of one picture. The last ones are kept, under a digest of the picture."""

    def __init__(self, *classifiers: Classifier) -> None:
        self._classifiers = {classifier.name: classifier for classifier in classifiers}
        self._last: tuple[bytes, Mapping[str, float]] = (b"", {})

    def of(self, image: Image.Image) -> Mapping[str, float]:
        """Score by name of the model, 0..1. Raises WeightsError, ValueError."""
        digest = digest_of(image)
        seen, votes = self._last  # one read: another thread may replace it
        if seen != digest:
            votes = {name: sexual(name, each.scores(image, digest)) for name, each in self._classifiers.items()}
            self._last = digest, votes
        return votes

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(classifier.weights for classifier in self._classifiers.values())

    def one(self, name: str, image: Image.Image) -> float:
        """One model's score of a picture that nobody asks about again."""
        return sexual(name, self._classifiers[name].once(image))


def sexual(name: str, scores: Mapping[str, float]) -> float:
    """What the labels add up to. Rounding can take the sum a hair above 1."""
    return min(1.0, sum(scores[label] for label in SEXUAL[name]))


class NudityCheck:
    """Reports the lowest, middle and highest of three scores. One that cannot look means none has looked."""

    name = "nudity"
    live = False

    def __init__(self, votes: NsfwEnsemble) -> None:
        self._votes = votes

    @property
    def models(self) -> tuple[Model, ...]:
        return self._votes.models

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Four findings, whatever the scores. Raises WeightsError, ValueError."""
        votes = self._votes.of(subject.image)
        lowest, middle, highest = sorted(votes.values())
        evidence = ", ".join(f"{model} {score:.2f}" for model, score in votes.items())
        loudest = max(votes, key=lambda model: votes[model])
        regions = attribute(subject.image, highest, partial(self._votes.one, loudest)) if highest >= ASK_WHERE else ()
        for category, subcategory, score in (
            ("sexual", "all", lowest),
            ("sexual", "median", middle),
            ("nudity", "median", middle),
            ("nudity", "any", highest),
        ):
            yield Finding(self.name, category, score, evidence, subcategory, regions=regions)
