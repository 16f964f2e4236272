"""Zero-shot heads: questions in words to a model of pictures and words (Radford et al., ICML 2021: CLIP).

Such a model says what a picture is nearer to, not how sure one may be. So a head counts only once it is calibrated
on harmless pictures (benchmarks/image/calibrate_zero_shot.py): a score of 0.5 is then what hardly any of them reaches.
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
from safety.image.attribution import attribute
from safety.image.config import ZeroShotConfig, ZeroShotHead
from safety.records import Finding, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "picture_heads_calibration.toml"
CHILD = "child"  # the head that the check of minors asks
SCALE = 100.0  # cosines to logits, as CLIP was trained
ASK_WHERE = 0.5


class Clip(Protocol):
    """Unit vectors of words, (texts, width), and of an RGB picture, (width,), in one space."""

    def words(self, texts: Sequence[str], /) -> NDArray[np.float32]: ...
    def picture(self, image: Image.Image, /) -> NDArray[np.float32]: ...


class Fit(ConfigModel):
    """A head's calibration: the margin in logits at which its score is 0.5, and how far to 0.73."""

    at: float
    width: Annotated[float, Field(gt=0)]


class Calibration(ConfigModel):
    """What benchmarks/image/calibrate_zero_shot.py writes. `digest`: of the model's name and the heads' words."""

    digest: str
    pictures: Annotated[int, Field(ge=1)]
    head: dict[str, Fit]


def digest(card: ZeroShotConfig, heads: Mapping[str, ZeroShotHead]) -> str:
    """Names one model with one set of questions, in any order."""
    asked = sorted((name, head.shows, head.rather) for name, head in heads.items())
    model = (card.model, card.folder, card.repository, card.revision, card.file)
    return hashlib.sha256(repr((model, asked)).encode()).hexdigest()


def read_fits(presets: Path, card: ZeroShotConfig, heads: Mapping[str, ZeroShotHead]) -> Mapping[str, Fit]:
    """The calibration of these heads on this model; empty if there is none. Raises PresetError for a bad file."""
    path = presets / FILE
    if not path.exists():
        return {}
    read = parse(Calibration, read_toml(path), path)
    complete = read.digest == digest(card, heads) and set(heads) <= set(read.head)
    return read.head if complete else {}


class Questions:
    """All heads on one model. The words are embedded once."""

    def __init__(self, heads: Mapping[str, ZeroShotHead], clip: Clip) -> None:
        self._heads, self._clip = heads, clip
        self._words: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def margin(self, name: str, vector: NDArray[np.float32]) -> float:
        """By how many logits a picture is nearer to what the head looks for than to the rest."""
        if name not in self._words:
            head = self._heads[name]
            self._words[name] = self._clip.words(head.shows), self._clip.words(head.rather)
        shows, rather = self._words[name]
        return SCALE * float((shows @ vector).max() - (rather @ vector).max())

    def nearest(self, name: str, vector: NDArray[np.float32]) -> str:
        """The words of the head that the picture is nearest to."""
        self.margin(name, vector)
        return self._heads[name].shows[int((self._words[name][0] @ vector).argmax())]


class ZeroShotCheck:
    """Reports the calibrated score of every head that has a category."""

    name = "heads"
    live = False

    def __init__(
        self,
        heads: Mapping[str, ZeroShotHead],
        clip: Clip,
        fits: Mapping[str, Fit],
        public_figure: Callable[[str], bool],
    ) -> None:
        self._heads, self._clip, self._fits = heads, clip, fits
        self._questions = Questions(heads, clip)
        self._public_figure = public_figure

    def load(self) -> None:
        """Loads the model. Raises WeightsError."""
        self._clip.picture(Image.new("RGB", (8, 8)))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """A finding for each head that is asked. Raises WeightsError."""
        vector = self._clip.picture(subject.image)
        for name, head in self._heads.items():
            if not head.category or (head.when == "public figure" and not self._public_figure(subject.prompt)):
                continue
            score = self.score(name, vector)
            evidence = f"{name}: looks like {self._questions.nearest(name, vector)!r}"
            again = partial(self._again, name)
            regions = attribute(subject.image, score, again) if score >= ASK_WHERE else ()
            yield Finding(self.name, head.category, score, evidence, head.subcategory, regions=regions)

    def score(self, name: str, vector: NDArray[np.float32]) -> float:
        """0..1; 0.5 at the margin that hardly any harmless picture reached."""
        fit = self._fits[name]
        off = np.clip((self._questions.margin(name, vector) - fit.at) / fit.width, -30.0, 30.0)
        return float(1.0 / (1.0 + np.exp(-off)))

    def young(self, image: Image.Image) -> float:
        """The score for a child's face."""
        return self._again(CHILD, image)

    def _again(self, name: str, image: Image.Image) -> float:
        return self.score(name, self._clip.picture(image))


class AgreementCheck:
    """How many captions of other pictures fit a picture better than the words it was made from."""

    name = "agreement"
    live = False

    def __init__(self, others: Sequence[str], clip: Clip) -> None:
        self._others, self._clip = others, clip
        self._words: NDArray[np.float32] | None = None

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """One finding, score 0..1; none for a picture without a prompt. Raises WeightsError."""
        if not subject.prompt.strip():
            return
        if self._words is None:
            self._words = self._clip.words(self._others)
        vector, asked = self._clip.picture(subject.image), self._clip.words([subject.prompt])[0]
        better = int((self._words @ vector > asked @ vector).sum())
        evidence = f"{better} of {len(self._others)} other captions fit better"
        yield Finding(self.name, "agreement", better / len(self._others), evidence)
