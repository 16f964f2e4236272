"""A studio for the page's tests: the real policy and flow, words that are flagged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safety.policy.model import Policy, load_policy
from safety.records import Finding, Picture, Prompt, Span

PRESETS = Path(__file__).parent.parent / "presets"
FLAGGED = {"gore": ("violence", 0.9), "wound": ("shocking", 0.6), "mouse": ("protected_works", 0.5)}
HARD = {"forbidden": ("intimate_imagery", 0.9)}


@dataclass(frozen=True)
class WordCheck:
    """Flags whole words, wherever they stand."""

    words: Mapping[str, tuple[str, float]] = field(default_factory=lambda: {**FLAGGED, **HARD})
    name: str = "words"
    live: bool = True

    def detect(self, subject: Prompt, /) -> Iterator[Finding]:
        for match in re.finditer(r"\w+", subject.text.lower()):
            if match[0] in self.words:
                category, score = self.words[match[0]]
                yield Finding(self.name, category, score, match[0], spans=(Span(*match.span()),))


@dataclass(frozen=True)
class PromptedPictureCheck:
    """Scores a picture by a word in its prompt: "shock" is veiled, "spoilt" is withheld."""

    name: str = "eyes"
    live: bool = False

    def detect(self, subject: Picture, /) -> Iterator[Finding]:
        if "shock" in subject.prompt:
            yield Finding(self.name, "shocking", 0.7, "decay")
        if "spoilt" in subject.prompt:
            yield Finding(self.name, "violence", 0.99, "blood")


def policy() -> Policy:
    return load_policy(PRESETS)
