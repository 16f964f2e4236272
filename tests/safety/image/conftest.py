"""Pictures made in code, and models that say what a test wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from safety.checks import Check
from safety.image import picture_checks
from safety.image.classifiers import NSFWJS_LABELS, SAFETY_LABELS, Classifier, rgb_unit
from safety.image.config import read_picture_checks
from safety.image.nsfw import GoreCheck, NsfwEnsemble, NudityCheck
from safety.policy.model import Policy, load_policy
from safety.prompt import load_prompt_checks
from safety.records import Picture

ROOT = Path(__file__).parents[3]
MODELS, PRESETS = ROOT / "assets" / "models", ROOT / "presets"
CONFIG = read_picture_checks(PRESETS)
PROMPTS = load_prompt_checks(PRESETS)
EMBEDDED = {"nudity", "gore", "minors", "copies"}  # whatever else is installed


class FakeModel:
    """Answers every picture with the same scores, and counts how often it was asked."""

    def __init__(self, *scores: float) -> None:
        self.scores = scores
        self.runs = 0

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.runs += 1
        return np.array([self.scores], dtype=np.float32)


def voting(open_nsfw: float, nsfwjs: float, safety: float, gore: float = 0.0) -> tuple[Check[Picture], ...]:
    """The checks, with models that give these scores."""
    shared = Classifier("image-safety-classifier-s", SAFETY_LABELS, rgb_unit, FakeModel(gore, safety, 1 - safety))
    first = Classifier("open_nsfw", ("SFW", "NSFW"), rgb_unit, FakeModel(1 - open_nsfw, open_nsfw))
    second = Classifier("nsfwjs", NSFWJS_LABELS, rgb_unit, FakeModel(0, nsfwjs / 2, 1 - nsfwjs, nsfwjs / 2, 0))
    return NudityCheck(CONFIG.nudity, NsfwEnsemble(first, second, shared)), GoreCheck(CONFIG.gore, shared)


def gradient(width: int = 256, height: int = 256) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, 255 - across], axis=-1).astype(np.uint8))


def shapes() -> Image.Image:
    image = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 60, 260, 260), fill="gold", outline="black", width=6)
    pen.rectangle((280, 200, 460, 460), fill="steelblue")
    pen.polygon([(120, 460), (220, 300), (40, 300)], fill="seagreen")
    return image


def from_skimage(name: str) -> Image.Image:
    from skimage import data

    return Image.fromarray(getattr(data, name)()).convert("RGB")


@pytest.fixture(scope="session")
def checks() -> tuple[Check[Picture], ...]:
    """The checks as they ship, with their real weights."""
    return tuple(check for check in picture_checks(MODELS, PRESETS, PROMPTS).checks if check.name in EMBEDDED)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(ROOT / "presets")
