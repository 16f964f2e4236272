"""Hard line 1.1 in pictures: a minor, stated or apparent, in a sexual or nude picture.

Tested with drawings, adults' faces and made-up scores only. It does not recognise abuse; it errs on the side of
caution (docs/decisions/0013-picture-checks.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PIL import Image

from safety.image.config import ChildSafetyConfig
from safety.image.faces import FaceAnalyzer
from safety.image.nsfw import NsfwEnsemble
from safety.records import Finding, Model, Picture


class PictureChildSafetyCheck:
    """Reports the highest sexual-content score where a minor is stated or apparent, and nothing otherwise.

    `mentions_minor` says whether a prompt speaks of a minor. `child_face_scores` are other models' scores, 0..1, for a
    child's face in an RGB picture.
    """

    name = "minors"
    live = False

    def __init__(
        self,
        config: ChildSafetyConfig,
        ensemble: NsfwEnsemble,
        mentions_minor: Callable[[str], bool],
        faces: FaceAnalyzer,
        child_face_scores: Sequence[Callable[[Image.Image], float]] = (),
    ) -> None:
        self._config, self._ensemble, self._mentions_minor = config, ensemble, mentions_minor
        self._faces, self._child_face_scores = faces, child_face_scores

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and hash of the weights that give the sexual-content scores."""
        return self._ensemble.models

    def load(self) -> None:
        """Loads the weights that most pictures never need. Raises WeightsError."""
        self._faces.load()

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields at most one finding, without evidence or regions, which would help to get round the check."""
        sexual = max(self._ensemble.scores(subject.image).values())
        if sexual < self._config.sexual:
            return
        stated = self._mentions_minor(subject.prompt)
        if (stated and sexual >= self._config.sexual_without_face) or self._shows_minor(subject.image, stated):
            yield Finding(self.name, "child_safety", sexual)

    def _shows_minor(self, image: Image.Image, stated: bool) -> bool:
        """Returns whether a face may be a minor's: any face where the prompt states one, else one that looks young."""
        if any(score(image) >= self._config.child_face for score in self._child_face_scores):
            return True
        faces = self._faces.detect(image, self._config.face)
        return bool(faces) and (
            stated or any(self._faces.apparent_age(image, face) < self._config.apparent_age for face in faces)
        )
