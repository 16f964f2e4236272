"""Builds the picture checks from their cards. Nothing is loaded here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from safety.checks import Check
from safety.errors import WeightsError
from safety.image import ocr, torch_models
from safety.image.child_safety import PictureChildSafetyCheck, Young
from safety.image.classifiers import image_safety_classifier, nsfwjs, open_nsfw, pick
from safety.image.config import CheckConfig, PictureChecksConfig, read_picture_checks
from safety.image.custom import CustomClassifierCheck
from safety.image.faces import Faces
from safety.image.hash_match import HashMatchCheck
from safety.image.nsfw import NsfwEnsemble, NudityCheck
from safety.image.reading import OcrCheck
from safety.image.violence import GoreCheck
from safety.image.zero_shot import AgreementCheck, ZeroShotCheck, read_fits
from safety.records import Picture, Prompt
from safety.runtime import OnnxModel
from safety.weights import Weights

UNCALIBRATED = "Not calibrated: python -m benchmarks.image.calibrate_zero_shot FOLDER."


class PromptParts(Protocol):
    """Names what picture checks take from the checks of prompts (`safety.prompt.PromptChecks` has it)."""

    @property
    def checks(self) -> Sequence[Check[Prompt]]: ...

    @property
    def names_public_figure(self) -> Callable[[str], bool]: ...

    @property
    def speaks_of_minors(self) -> Callable[[str], bool]: ...


@dataclass(frozen=True)
class CheckSpec:
    """A check that may be built. `missing` says in a sentence what it lacks on this machine."""

    name: str
    card: CheckConfig
    build: Callable[[], Check[Picture]]
    missing: str = ""


def parts(weights: Mapping[str, Weights], presets: Path, prompts: PromptParts) -> Iterator[CheckSpec]:
    """Every check of picture_checks.toml, in the order in which they look. Raises PresetError, WeightsError."""
    cards = read_picture_checks(presets)
    clip = tuple(_on_clip(cards, presets, prompts.names_public_figure))
    yield from _embedded(weights, cards, prompts.speaks_of_minors, _young(clip))
    yield CheckSpec("copies", cards.copies, partial(HashMatchCheck, cards.copies, presets))
    yield CheckSpec("reading", cards.reading, partial(_reading, cards, prompts.checks), ocr.missing())
    yield from clip
    for name, card in cards.classifier.items():
        missing = torch_models.missing(card, card.kind)
        yield CheckSpec(name, card, partial(_learned, name, cards), missing)


def _embedded(
    weights: Mapping[str, Weights], cards: PictureChecksConfig, stated: Callable[[str], bool], young: Sequence[Young]
) -> Iterator[CheckSpec]:
    safety = image_safety_classifier(weights)
    votes = NsfwEnsemble(open_nsfw(weights), nsfwjs(weights), safety)
    faces = Faces(pick(weights, "yunet"), OnnxModel(pick(weights, "face_age")))
    minors = partial(PictureChildSafetyCheck, cards.minors, votes, stated, faces, young)
    lost = partial(_lost, weights)
    yield CheckSpec("nudity", cards.nudity, partial(NudityCheck, votes), lost("open_nsfw", "nsfwjs"))
    yield CheckSpec("gore", cards.gore, partial(GoreCheck, safety), lost("image_safety_classifier_s"))
    yield CheckSpec("minors", cards.minors, minors, lost("yunet", "face_age"))


def _lost(weights: Mapping[str, Weights], *names: str) -> str:
    try:
        gone = [weights[name].file for name in names if not weights[name].path().exists()]
    except WeightsError as error:
        return error.sentence
    return f"Missing: {', '.join(gone)}." if gone else ""


def _on_clip(cards: PictureChecksConfig, presets: Path, public_figure: Callable[[str], bool]) -> Iterator[CheckSpec]:
    """The two checks that share one open_clip model."""
    card, clip = cards.heads, torch_models.ClipModel(cards.heads)
    fits, missing = read_fits(presets, card, cards.head), torch_models.missing(card, "open_clip")
    heads = ZeroShotCheck(cards.head, clip, fits, public_figure)
    yield CheckSpec("heads", card, lambda: heads, missing or ("" if fits else UNCALIBRATED))
    yield CheckSpec("agreement", cards.agreement, partial(AgreementCheck, cards.agreement.captions, clip), missing)


def _young(clip: Sequence[CheckSpec]) -> tuple[Young, ...]:
    heads = next((part.build() for part in clip if part.card.use and not part.missing), None)
    return (heads.young,) if isinstance(heads, ZeroShotCheck) else ()


def _reading(cards: PictureChecksConfig, prompts: Sequence[Check[Prompt]]) -> Check[Picture]:
    return OcrCheck(ocr.RapidReader(cards.reading), prompts)


def _learned(name: str, cards: PictureChecksConfig) -> Check[Picture]:
    return CustomClassifierCheck(name, cards.classifier[name], torch_models.TorchClassifier(cards.classifier[name]))
