"""Finds hard line 1.1: a minor, stated or apparent, in a sexual or nude context (docs/decisions/0004-hard-lines.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safety.prompt.ages import ADULT_AGE, ages_below
from safety.prompt.hard_line_words import FILE, HardLineWords
from safety.prompt.lexicon import Lexicon, Term
from safety.prompt.matcher import TermMatcher
from safety.prompt.not_of_age import not_of_age
from safety.prompt.proximity import WordDistance, outside
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise

CERTAIN = 0.95  # the score of both hard lines: a rule holds or does not, and no operator tunes it

# Words in between, up to which two terms speak of one scene. A prompt is one scene of about 60 words.
REACH = {"sexual": 25, "nude": 12, "weak": 3, "boy": 4, "beside": 1, "apart": 4}

_AFTER_DENIED = re.compile(r"\s*(?:$|[,.;:!)\n]|allowed\b|are allowed\b|present\b)", re.IGNORECASE)
_DENIAL = re.compile(r"(?:^|[\W_])(?:no|not|without|zero)[\W_]+(?:any[\W_]+|a[\W_]+)?$", re.IGNORECASE)
_DENIAL_REACH = 16  # characters

# Kinds of terms that are sexual or nude.
_CONTEXT_KINDS = ("sexual", "also_sexual", "nude", "weak", "clinical")


@dataclass(frozen=True, slots=True)
class _Scene:
    """Holds the places of all terms of a text by kind."""

    distance: WordDistance
    spans: dict[str, list[Span]]

    def of(self, *kinds: str) -> list[Span]:
        """Returns the sorted spans of these kinds."""
        return sorted(span for kind in kinds for span in self.spans.get(kind, ()))

    def near(self, spans: Sequence[Span], others: Sequence[Span], reach: str) -> bool:
        """Tells whether any of the two (`others` sorted) speak of one scene; `reach` is a key of REACH."""
        return self.distance.any_near(spans, others, REACH[reach])


class ChildSafetyCheck:
    """Finds minor terms and ages below 18 next to sexual or nude wording, in any variant of the text."""

    name = "child safety"
    live = True

    def __init__(self, words: HardLineWords, lexicon: Lexicon) -> None:
        child = words.child
        found_by_lexicon = ("clinical", "harmless_parts", "explicit_from")
        kinds = {kind: terms for kind, terms in dict(child).items() if kind not in found_by_lexicon}
        kinds |= {"nude": words.wording.nude, "also_sexual": (*child.also_sexual, *words.wording.sexual)}
        self._matcher = TermMatcher((term, kind) for kind, terms in kinds.items() for term in terms)
        self._clinical, self._harmless_parts = frozenset(child.clinical), frozenset(child.harmless_parts)
        self._explicit_from = child.explicit_from
        self._lexicon = lexicon

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Yields at most one finding, without evidence or span: they would show a way round the line."""
        text = normalise(prompt.text)
        spans = self._spans(text)
        context = any(spans.get(kind) for kind in _CONTEXT_KINDS)
        if spans.get("alone") or (context and _crossed(_scene(text, spans))):
            yield Finding(self.name, "child_safety", CERTAIN)

    def speaks_of_minors(self, text: str) -> bool:
        """Tells whether a text has a minor in it at all, in a harmless scene too. Putti and angels are none."""
        normalised = normalise(text)
        scene = _scene(normalised, self._spans(normalised))
        return bool(scene.of("minor", "boy"))

    def _spans(self, text: Normalised) -> dict[str, list[Span]]:
        """Returns all places by kind; sexual and nude wording without phrases such as "same-sex" and "no nudity"."""
        spans: dict[str, list[Span]] = {}
        matches = self._matcher.find(text)
        harmful = set(self._lexicon.exceptions.filtered(matches, text))
        for match in matches:
            if match in harmful or match.meaning not in _CONTEXT_KINDS:
                spans.setdefault(match.meaning, []).append(match.span)
        for term in self._lexicon.find(text.typed):
            if kind := self._kind(term.meaning):
                spans.setdefault(kind, []).append(term.span)
        denied = spans.get("denial", [])
        return {kind: outside(places, denied) if kind in _CONTEXT_KINDS else places for kind, places in spans.items()}

    def _kind(self, term: Term) -> str:
        """Returns what a term of the lexicon is here, "" for nothing."""
        if term.category not in ("sexual", "nudity") or term.name in self._harmless_parts:
            return ""
        if term.name in self._clinical:
            return "clinical"
        if term.category == "nudity":
            return "nude"
        return "sexual" if term.score >= self._explicit_from else ""


def load_child_safety(presets: Path, lexicon: Lexicon) -> ChildSafetyCheck:
    """Reads `hardlines.toml` in the presets. Raises PresetError."""
    return ChildSafetyCheck(HardLineWords.load(presets / FILE), lexicon)


def _scene(text: Normalised, spans: dict[str, list[Span]]) -> _Scene:
    """Returns the scene with its minors: terms outside harmless phrases, and ages; not those that are denied."""
    harmless = spans.get("no_minor", []) + spans.get("mythic", [])
    stated = outside(spans.get("minor", []), harmless) + [*ages_below(ADULT_AGE, text), *not_of_age(text)]
    minors = [span for span in stated if not _denied(span, text.typed)]
    boys = outside(spans.get("boy", []), harmless)
    return _Scene(WordDistance(text.typed), {**spans, "minor": minors, "boy": boys})


def _crossed(scene: _Scene) -> bool:
    minors, nude, sexual = scene.of("minor"), scene.of("nude"), scene.of("sexual", "also_sexual")
    clinical = [] if scene.of("clinic") else scene.of("clinical")
    return (
        scene.near(sexual, scene.of("minor", "mythic"), "sexual")
        or scene.near(scene.of("sexual", "also_sexual", "nude"), scene.of("boy"), "boy")
        or scene.near(scene.of("weak"), minors, "weak")
        or scene.near(clinical, minors, "nude")
        or any(scene.near([span], minors, "nude") and not _explained(span, scene) for span in nude)
    )


def _explained(nude: Span, scene: _Scene) -> bool:
    """Tells whether birth, nursing or a gallery explains a nude word near a minor."""
    minors = scene.of("minor")
    # At birth and nursing an adult is nude beside a child.
    nursing = scene.of("frame") and scene.near([nude], scene.of("adult"), "beside")
    if nursing and not scene.near([nude], minors, "beside"):
        return True
    # In a gallery children look at a nude work of art.
    gallery = scene.of("gallery") and scene.near([nude], scene.of("artwork"), "beside")
    return bool(gallery) and not scene.near([nude], minors, "apart")


def _denied(span: Span, typed: str) -> bool:
    """Tells whether a minor is denied, as in "no children, ...", not as in "no child naked"."""
    before = typed[max(0, span.start - _DENIAL_REACH) : span.start]
    # Nothing may follow that the denial could belong to instead.
    return bool(_DENIAL.search(before) and _AFTER_DENIED.match(typed, span.end))
