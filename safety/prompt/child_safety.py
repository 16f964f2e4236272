"""Hard line 1.1: a minor, stated or apparent, in a sexual or nude context. See docs/decisions/0004-hard-lines.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.ages import ages_below
from safety.prompt.matcher import TermMatcher
from safety.prompt.proximity import WordDistance, outside
from safety.prompt.vocabulary import Lexicon, Term
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise

FILE = "hardlines.toml"
CERTAIN = 0.95
OF_AGE = 18
EXPLICIT = 0.6  # from this score on a term of lexicon/sexual.toml is sexual wording

# Words in between, up to which two terms speak of one scene. A prompt is one scene of about 60 words.
REACH = {"sexual": 25, "nude": 12, "weak": 3, "boy": 4, "beside": 1, "apart": 4}

_AFTER_DENIED = re.compile(r"\s*(?:$|[,.;:!)\n]|allowed\b|are allowed\b|present\b)", re.IGNORECASE)
_DENIAL = re.compile(r"(?:^|[\W_])(?:no|not|without|zero)[\W_]+(?:any[\W_]+|a[\W_]+)?$", re.IGNORECASE)

_WORDING = ("sexual", "also_sexual", "nude", "weak", "clinical")

Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class ChildWords(ConfigModel):
    """Table `child` of presets/hardlines.toml."""

    minor: Terms
    boy: Terms  # minors only when close by: the word is used of adults too
    mythic: Terms  # putti and the like: nude by tradition, never sexual
    alone: Terms  # cross the line by themselves
    no_minor: Terms  # phrases inside which a minor term counts for nothing
    said_no: Terms  # phrases inside which a sexual or nude term counts for nothing
    frame: Terms  # birth and nursing: an adult may be nude beside a child
    adult: Terms  # a nude word right before one of these is said of an adult
    artwork: Terms  # or of one of these, and a word of `gallery` explains the child, who stands apart
    gallery: Terms
    weak: Terms
    also_sexual: Terms
    clinical: Terms  # parts and acts that captions of sick children name: crossed unless a word of `clinic` is there
    clinic: Terms
    harmless_parts: Terms  # terms of the nudity lexicon that say nothing of a child at a beach


@dataclass(frozen=True, slots=True)
class _Scene:
    """All hits of a text by kind."""

    words: WordDistance
    spans: dict[str, list[Span]]

    def of(self, *kinds: str) -> list[Span]:
        """Sorted spans of these kinds."""
        return sorted(span for kind in kinds for span in self.spans.get(kind, ()))

    def near(self, some: Sequence[Span], others: Sequence[Span], kind: str) -> bool:
        """Whether any of the two (`others` sorted) speak of one scene."""
        return self.words.any_near(some, others, REACH[kind])


class ChildSafetyCheck:
    """Minor terms and ages below 18 next to sexual or nude wording, in any reading of the text."""

    name = "child safety"
    live = True

    def __init__(self, words: ChildWords, vocabulary: Lexicon) -> None:
        kinds = {kind: terms for kind, terms in dict(words).items() if kind not in ("clinical", "harmless_parts")}
        self._scanner = TermMatcher((term, kind) for kind, terms in kinds.items() for term in terms)
        self._clinical, self._parts = frozenset(words.clinical), frozenset(words.harmless_parts)
        self._vocabulary = vocabulary

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """At most one finding, without evidence or span: how the line was found is nobody's business."""
        text = normalise(prompt.text)
        spans = self._found(text)
        wording = any(spans.get(kind) for kind in _WORDING)
        if spans.get("alone") or (wording and _crossed(_scene(text, spans))):
            yield Finding(self.name, "child_safety", CERTAIN)

    def speaks_of_minors(self, text: str) -> bool:
        """Whether a text has a minor in it at all, in a harmless scene too. Putti and angels are none."""
        read = normalise(text)
        scene = _scene(read, self._found(read))
        return bool(scene.of("minor", "boy"))

    def _found(self, text: Normalised) -> dict[str, list[Span]]:
        """All hits by kind; sexual and nude wording without phrases such as "same-sex" and "no nudity"."""
        spans: dict[str, list[Span]] = {}
        hits = self._scanner.find(text)
        meant = set(self._vocabulary.harmless.keep(hits, text))
        for hit in hits:
            if hit in meant or hit.meaning not in _WORDING:
                spans.setdefault(hit.meaning, []).append(hit.span)
        for term in self._vocabulary.find(text.typed):
            if kind := self._kind(term.meaning):
                spans.setdefault(kind, []).append(term.span)
        denied = spans.get("said_no", [])
        return {kind: outside(found, denied) if kind in _WORDING else found for kind, found in spans.items()}

    def _kind(self, term: Term) -> str:
        if term.category not in ("sexual", "nudity") or term.name in self._parts:
            return ""
        if term.name in self._clinical:
            return "clinical"
        if term.category == "nudity":
            return "nude"
        return "sexual" if term.score >= EXPLICIT else ""


def load_child_safety(folder: Path, vocabulary: Lexicon) -> ChildSafetyCheck:
    """Reads the table `child` of `hardlines.toml`. Raises PresetError."""
    path = folder / FILE
    return ChildSafetyCheck(parse(ChildWords, read_toml(path).get("child"), path), vocabulary)


def _scene(text: Normalised, spans: dict[str, list[Span]]) -> _Scene:
    """The scene with its minors: terms outside harmless phrases, and ages; not those that are denied."""
    harmless = spans.get("no_minor", []) + spans.get("mythic", [])
    stated = outside(spans.get("minor", []), harmless) + list(ages_below(OF_AGE, text))
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
    """Birth or nursing beside a nude adult; a gallery around a nude work of art that children look at."""
    minors = scene.of("minor")
    nursing = scene.of("frame") and scene.near([nude], scene.of("adult"), "beside")
    gallery = scene.of("gallery") and scene.near([nude], scene.of("artwork"), "beside")
    if nursing and not scene.near([nude], minors, "beside"):
        return True
    return bool(gallery) and not scene.near([nude], minors, "apart")


def _denied(span: Span, typed: str) -> bool:
    """ "no children, ...", not "no child naked": nothing may follow that the denial could belong to."""
    before = typed[max(0, span.start - 16) : span.start]
    return bool(_DENIAL.search(before) and _AFTER_DENIED.match(typed, span.end))
