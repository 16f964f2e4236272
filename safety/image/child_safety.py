"""Hard line 1.1 in pictures: a minor, stated or apparent, in a sexual or nude picture.

Tested with drawings, adults' faces and made-up scores only. It does not recognise abuse; it is a tripwire, set to
the side of caution (docs/decisions/0013-picture-checks.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PIL import Image

from safety.image.config import ChildSafetyConfig
from safety.image.faces import Faces
from safety.image.nsfw import NsfwEnsemble
from safety.records import Finding, Model, Picture

Stated = Callable[[str], bool]  # whether a prompt speaks of a minor
Young = Callable[[Image.Image], float]  # another model's score for a child's face, 0..1


class PictureChildSafetyCheck:
    """Reports the highest sexual-content score where a minor is stated or apparent; else nothing, not even a zero."""

    name = "minors"
    live = False

    def __init__(
        self, card: ChildSafetyConfig, votes: NsfwEnsemble, stated: Stated, faces: Faces, young: Sequence[Young] = ()
    ) -> None:
        self._card, self._votes, self._stated = card, votes, stated
        self._faces, self._young = faces, young

    @property
    def models(self) -> tuple[Model, ...]:
        return self._votes.models

    def load(self) -> None:
        """Reads the weights that most pictures never need. Raises WeightsError."""
        self._faces.load()

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """At most one finding, without evidence or region: how the line was found is nobody's business."""
        sexual = max(self._votes.of(subject.image).values())
        if sexual < self._card.sexual:
            return
        stated = self._stated(subject.prompt)
        if (stated and sexual >= self._card.sexual_without_face) or self._apparent(subject.image, stated):
            yield Finding(self.name, "child_safety", sexual)

    def _apparent(self, image: Image.Image, stated: bool) -> bool:
        if any(young(image) >= 0.5 for young in self._young):
            return True
        faces = self._faces.find(image, self._card.face)
        return bool(faces) and (stated or any(self._faces.age(image, face) < self._card.apparent_age for face in faces))
