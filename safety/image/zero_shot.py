"""Zero-shot classification: phrases put to a model of pictures and words (Radford et al., ICML 2021: CLIP).

Such a model says what a picture is nearer to, not how sure one may be. So a head counts only once it is calibrated on
harmless pictures (benchmarks/image/calibrate_zero_shot.py): a score of 0.5 is then what hardly any of them reaches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import numpy as np
from PIL import Image
from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.image.attribution import regions_of
from safety.image.config import ZeroShotConfig, ZeroShotHead
from safety.records import Finding, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "picture_heads_calibration.toml"
CHILD_HEAD = "child"  # the head that PictureChildSafetyCheck asks
LOGIT_SCALE = 100.0  # cosines to logits, as CLIP was trained
MAX_LOGIT = 30.0  # beyond it a score is 0 or 1


class PictureTextEncoder(Protocol):
    """Embeds texts, (texts, width), and an RGB picture, (width,), as unit vectors in one space.

    `ClipModel`, or a fake of the tests.
    """

    def embed_texts(self, texts: Sequence[str], /) -> NDArray[np.float32]: ...
    def embed_picture(self, image: Image.Image, /) -> NDArray[np.float32]: ...


class HeadCalibration(ConfigModel):
    """Maps a head's margin in logits to a score: `at` is where it is 0.5, `width` how far on it is 0.73."""

    at: float
    width: Annotated[float, Field(gt=0)]


class Calibration(ConfigModel):
    """Holds what benchmarks/image/calibrate_zero_shot.py writes. `digest` is `calibration_digest`."""

    digest: str
    pictures: Annotated[int, Field(ge=1)]
    heads: dict[str, HeadCalibration] = Field(alias="head")


def calibration_digest(config: ZeroShotConfig, heads: Mapping[str, ZeroShotHead]) -> str:
    """Returns the SHA-256, as hex, that names one model with one set of phrases, in any order of the heads."""
    phrases = sorted((name, head.positive, head.negative) for name, head in heads.items())
    model = (config.model, config.folder, config.repository, config.revision, config.file)
    return hashlib.sha256(repr((model, phrases)).encode()).hexdigest()


def read_calibration(
    presets: Path, config: ZeroShotConfig, heads: Mapping[str, ZeroShotHead]
) -> Mapping[str, HeadCalibration]:
    """Returns the calibration of these heads on this model; empty if there is none. Raises PresetError."""
    path = presets / FILE
    if not path.exists():
        return {}
    calibration = parse(Calibration, read_toml(path), path)
    fits = calibration.digest == calibration_digest(config, heads) and set(heads) <= set(calibration.heads)
    return calibration.heads if fits else {}


class ZeroShotClassifier:
    """Compares pictures with the phrases of all heads, which are embedded once."""

    def __init__(self, heads: Mapping[str, ZeroShotHead], encoder: PictureTextEncoder) -> None:
        self._heads, self._encoder = heads, encoder
        self._phrases: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def margin(self, head: str, vector: NDArray[np.float32]) -> float:
        """Returns by how many logits a picture's vector, (width,), is nearer to the positive than to the negative."""
        positive, negative = self._embedded(head)
        return LOGIT_SCALE * float((positive @ vector).max() - (negative @ vector).max())

    def nearest_phrase(self, head: str, vector: NDArray[np.float32]) -> str:
        """Returns the positive phrase that a picture's vector, (width,), is nearest to."""
        positive, _ = self._embedded(head)
        return self._heads[head].positive[int((positive @ vector).argmax())]

    def _embedded(self, head: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns the vectors of the positive and of the negative phrases, (phrases, width) each."""
        if head not in self._phrases:
            config = self._heads[head]
            self._phrases[head] = (
                self._encoder.embed_texts(config.positive),
                self._encoder.embed_texts(config.negative),
            )
        return self._phrases[head]


class ZeroShotCheck:
    """Reports the calibrated score of every head that has a category.

    `names_public_figure` says whether a prompt names one; some heads are asked only then.
    """

    name = "heads"
    live = False

    def __init__(
        self,
        config: ZeroShotConfig,
        heads: Mapping[str, ZeroShotHead],
        encoder: PictureTextEncoder,
        calibration: Mapping[str, HeadCalibration],
        names_public_figure: Callable[[str], bool],
    ) -> None:
        self._config, self._heads, self._encoder = config, heads, encoder
        self._calibration, self._names_public_figure = calibration, names_public_figure
        self._classifier = ZeroShotClassifier(heads, encoder)

    def load(self) -> None:
        """Loads the model. Raises WeightsError."""
        self._encoder.embed_picture(Image.new("RGB", (8, 8)))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields a finding for each head that is asked. Raises WeightsError."""
        vector = self._encoder.embed_picture(subject.image)
        for name, head in self._heads.items():
            if not head.category or (head.when == "public figure" and not self._names_public_figure(subject.prompt)):
                continue
            score = self.score(name, vector)
            evidence = f"{name}: looks like {self._classifier.nearest_phrase(name, vector)!r}"
            score_of = partial(self._score_of, name)
            regions = regions_of(subject, score, self._config.regions_from, score_of)
            yield Finding(self.name, head.category, score, evidence, head.subcategory, regions=regions)

    def score(self, head: str, vector: NDArray[np.float32]) -> float:
        """Returns a score, 0..1, of a picture's vector; 0.5 at the margin that hardly any harmless picture reached."""
        calibration = self._calibration[head]
        margin = self._classifier.margin(head, vector)
        logit = np.clip((margin - calibration.at) / calibration.width, -MAX_LOGIT, MAX_LOGIT)
        return float(1.0 / (1.0 + np.exp(-logit)))

    def child_face_score(self, image: Image.Image) -> float:
        """Returns the score, 0..1, for a child's face in an RGB picture. Raises WeightsError."""
        return self._score_of(CHILD_HEAD, image)

    def _score_of(self, head: str, image: Image.Image) -> float:
        return self.score(head, self._encoder.embed_picture(image))


class AgreementCheck:
    """Reports the share of captions of other pictures that fit a picture better than its own prompt does."""

    name = "agreement"
    live = False

    def __init__(self, captions: Sequence[str], encoder: PictureTextEncoder) -> None:
        self._captions, self._encoder = captions, encoder
        self._vectors: NDArray[np.float32] | None = None

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields one finding, score 0..1; none for a picture without a prompt. Raises WeightsError."""
        if not subject.prompt.strip():
            return
        if self._vectors is None:
            self._vectors = self._encoder.embed_texts(self._captions)
        picture = self._encoder.embed_picture(subject.image)
        prompt = self._encoder.embed_texts([subject.prompt])[0]
        better = int((self._vectors @ picture > prompt @ picture).sum())
        evidence = f"{better} of {len(self._captions)} other captions fit better"
        yield Finding(self.name, "agreement", better / len(self._captions), evidence)
