"""All terms of the lexicon, found once for every check that asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.prompt import framing, harmless
from safety.prompt.framing import BenignContext, load_benign_context
from safety.prompt.harmless import Exceptions, load_harmless
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.text import Normalised, normalise

ADVICE = "Mend the file, then start again."


class TermGroup(ConfigModel):
    """Terms of one weight: how likely a prompt with such a term should not be made in general mode."""

    score: Annotated[float, Field(gt=0.0, le=1.0)]
    terms: Annotated[tuple[str, ...], Field(min_length=1)]
    subcategory: str = Field(default="", alias="aspect")


class TermFile(ConfigModel):
    """One TOML file under presets/lexicon/."""

    category: str
    group: Annotated[tuple[TermGroup, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Term:
    """What a term stands for."""

    name: str
    category: str
    subcategory: str
    score: float


class Lexicon:
    """Finds terms outside harmless phrases. The hits of the last few texts are kept."""

    def __init__(self, terms: Iterable[Term], harmless: Exceptions, framing: BenignContext) -> None:
        self.framing = framing
        self._scanner = TermMatcher((term.name, term) for term in terms)
        self.harmless = harmless
        self.find = lru_cache(maxsize=4)(self._find)

    def __getstate__(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "find"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.find = lru_cache(maxsize=4)(self._find)

    def _find(self, typed: str) -> tuple[TermMatch[Term], ...]:
        text: Normalised = normalise(typed)
        return tuple(self.harmless.keep(self._scanner.find(text), text))


def load_lexicon(folder: Path) -> Lexicon:
    """All terms and harmless phrases of the presets folder. Raises PresetError."""
    return Lexicon(load_terms(folder), load_harmless(folder), load_benign_context(folder))


def load_terms(folder: Path) -> Iterator[Term]:
    """All of `lexicon/*.toml` and `lexicon/*.tsv` in the presets folder. Raises PresetError naming the file."""
    for path in sorted((folder / "lexicon").glob("*.toml")):
        if path.name not in (harmless.FILE, framing.FILE):
            yield from _own_terms(path)
    for path in sorted((folder / "lexicon").glob("*.tsv")):
        yield from _vendored_terms(path)


def _own_terms(path: Path) -> Iterator[Term]:
    file = parse(TermFile, read_toml(path), path)
    for group in file.group:
        for term in group.terms:
            yield Term(term, file.category, group.subcategory, group.score)


def _vendored_terms(path: Path) -> Iterator[Term]:
    """Lines of "term, category, score" with tabs between; "#" starts a remark."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.startswith("#"):
            try:
                term, category, score = line.split("\t")
                yield Term(term, category, "", float(score))
            except ValueError:
                raise PresetError(f"{path}, line {number}: not term, category, score", ADVICE) from None
