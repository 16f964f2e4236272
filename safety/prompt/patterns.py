"""Finds several things near each other that no word says alone: an act and a person, a group and a slur."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from safety.config import ConfigModel
from safety.prompt.lexicon import MAX_EVIDENCE, MAX_SPANS, Lexicon, Score, Terms
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.prompt.proximity import WordDistance, merged
from safety.records import Finding, Prompt, Span
from safety.text import normalise

FILE = "patterns.toml"


class Rule(ConfigModel):
    """Holds a rule: words of the named sets in this order, with at most `gap` other words between two of them.

    `parts` are names of sets; "a|b" takes either. `any_order` also takes them the other way round.
    """

    name: str
    category: str
    score: Score
    parts: Annotated[tuple[str, ...], Field(min_length=2)]
    gap: Annotated[int, Field(ge=0, le=30)] = 3
    subcategory: str = Field(default="", alias="aspect")
    any_order: bool = False


class PatternFile(ConfigModel):
    """Holds presets/patterns.toml."""

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
    """Holds where a chain of matches begins, and its last match so far."""

    start: int
    last: Span


class PatternCheck:
    """Yields one finding for each category and subcategory whose rules hold."""

    name = "patterns"
    live = True

    def __init__(self, file: PatternFile, lexicon: Lexicon) -> None:
        self._rules, self._lexicon = file.rule, lexicon
        self._matcher = TermMatcher((term, name) for name, terms in file.sets.items() for term in terms)

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds the rules that hold in a prompt, with the span of each match. Linear in text times rules."""
        text = normalise(prompt.text)
        matches = self._lexicon.exceptions.filtered(self._matcher.find(text), text)
        present = {match.meaning for match in matches}
        distance = WordDistance(text.typed)
        groups: dict[tuple[str, str], list[tuple[Rule, list[Span]]]] = {}
        for rule in self._rules:
            possible = all(present.intersection(part.split("|")) for part in rule.parts)
            if possible and (spans := list(_spans_of(rule, matches, distance))):
                groups.setdefault((rule.category, rule.subcategory), []).append((rule, spans))
        for (category, subcategory), rules in groups.items():
            factor = self._lexicon.context.factor_for(prompt.text, category, subcategory)
            yield self._finding(category, subcategory, rules, factor)

    def _finding(
        self, category: str, subcategory: str, rules: Sequence[tuple[Rule, list[Span]]], factor: float
    ) -> Finding:
        rules = sorted(rules, key=lambda pair: -pair[0].score)
        return Finding(
            self.name,
            category,
            self._lexicon.scores.combined([rule.score for rule, _ in rules]) * factor,
            ", ".join(rule.name for rule, _ in rules[:MAX_EVIDENCE]),
            subcategory,
            tuple(merged(span for _, spans in rules for span in spans)[:MAX_SPANS]),
        )


def load_patterns(presets: Path, lexicon: Lexicon) -> PatternCheck:
    """Reads `patterns.toml` of the presets. Raises PresetError."""
    return PatternCheck(PatternFile.load(presets / FILE), lexicon)


def _spans_of(rule: Rule, matches: Sequence[TermMatch[str]], distance: WordDistance) -> Iterator[Span]:
    orders = (rule.parts, rule.parts[::-1]) if rule.any_order else (rule.parts,)
    for parts in orders:
        yield from _chains([frozenset(part.split("|")) for part in parts], rule.gap, matches, distance)


def _chains(
    parts: Sequence[frozenset[str]], gap: int, matches: Sequence[TermMatch[str]], distance: WordDistance
) -> Iterator[Span]:
    """Yields the spans of chains of matches, one a part."""
    # The nearest chain so far is always the best one to go on from.
    nearest: list[_Chain | None] = [None] * len(parts)
    for match in matches:
        for place in reversed(range(len(parts))):
            if match.meaning not in parts[place]:
                continue
            first = _Chain(match.span.start, match.span)
            chain = first if place == 0 else _longer(nearest[place - 1], match.span, gap, distance)
            if chain is None:
                continue
            nearest[place] = chain
            if place == len(parts) - 1:
                yield Span(chain.start, chain.last.end)


def _longer(chain: _Chain | None, span: Span, gap: int, distance: WordDistance) -> _Chain | None:
    if chain is None or not 0 <= distance.between(chain.last, span) <= gap:
        return None
    return _Chain(chain.start, span)
