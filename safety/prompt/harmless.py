"""Phrases inside which a word means no harm: "shooting star", "chicken breast", "blood orange"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.prompt.proximity import inside, merged
from safety.text import Normalised

FILE = "harmless.toml"
Meaning = TypeVar("Meaning")


class _HarmlessFile(ConfigModel):
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]


class Exceptions:
    """Drops hits that lie inside a harmless phrase; what lies only partly inside stays."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._scanner = TermMatcher((phrase, None) for phrase in phrases)

    def keep(self, hits: Sequence[TermMatch[Meaning]], text: Normalised) -> list[TermMatch[Meaning]]:
        """The hits outside every harmless phrase, in order."""
        phrases = merged(hit.span for hit in self._scanner.find(text)) if hits else []
        return [hit for hit in hits if not inside(hit.span, phrases)]


def load_harmless(folder: Path) -> Exceptions:
    """Reads `lexicon/harmless.toml` of the presets folder. Raises PresetError."""
    path = folder / "lexicon" / FILE
    return Exceptions(parse(_HarmlessFile, read_toml(path), path).phrases)
