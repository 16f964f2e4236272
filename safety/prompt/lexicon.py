"""Finds words and phrases that carry a category by themselves, outside phrases in which they mean no harm.

`Lexicon` finds the terms once for every check that needs them; `LexiconCheck` turns them into findings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field

from safety.config import ConfigModel, read_rows, row_error
from safety.prompt.matcher import TermMatch, TermMatcher, expand_braces
from safety.prompt.proximity import inside, merged
from safety.records import Finding, Prompt
from safety.text import Normalised, normalise

FOLDER = "lexicon"
EXCEPTIONS_FILE, CONTEXT_FILE, SCORES_FILE = "harmless.toml", "framed.toml", "scores.toml"
# Without one of these a studio would judge more laxly and say nothing; an operator may add others.
CATEGORIES = (
    "dangerous",
    "deception",
    "harassment",
    "hate",
    "nudity",
    "self_harm",
    "sexual",
    "shocking",
    "stereotype",
    "violence",
)
OWN_FILES = tuple(f"{category}.toml" for category in CATEGORIES)
VENDORED_FILES = ("ldnoobw.tsv", "surge.tsv")
NEVER_EXCUSED = frozenset(["method", "propaganda", "photoreal"])  # subcategories
MAX_SPANS = 50  # of a finding
MAX_EVIDENCE = 3  # terms that a finding names

_NEGATION = re.compile(r"(?:^|[\W_])(?:no|not|non|without|free of)[\W_]+(?:any[\W_]+|a[\W_]+)?$", re.IGNORECASE)
_NEGATION_REACH = 16  # characters

Meaning = TypeVar("Meaning")
Score = Annotated[float, Field(gt=0.0, le=1.0)]
Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class TermGroup(ConfigModel):
    """Holds terms of one score: how likely a prompt with such a term should not be made in general mode, 0..1."""

    score: Score
    terms: Terms
    subcategory: str = Field(default="", alias="aspect")


class TermFile(ConfigModel):
    """Holds one file of terms under presets/lexicon/."""

    category: str
    group: Annotated[tuple[TermGroup, ...], Field(min_length=1)]


class ExceptionsFile(ConfigModel):
    """Holds presets/lexicon/harmless.toml."""

    phrases: Terms


class BenignContextFile(ConfigModel):
    """Holds presets/lexicon/framed.toml."""

    factor: Score
    categories: Terms
    phrases: Terms


class ScoreRules(ConfigModel):
    """Holds presets/lexicon/scores.toml: how scores of single terms or rules become one. All are shares, 0..1."""

    negated: Score
    further: Score
    ceiling: Score

    def combined(self, scores: Sequence[float]) -> float:
        """Returns the highest score (which comes first), raised by the others: noisy-or at a part of their weight.

        Never below the highest, and above the ceiling only if that is.
        """
        missed = math.prod(1.0 - self.further * score for score in scores[1:])
        return max(scores[0], min(self.ceiling, 1.0 - (1.0 - scores[0]) * missed))


@dataclass(frozen=True, slots=True)
class Term:
    """Holds what a term stands for. `score`: 0..1, for general mode."""

    name: str
    category: str
    subcategory: str
    score: float


class Exceptions:
    """Drops matches that lie inside a harmless phrase: "shooting star", "chicken breast", "blood orange"."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._matcher = TermMatcher((phrase, None) for phrase in phrases)

    def filtered(self, matches: Sequence[TermMatch[Meaning]], text: Normalised) -> list[TermMatch[Meaning]]:
        """Returns the matches outside every harmless phrase, in order; what lies only partly inside stays."""
        phrases = merged(match.span for match in self._matcher.find(text, across_signs=False)) if matches else []
        return [match for match in matches if not inside(match.span, phrases)]


class BenignContext:
    """Lowers the scores of rules where a phrase shows an act as played, taught, prevented or meant otherwise."""

    def __init__(self, factor: float = 1.0, categories: Iterable[str] = (), phrases: Iterable[str] = ()) -> None:
        self._factor, self._categories = factor, frozenset(categories)
        self._matcher = TermMatcher((phrase, None) for phrase in phrases)

    def factor_for(self, typed: str, category: str, subcategory: str) -> float:
        """Returns what a rule's score is multiplied by in a text, 0..1: 1 where no such phrase stands."""
        if category not in self._categories or subcategory in NEVER_EXCUSED:
            return 1.0
        return self._factor if self._matcher.find(normalise(typed), across_signs=False) else 1.0


