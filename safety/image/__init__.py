"""Checks on what was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safety.checks import Check
from safety.health import CheckInfo
from safety.image import torch_models
from safety.image.catalogue import CheckSpec, PromptParts, parts
from safety.image.config import ClassifierConfig, ZeroShotConfig, read_picture_checks
from safety.records import Picture
from safety.weights import read_weights

FOLDER = "image_safety"
SWITCHED_OFF = "Switched off in presets/picture_checks.toml."


@dataclass(frozen=True)
class PictureChecks:
    """The checks that look, and what is to be said of each, those included that are not installed."""

    checks: tuple[Check[Picture], ...]
    described: tuple[CheckInfo, ...]


def picture_checks(models_dir: Path, presets: Path, prompts: PromptParts) -> PictureChecks:
    """All picture checks of `presets`/picture_checks.toml. `models_dir` holds image_safety/weights.toml.

    `prompts` judge the text in a picture and what its prompt speaks of. No weights are read before the first look.
    Raises PresetError, and WeightsError where weights.toml lacks an entry. A required check is always among those that
    look: what it lacks shows at its first look, which then fails and so blocks.
    """
    found = tuple(parts(read_weights(models_dir / FOLDER), presets, prompts))
    checks = tuple(part.build() for part in found if _looks(part))
    return PictureChecks(checks, tuple(_described(part) for part in found))


def fetch_models(presets: Path) -> Iterator[str]:
    """Downloads what picture_checks.toml names by repository and revision; yields each name. Raises WeightsError."""
    cards = read_picture_checks(presets)
    models: tuple[ZeroShotConfig | ClassifierConfig, ...] = (cards.heads, *cards.classifier.values())
    for model in models:
        if model.use and model.revision and not model.folder:
            torch_models.fetch(model)
            yield model.repository


def _looks(part: CheckSpec) -> bool:
    return part.card.required or (part.card.use and not part.missing)


def _described(part: CheckSpec) -> CheckInfo:
    why = "" if _looks(part) else part.missing if part.card.use else SWITCHED_OFF
    return CheckInfo(part.name, part.card.about, part.card.without, part.card.required, why)
