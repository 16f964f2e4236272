"""Hard line 1.1 in pictures: a minor, stated or apparent, in a sexual or nude picture.

Nobody may appeal it, so it needs strong evidence: words about a minor, or a photograph in which two models see sexual
content and a face looks a child's with margin. Where less speaks for it, the picture is sexual content with a young
face: refused in every mode, and open to appeal. Tested with drawings, adults' faces and made-up scores only. It does
not recognise abuse (docs/decisions/0017-pictures-and-people.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from safety.image.config import ChildSafetyConfig
from safety.image.faces import Face, FaceAnalyzer
from safety.image.nsfw import NsfwEnsemble
from safety.records import Finding, Model, Picture

YOUNG_FACE = "young_face"  # of sexual content


class PhotoScore(Protocol):
    """Scores how photographic an RGB picture looks, 0..1: `PhotoClassifier`, or a fake of the tests."""

    def score(self, image: Image.Image, /) -> float: ...


@dataclass(frozen=True)
class AgeEvidence:
    """Holds what can tell of a child in a picture.

    `mentions_minor` says whether a prompt speaks of a minor. `child_face_scores` are other models' scores, 0..1, for a
    child's face in an RGB picture.
    """

    mentions_minor: Callable[[str], bool]
    faces: FaceAnalyzer
    photo: PhotoScore
    child_face_scores: Sequence[Callable[[Image.Image], float]] = ()


class PictureChildSafetyCheck:
    """Reports sexual content where a minor is stated or apparent, as the evidence carries it; nothing otherwise."""

    name = "minors"
    live = False

    def __init__(self, config: ChildSafetyConfig, ensemble: NsfwEnsemble, evidence: AgeEvidence) -> None:
        self._config, self._ensemble, self._evidence = config, ensemble, evidence

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and hash of the weights that give the sexual-content scores."""
        return self._ensemble.models

    def load(self) -> None:
        """Loads the weights that most pictures never need. Raises WeightsError."""
        self._evidence.faces.load()
        self._evidence.photo.score(Image.new("RGB", (8, 8)))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields at most one finding, without evidence or regions, which would help to get round the check."""
        *_, second, highest = sorted(self._ensemble.scores(subject.image).values())
        if self._stated(subject, highest):
            yield Finding(self.name, "child_safety", highest)
            return
        if highest < self._config.sexual_shown:
            return
        child, young = self._shown(subject.image)
        if child and second >= self._config.sexual_shown:
            yield Finding(self.name, "child_safety", highest)
        elif child or young:
            yield Finding(self.name, "sexual", highest if child else second, subcategory=YOUNG_FACE)

    def _stated(self, subject: Picture, highest: float) -> bool:
        """Returns whether the prompt speaks of a minor and the picture, drawn or not, looks sexual to one model."""
        if highest < self._config.sexual or not self._evidence.mentions_minor(subject.prompt):
            return False
        return highest >= self._config.sexual_without_face or bool(self._faces(subject.image))

    def _shown(self, image: Image.Image) -> tuple[bool, bool]:
        """Returns whether a face is a child's with margin, and whether one may be a minor's; only in photographs.

        Of small faces, whose ages are off by more, only a child's may be a minor's, and none is one with margin.
        """
        looks_child = any(score(image) >= self._config.child_face for score in self._evidence.child_face_scores)
        if self._evidence.photo.score(image) < self._config.photographic:
            # Models of pictures and words know drawings, too, but not well enough for an accusation.
            return False, looks_child
        faces = [(face, self._evidence.faces.apparent_age(image, face)) for face in self._faces(image)]
        youngest = min((age for _, age in faces), default=math.inf)
        clear = min((age for face, age in faces if face.side >= self._config.face_side), default=math.inf)
        young = clear < self._config.young_age or youngest < self._config.child_age
        return looks_child or clear < self._config.child_age, young

    def _faces(self, image: Image.Image) -> list[Face]:
        return self._evidence.faces.detect(image, self._config.face)