class Lexicon:
    """Finds all terms outside harmless phrases. What was found in the last few texts is kept. Can be pickled.

    `exceptions`, `context` and `scores` are shared by the checks that read rules of several words.
    """

    def __init__(
        self, terms: Iterable[Term], exceptions: Exceptions, context: BenignContext, scores: ScoreRules
    ) -> None:
        self.exceptions, self.context, self.scores = exceptions, context, scores
        self._matcher = TermMatcher((term.name, term) for term in terms)
        self.find = lru_cache(maxsize=4)(self._find)

    def __getstate__(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "find"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.find = lru_cache(maxsize=4)(self._find)

    def _find(self, typed: str) -> tuple[TermMatch[Term], ...]:
        text = normalise(typed)
        return tuple(self.exceptions.filtered(self._matcher.find(text), text))


class LexiconCheck:
    """Yields one finding for each category and subcategory that any term names."""

    name = "lexicon"
    live = True

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds terms in any variant of the prompt, outside harmless phrases. Spans are in the text as typed."""
        groups: dict[tuple[str, str], list[TermMatch[Term]]] = {}
        for match in self._lexicon.find(prompt.text):
            groups.setdefault((match.meaning.category, match.meaning.subcategory), []).append(match)
        for (category, subcategory), matches in groups.items():
            yield self._finding(category, subcategory, matches, prompt.text)

    def _finding(self, category: str, subcategory: str, matches: Sequence[TermMatch[Term]], typed: str) -> Finding:
        scores: dict[str, float] = {}
        for overlap in overlapping(matches):
            longest = max(overlap, key=lambda match: (match.span.end - match.span.start, self._score(match, typed)))
            name = longest.meaning.name
            scores[name] = max(self._score(longest, typed), scores.get(name, 0.0))
        names = sorted(scores, key=lambda name: -scores[name])
        factor = self._lexicon.context.factor_for(typed, category, subcategory)
        return Finding(
            self.name,
            category,
            self._lexicon.scores.combined([scores[name] for name in names]) * factor,
            ", ".join(next(expand_braces(name)) for name in names[:MAX_EVIDENCE]),
            subcategory,
            tuple(merged(match.span for match in matches)[:MAX_SPANS]),
        )

    def _score(self, match: TermMatch[Term], typed: str) -> float:
        """Returns the term's score; less right after "no", "not" or "without"."""
        start = match.span.start
        before = typed[max(0, start - _NEGATION_REACH) : start]
        return match.meaning.score * (self._lexicon.scores.negated if _NEGATION.search(before) else 1.0)


def overlapping(matches: Iterable[TermMatch[Term]]) -> Iterator[list[TermMatch[Term]]]:
    """Yields matches that overlap together: "naked" and "naked woman" in one place are one piece of evidence."""
    overlap: list[TermMatch[Term]] = []
    end = 0
    for match in matches:
        if overlap and match.span.start >= end:
            yield overlap
            overlap = []
        overlap.append(match)
        end = max(end, match.span.end)
    if overlap:
        yield overlap


def load_lexicon(presets: Path) -> Lexicon:
    """Reads the folder `lexicon` of the presets. Raises PresetError that names the file."""
    folder = presets / FOLDER
    phrases = ExceptionsFile.load(folder / EXCEPTIONS_FILE).phrases
    context = BenignContextFile.load(folder / CONTEXT_FILE)
    return Lexicon(
        load_terms(presets),
        Exceptions(phrases),
        BenignContext(context.factor, context.categories, context.phrases),
        ScoreRules.load(folder / SCORES_FILE),
    )


def load_terms(presets: Path, vendored: Sequence[str] = VENDORED_FILES) -> Iterator[Term]:
    """Yields the terms of `lexicon/*.toml` and `lexicon/*.tsv` in the presets.

    Raises PresetError naming the file, also where one of OWN_FILES or `vendored` is missing.
    """
    folder = presets / FOLDER
    own = {path.name for path in folder.glob("*.toml")} - {EXCEPTIONS_FILE, CONTEXT_FILE, SCORES_FILE}
    for name in sorted(own.union(OWN_FILES)):
        yield from _own_terms(folder / name)
    for name in sorted({path.name for path in folder.glob("*.tsv")}.union(vendored)):
        yield from _vendored_terms(folder / name)


def _own_terms(path: Path) -> Iterator[Term]:
    file = TermFile.load(path)
    for group in file.group:
        for name in group.terms:
            yield Term(name, file.category, group.subcategory, group.score)


def _vendored_terms(path: Path) -> Iterator[Term]:
    """Yields the terms of lines of "term, category, score" with tabs between; "#" starts a remark."""
    columns = "term, category, score"
    for number, (name, category, score) in read_rows(path, columns):
        try:
            yield Term(name, category, "", float(score))
        except ValueError:
            raise row_error(path, number, columns) from None
