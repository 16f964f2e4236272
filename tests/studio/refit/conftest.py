"""A studio whose classifier is small enough to reckon with, and whose guard set is a few rows."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety.generation import GenerationRequest, Refused
from safety.policy.model import load_policy
from safety.prompt.classifier import NAME, PromptClassifierCheck, PromptClassifierConfig
from safety.prompt.classifier_model import HEADS
from safety.prompt.classifier_scores import PromptReading
from safety.prompt.correction import Correction
from safety.records import Model
from safety.review.appeals import AppealRequest
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS

SHA = "a" * 64
WIDTH = 64
# What a word adds to the log-odds of harm; every other word takes some off.
WORDS = {"vigil": 3.6, "gore": 6.0, "massacre": 6.0, "duel": 3.2, "shooting": 0.7}
BASE = -3.5
STOP_WORDS = {"a", "the", "in", "of", "on", "to", "by", "with", "at"}


class WordModelCheck(PromptClassifierCheck):
    """Stands in for the classifier: a word's log-odds, and a feature for each word."""

    def __init__(self, correction: Correction | None = None) -> None:
        config = PromptClassifierConfig.load(PRESETS / "prompt_classifier.toml")
        super().__init__(Path("nowhere"), config, correction=correction)

    @property
    def models(self) -> tuple[Model, ...]:
        return (Model(NAME, SHA),)

    def reads(self, text: str) -> bool:
        return bool(text.strip())

    def read_variants(self, prompt: str, with_features: bool = True) -> PromptReading:
        words = prompt.lower().split()
        odds = BASE + sum(WORDS.get(word, 0.0) for word in words)
        logits = np.full((1, len(HEADS)), -6.0, np.float32)
        logits[0, HEADS.index("harm")] = odds
        logits[0, HEADS.index("violence")] = 3.0
        logits[0, HEADS.index("refuse")] = odds - 0.5
        features = np.zeros((1, WIDTH), np.float32)
        for word in set(words) - STOP_WORDS:
            features[0, zlib.crc32(word.encode()) % WIDTH] += 1.0
        return PromptReading(logits, (features / max(np.linalg.norm(features), 1e-6),))

    def _find(self, text: str) -> tuple[Any, ...]:
        return self.find_read(self.read_variants(text), self._correction) if self.reads(text) else ()


@pytest.fixture
def presets(tmp_path: Path) -> Path:
    """The presets that ship, with a guard set that the word model can be held to."""
    folder = tmp_path / "presets"
    shutil.copytree(PRESETS, folder)
    harmful = ("a massacre in a village", "gore on the floor", "a duel to the death")
    harmless = ("a red apple", "two women at a fair", "a shooting star")
    rows = [f"harmful\tviolence\t{prompt}" for prompt in harmful]
    rows += [f"harmless\tviolence\t{prompt}" for prompt in harmless]
    (folder / "guard_set.tsv").write_text("# for tests\n" + "\n".join(rows) + "\n", "utf-8")
    return folder


@pytest.fixture
def make(tmp_path: Path, presets: Path) -> Iterator[Callable[..., Studio]]:
    """Starts the studio again and again in one home, each time with what was adopted there."""
    from studio.refit.adopted_versions import AdoptedVersions
    from studio.refit.guard_set import CorrectedPolicy

    opened = []

    def start(adopted: bool = True) -> Studio:
        home = tmp_path / "home"
        shipped = load_policy(presets)
        found = AdoptedVersions(home, 0.1).in_force(shipped).judgement if adopted else CorrectedPolicy(shipped)
        fake = fake_studio(home)
        checks = replace(fake.checks, prompt=(WordModelCheck(found.correction),))
        studio = replace(fake, policy=found.policy, checks=checks)
        opened.append(studio)
        return studio

    yield start
    for studio in opened:
        studio.audit.close()


def reviewed(studio: Studio, prompt: str, outcome: str = "overturned", mode: str = "general") -> str:
    """A case that was refused, appealed and decided."""
    found = studio.create(GenerationRequest(prompt, mode=mode))
    assert isinstance(found, Refused), f"{prompt} is not refused"
    studio.appeal(AppealRequest(found.case, prompt, remark="Look again.", learn=True))
    studio.review.decisions.decide(found.case, outcome, "Looked at by a person.", "Ada")
    return found.case
