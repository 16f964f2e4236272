"""Checks that judge the pictures that were made, or that somebody uploads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safety.checks import Check
from safety.health import CheckInfo
from safety.image import torch_models
from safety.image.catalogue import CheckSpec, PromptParts, check_specs
from safety.image.config import ClassifierConfig, ZeroShotConfig, read_picture_checks
from safety.records import Picture
from safety.weights import read_weights

FOLDER = "image_safety"
SWITCHED_OFF = "Switched off in presets/picture_checks.toml."


@dataclass(frozen=True)
class PictureChecks:
    """Holds the checks that run, and the description of each, those included that are not installed."""

    checks: tuple[Check[Picture], ...]
    info: tuple[CheckInfo, ...]


def picture_checks(models_dir: Path, presets: Path, prompts: PromptParts) -> PictureChecks:
    """Makes all picture checks of `presets`/picture_checks.toml. `models_dir` holds image_safety/weights.toml.

    `prompts` judge the text in a picture, and what its prompt speaks of. No weights are read before the first picture.
    Raises PresetError, and WeightsError where weights.toml lacks an entry. A required check is always among those that
    run: what it lacks shows at its first picture, which then fails and so blocks.
    """
    specs = tuple(check_specs(read_weights(models_dir / FOLDER), presets, prompts))
    checks = tuple(spec.build() for spec in specs if _runs(spec))
    return PictureChecks(checks, tuple(_info(spec) for spec in specs))


def fetch_models(presets: Path) -> Iterator[str]:
    """Downloads what picture_checks.toml names by repository and revision; yields each name. Raises WeightsError."""
    config = read_picture_checks(presets)
    models: tuple[ZeroShotConfig | ClassifierConfig, ...] = (config.zero_shot, *config.classifiers.values())
    for model in models:
        if model.use and model.revision and not model.folder:
            torch_models.fetch(model)
            yield model.repository


def _runs(spec: CheckSpec) -> bool:
    return spec.config.required or (spec.config.use and not spec.missing)


def _info(spec: CheckSpec) -> CheckInfo:
    why = "" if _runs(spec) else spec.missing if spec.config.use else SWITCHED_OFF
    return CheckInfo(spec.name, spec.config.about, spec.config.without, spec.config.required, why)
