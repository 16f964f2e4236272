"""Nudity and sexual content: three classifiers vote.

Their errors are fairly independent (docs/decisions/0003-picture-thresholds.md), so the middle score
errs far less than any one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from safety.image.classifiers import Classifier
from safety.records import Finding, Model, Picture


class NudityCheck:
    """Reports the lowest, middle and highest of three scores. One that cannot look means none has looked."""

    name = "nudity"
    live = False

    def __init__(self, open_nsfw: Classifier, nsfwjs: Classifier, safety: Classifier) -> None:
        self._open_nsfw = open_nsfw
        self._nsfwjs = nsfwjs
        self._safety = safety

    @property
    def models(self) -> tuple[Model, ...]:
        return self._open_nsfw.weights, self._nsfwjs.weights, self._safety.weights

    def look(self, subject: Picture) -> Iterator[Finding]:
        """Four findings, whatever the scores. Raises WeightsError, ValueError."""
        drawn = self._nsfwjs.scores(subject.image)
        votes = {
            self._open_nsfw.name: self._open_nsfw.scores(subject.image)["NSFW"],
            # Two classes of one softmax; rounding can take their sum a hair above 1.
            self._nsfwjs.name: min(1.0, drawn["porn"] + drawn["hentai"]),
            self._safety.name: self._safety.scores(subject.image)["NSFW"],
        }
        lowest, middle, highest = sorted(votes.values())
        evidence = ", ".join(f"{model} {score:.2f}" for model, score in votes.items())
        for category, aspect, score in (
            ("sexual", "all", lowest),
            ("sexual", "median", middle),
            ("nudity", "median", middle),
            ("nudity", "any", highest),
        ):
            yield Finding(self.name, category, score, evidence, aspect)
