"""Public figures: a remark by themselves, deception where the picture would pose as news about them.

What is sexual or nude about them is the business of hard line 1.2 (intimate.py), which reads the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.prompt.lexicon import MAX_SPANS
from safety.prompt.matcher import TermMatcher
from safety.prompt.proximity import WordDistance, merged, outside
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise

FILE = "people.toml"
CATEGORY = "deception"
NAMED, MADE_UP, STAGED, POSED = 0.35, 0.45, 0.65, 0.75  # scores: named; an event, drawn; an event; posing as news
REACH = 10  # words between a name and what frames it: a prompt names many things
NAMES_SHOWN = 3

Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class FramingWords(ConfigModel):
    """Words that say how the picture is to be taken."""

    news: Terms
    photo: Terms
    event: Terms
    drawn: Terms


class Figures(ConfigModel):
    """Names by what the person is known for; `short` are single words that suffice."""

    stage_and_screen: Terms
    sport: Terms
    internet_and_media: Terms
    politics: Terms
    crown_and_faith: Terms
    business: Terms
    short: Terms
    harmless: Terms

    def names(self) -> Iterator[str]:
        """Every name, each once."""
        yield from dict.fromkeys(name for kind, names in self if kind != "harmless" for name in names)


class PublicFiguresFile(ConfigModel):
    """presets/people.toml."""

    figures: Figures
    frame: FramingWords


class PublicFiguresCheck:
    """At most one finding: the gravest of what is said of any public figure."""

    name = "public figures"
    live = True

    def __init__(self, file: PublicFiguresFile) -> None:
        names = ((name, "name") for name in file.figures.names())
        frames = ((term, kind) for kind, terms in file.frame for term in terms)
        harmless = ((phrase, "harmless") for phrase in file.figures.harmless)
        self._scanner = TermMatcher([*names, *frames, *harmless])

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """The names as evidence and as spans, with the words that frame them. The chance of a mere name is nil."""
        text = normalise(prompt.text)
        spans: dict[str, list[Span]] = {}
        for hit in self._scanner.find(text):
            spans.setdefault(hit.meaning, []).append(hit.span)
        named = outside(spans.get("name", []), spans.get("harmless", []))
        if named:
            yield self._finding(text, named, spans)

    def _finding(self, text: Normalised, named: Sequence[Span], spans: dict[str, list[Span]]) -> Finding:
        words = WordDistance(text.typed)
        near = {
            kind: [span for span in sorted(found) if words.near(span, named, REACH)]
            for kind, found in spans.items()
            if kind in FramingWords.model_fields
        }
        score, subcategory, carried = _judged(near)
        names = dict.fromkeys(text.typed[span.start : span.end] for span in merged(named))
        return Finding(
            self.name,
            CATEGORY,
            score,
            ", ".join(list(names)[:NAMES_SHOWN]),
            subcategory,
            tuple(merged([*named, *carried])[:MAX_SPANS]),
            probability=0.0 if score <= MADE_UP else None,
        )


def _judged(near: dict[str, list[Span]]) -> tuple[float, str, list[Span]]:
    """Score, subcategory and what carried it. What is openly drawn passes for nothing that happened."""
    news, photo, event, drawn = (near.get(kind, []) for kind in ("news", "photo", "event", "drawn"))
    if news and not drawn:
        return POSED, "photoreal", news + event
    if event and photo and not drawn:
        return POSED, "photoreal", event + photo
    if event and not drawn:
        return STAGED, "", event
    return (MADE_UP, "figure", event) if event else (NAMED, "figure", [])


def read_public_figures(folder: Path) -> PublicFiguresFile:
    """Reads `people.toml` of the presets folder. Raises PresetError."""
    path = folder / FILE
    return parse(PublicFiguresFile, read_toml(path), path)
