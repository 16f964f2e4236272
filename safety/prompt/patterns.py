"""Rules that need several things near each other: an act and a person, a frame and a thing, a group and a slur."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.framing import BenignContext
from safety.prompt.harmless import Exceptions
from safety.prompt.lexicon import MAX_SPANS, combined
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.prompt.proximity import WordDistance, merged
from safety.prompt.vocabulary import Lexicon
from safety.records import Finding, Prompt, Span
from safety.text import normalise

FILE = "patterns.toml"
Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class Rule(ConfigModel):
    """Words of the named sets in this order, with at most `gap` other words between two of them.

    `parts` are names of sets; "a|b" takes either. `any_order` also takes them the other way round.
    """

    name: str
    category: str
    score: Annotated[float, Field(gt=0.0, le=1.0)]
    parts: Annotated[tuple[str, ...], Field(min_length=2)]
    gap: Annotated[int, Field(ge=0, le=30)] = 3
    subcategory: str = Field(default="", alias="aspect")
    any_order: bool = False


class PatternFile(ConfigModel):
    """presets/patterns.toml."""

    sets: dict[str, Terms]
    rule: tuple[Rule, ...]

    @model_validator(mode="after")
    def _names_known_sets(self) -> PatternFile:
        for rule in self.rule:
            for part in "|".join(rule.parts).split("|"):
                if part not in self.sets:
                    raise ValueError(f"rule {rule.name!r} names the set {part!r}, which does not exist")
        return self


@dataclass(frozen=True, slots=True)
class _Chain:
    start: int
    last: Span


class PatternCheck:
    """One finding for each category and subcategory whose rules hold."""

    name = "patterns"
    live = True

    def __init__(self, file: PatternFile, harmless: Exceptions, framing: BenignContext) -> None:
        self._framing = framing
        self._rules = file.rule
        self._scanner = TermMatcher((term, name) for name, terms in file.sets.items() for term in terms)
        self._harmless = harmless

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Rules that hold in the text, with the span of each match. Linear in text times rules."""
        text = normalise(prompt.text)
        hits = self._harmless.keep(self._scanner.find(text), text)
        present = {hit.meaning for hit in hits}
        words = WordDistance(text.typed)
        found: dict[tuple[str, str], list[tuple[Rule, list[Span]]]] = {}
        for rule in self._rules:
            possible = all(present.intersection(part.split("|")) for part in rule.parts)
            if possible and (spans := list(_matches(rule, hits, words))):
                found.setdefault((rule.category, rule.subcategory), []).append((rule, spans))
        for (category, subcategory), matched in found.items():
            yield self._finding(
                category, subcategory, matched, self._framing.weight(prompt.text, category, subcategory)
            )

    def _finding(
        self, category: str, subcategory: str, matched: Sequence[tuple[Rule, list[Span]]], weight: float
    ) -> Finding:
        matched = sorted(matched, key=lambda match: -match[0].score)
        names = ", ".join(rule.name for rule, _ in matched[:3])
        spans = tuple(merged(span for _, spans in matched for span in spans)[:MAX_SPANS])
        score = combined([rule.score for rule, _ in matched]) * weight
        return Finding(self.name, category, score, names, subcategory, spans)


def load_patterns(folder: Path, vocabulary: Lexicon) -> PatternCheck:
    """Reads `patterns.toml` of the presets folder. Raises PresetError."""
    path = folder / FILE
    return PatternCheck(parse(PatternFile, read_toml(path), path), vocabulary.harmless, vocabulary.framing)


def _matches(rule: Rule, hits: Sequence[TermMatch[str]], words: WordDistance) -> Iterator[Span]:
    orders = (rule.parts, rule.parts[::-1]) if rule.any_order else (rule.parts,)
    for parts in orders:
        yield from _chains([frozenset(part.split("|")) for part in parts], rule.gap, hits, words)


def _chains(
    parts: Sequence[frozenset[str]], gap: int, hits: Sequence[TermMatch[str]], words: WordDistance
) -> Iterator[Span]:
    """Chains of hits, one a part. The nearest chain so far is always the best one to go on from."""
    reached: list[_Chain | None] = [None] * len(parts)
    for hit in hits:
        for place in reversed(range(len(parts))):
            if hit.meaning not in parts[place]:
                continue
            first = _Chain(hit.span.start, hit.span)
            chain = first if place == 0 else _longer(reached[place - 1], hit.span, gap, words)
            if chain is None:
                continue
            reached[place] = chain
            if place == len(parts) - 1:
                yield Span(chain.start, chain.last.end)


def _longer(chain: _Chain | None, span: Span, gap: int, words: WordDistance) -> _Chain | None:
    if chain is None or not 0 <= words.between(chain.last, span) <= gap:
        return None
    return _Chain(chain.start, span)
