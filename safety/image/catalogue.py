"""The list of all picture checks, made from their settings. Nothing is loaded here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from PIL import Image

from safety.checks import Check
from safety.errors import WeightsError
from safety.image import ocr, torch_models
from safety.image.anatomy import AnatomyLabels
from safety.image.child_safety import AgeEvidence, PictureChildSafetyCheck
from safety.image.classifiers import image_safety_classifier, nsfwjs, open_nsfw, require_weights
from safety.image.config import CheckConfig, PictureChecksConfig, read_picture_checks
from safety.image.custom import CustomClassifierCheck
from safety.image.faces import FaceAnalyzer
from safety.image.hash_match import HashMatchCheck
from safety.image.nsfw import GoreCheck, NsfwEnsemble, NudityCheck
from safety.image.ocr import OcrCheck, RapidTextReader
from safety.image.photo import PhotoClassifier
from safety.image.torch_models import ClipModel, TorchClassifier
from safety.image.zero_shot import AgreementCheck, ZeroShotCheck, read_calibration
from safety.records import Picture, Prompt
from safety.weights import OnnxModel, Weights

UNCALIBRATED = "Not calibrated: python -m benchmarks.image.calibrate_zero_shot FOLDER."
ChildFaceScore = Callable[[Image.Image], float]


class PromptParts(Protocol):
    """Names what picture checks take from the checks of prompts; `safety.prompt.PromptChecks` has it."""

    @property
    def checks(self) -> Sequence[Check[Prompt]]: ...

    @property
    def names_public_figure(self) -> Callable[[str], bool]: ...

    @property
    def speaks_of_minors(self) -> Callable[[str], bool]: ...


@dataclass(frozen=True)
class CheckSpec:
    """Describes a check that may be built. `missing` says in a sentence what it lacks on this machine."""

    name: str
    config: CheckConfig
    build: Callable[[], Check[Picture]]
    missing: str = ""


def check_specs(weights: Mapping[str, Weights], presets: Path, prompts: PromptParts) -> Iterator[CheckSpec]:
    """Yields every check of picture_checks.toml, in the order in which they run. Raises PresetError, WeightsError."""
    config = read_picture_checks(presets)
    clip = tuple(_clip_checks(config, presets, prompts.names_public_figure))
    yield from _embedded_checks(weights, config, prompts.speaks_of_minors, _child_face_scores(clip))
    yield CheckSpec("copies", config.hash_match, partial(HashMatchCheck, config.hash_match, presets))
    yield CheckSpec("reading", config.ocr, partial(_ocr_check, config, presets, prompts.checks), ocr.missing())
    yield from clip
    for name, classifier in config.classifiers.items():
        build = partial(_custom_check, name, config)
        yield CheckSpec(name, classifier, build, torch_models.missing(classifier, classifier.kind))


def _embedded_checks(
    weights: Mapping[str, Weights],
    config: PictureChecksConfig,
    mentions_minor: Callable[[str], bool],
    child_face_scores: Sequence[ChildFaceScore],
) -> Iterator[CheckSpec]:
    """Yields the checks whose weights ship with Safelight. They share the models."""
    safety = image_safety_classifier(weights)
    ensemble = NsfwEnsemble(open_nsfw(weights), nsfwjs(weights), safety)
    faces = FaceAnalyzer(require_weights(weights, "yunet"), OnnxModel(require_weights(weights, "face_age")))
    missing = partial(_missing_files, weights)
    yield CheckSpec(
        "nudity", config.nudity, partial(NudityCheck, config.nudity, ensemble), missing("open_nsfw", "nsfwjs")
    )
    yield CheckSpec("gore", config.gore, partial(GoreCheck, config.gore, safety), missing("image_safety_classifier_s"))
    photo = PhotoClassifier(OnnxModel(require_weights(weights, "photo_or_drawing")))
    evidence = AgeEvidence(mentions_minor, faces, photo, child_face_scores)
    build = partial(PictureChildSafetyCheck, config.child_safety, ensemble, evidence)
    yield CheckSpec("minors", config.child_safety, build, missing("yunet", "face_age", "photo_or_drawing"))


def _missing_files(weights: Mapping[str, Weights], *names: str) -> str:
    """Returns which of these weights are not on this machine, as one sentence; empty if all are."""
    try:
        files = [weights[name].file for name in names if not weights[name].path().exists()]
    except WeightsError as error:
        return error.sentence
    return f"Missing: {', '.join(files)}." if files else ""


def _clip_checks(
    config: PictureChecksConfig, presets: Path, names_public_figure: Callable[[str], bool]
) -> Iterator[CheckSpec]:
    """Yields the two checks that share one open_clip model."""
    encoder = ClipModel(config.zero_shot)
    calibration = read_calibration(presets, config.zero_shot, config.zero_shot_heads)
    missing = torch_models.missing(config.zero_shot, "open_clip")
    # Built here, so that the child-safety check asks the very check that runs.
    check = ZeroShotCheck(config.zero_shot, config.zero_shot_heads, encoder, calibration, names_public_figure)
    yield CheckSpec("heads", config.zero_shot, lambda: check, missing or ("" if calibration else UNCALIBRATED))
    build = partial(AgreementCheck, config.agreement.captions, encoder)
    yield CheckSpec("agreement", config.agreement, build, missing)


def _child_face_scores(clip: Sequence[CheckSpec]) -> tuple[ChildFaceScore, ...]:
    """Returns the zero-shot check's score for a child's face, where that check runs."""
    check = next((spec.build() for spec in clip if spec.config.use and not spec.missing), None)
    return (check.child_face_score,) if isinstance(check, ZeroShotCheck) else ()


def _ocr_check(config: PictureChecksConfig, presets: Path, prompts: Sequence[Check[Prompt]]) -> Check[Picture]:
    return OcrCheck(RapidTextReader(config.ocr), prompts, config.ocr, AnatomyLabels.load(presets))


def _custom_check(name: str, config: PictureChecksConfig) -> Check[Picture]:
    classifier = config.classifiers[name]
    return CustomClassifierCheck(name, classifier, TorchClassifier(classifier))
