"""Frames that show an act as played, taught, prevented or meant in another sense: word rules count less inside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.matcher import TermMatcher
from safety.text import normalise

FILE = "framed.toml"
NEVER = frozenset(["method", "propaganda", "photoreal"])  # subcategories that no frame excuses


class BenignContextFile(ConfigModel):
    """presets/lexicon/framed.toml."""

    factor: Annotated[float, Field(gt=0.0, le=1.0)]
    categories: Annotated[tuple[str, ...], Field(min_length=1)]
    phrases: Annotated[tuple[str, ...], Field(min_length=1)]


class BenignContext:
    """`weight` is what a rule's score is multiplied by in a text: 1, or the factor where a frame stands."""

    def __init__(self, factor: float = 1.0, categories: Iterable[str] = (), phrases: Iterable[str] = ()) -> None:
        self._factor, self._categories = factor, frozenset(categories)
        self._scanner = TermMatcher((phrase, None) for phrase in phrases)

    def weight(self, typed: str, category: str, subcategory: str) -> float:
        if category not in self._categories or subcategory in NEVER:
            return 1.0
        return self._factor if self._scanner.find(normalise(typed)) else 1.0


def load_benign_context(folder: Path) -> BenignContext:
    """Reads `lexicon/framed.toml` of the presets folder. Raises PresetError."""
    path = folder / "lexicon" / FILE
    file = parse(BenignContextFile, read_toml(path), path)
    return BenignContext(file.factor, file.categories, file.phrases)
