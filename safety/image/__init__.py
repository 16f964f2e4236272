"""Checks on what was made."""

from __future__ import annotations

from pathlib import Path

from safety.checks import Check
from safety.image.classifiers import image_safety_classifier, nsfwjs, open_nsfw
from safety.image.nudity import NudityCheck
from safety.image.violence import GoreCheck
from safety.image.weights import read_weights
from safety.records import Picture

FOLDER = "image_safety"


def image_checks(models_dir: Path) -> tuple[Check[Picture], ...]:
    """All picture checks. `models_dir` holds image_safety/weights.toml; no weights are read before the first look.

    Raises PresetError where weights.toml is not valid. Weights that are missing or wrong show at the
    first look, which then fails and so blocks.
    """
    weights = read_weights(models_dir / FOLDER)
    shared = image_safety_classifier(weights)
    return NudityCheck(open_nsfw(weights), nsfwjs(weights), shared), GoreCheck(shared)
