"""Words and phrases that carry a category by themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from safety.prompt.matcher import TermMatch, expanded
from safety.prompt.proximity import merged
from safety.prompt.vocabulary import Lexicon, Term
from safety.records import Finding, Prompt

MAX_SPANS = 50  # shown a finding
NEGATED = 0.5  # a diffusion model tends to draw what it is told to leave out
SECOND = 0.5  # further terms of a category count, but less than the first: they say much the same
CEILING = 0.99

_NEGATION = re.compile(r"(?:^|[\W_])(?:no|not|non|without|free of)[\W_]+(?:any[\W_]+|a[\W_]+)?$", re.IGNORECASE)
_NEGATION_REACH = 16  # characters


class LexiconCheck:
    """One finding for each category and subcategory that any term names."""

    name = "lexicon"
    live = True

    def __init__(self, vocabulary: Lexicon) -> None:
        self._vocabulary = vocabulary

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Terms in any reading, outside harmless phrases. Spans are in the text as typed."""
        hits: dict[tuple[str, str], list[TermMatch[Term]]] = {}
        for hit in self._vocabulary.find(prompt.text):
            hits.setdefault((hit.meaning.category, hit.meaning.subcategory), []).append(hit)
        for (category, subcategory), found in hits.items():
            yield self._finding(category, subcategory, found, prompt.text)

    def _finding(self, category: str, subcategory: str, hits: Sequence[TermMatch[Term]], typed: str) -> Finding:
        weights: dict[str, float] = {}
        for place in places(hits):
            hit = max(place, key=lambda hit: (hit.span.end - hit.span.start, weighed(hit, typed)))
            weight, name = weighed(hit, typed), hit.meaning.name
            weights[name] = max(weight, weights.get(name, 0.0))
        words = sorted(weights, key=lambda name: -weights[name])
        score = combined([weights[word] for word in words]) * self._vocabulary.framing.weight(
            typed, category, subcategory
        )
        evidence = ", ".join(next(expanded(word)) for word in words[:3])
        spans = merged(hit.span for hit in hits)[:MAX_SPANS]
        return Finding(self.name, category, score, evidence, subcategory, tuple(spans))


def places(hits: Iterable[TermMatch[Term]]) -> Iterator[list[TermMatch[Term]]]:
    """Hits that overlap, together: "naked", "naked woman" in one place are one piece of evidence: the longest."""
    place: list[TermMatch[Term]] = []
    end = 0
    for hit in hits:
        if place and hit.span.start >= end:
            yield place
            place = []
        place.append(hit)
        end = max(end, hit.span.end)
    if place:
        yield place


def combined(weights: Sequence[float]) -> float:
    """The heaviest weight, raised by the others (noisy-or at half weight). Never below the heaviest."""
    missed = math.prod(1.0 - SECOND * weight for weight in weights[1:])
    return max(weights[0], min(CEILING, 1.0 - (1.0 - weights[0]) * missed))


def weighed(hit: TermMatch[Term], typed: str) -> float:
    """The term's score; less right after "no", "not" or "without"."""
    start = hit.span.start
    before = typed[max(0, start - _NEGATION_REACH) : start]
    return hit.meaning.score * (NEGATED if _NEGATION.search(before) else 1.0)
