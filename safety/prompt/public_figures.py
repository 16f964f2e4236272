"""Finds public figures: a remark by themselves, deception where the picture would pose as news about them.

What is sexual or nude about them is found by hard line 1.2 (intimate_imagery.py), which has the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from safety.config import ConfigModel
from safety.prompt.lexicon import MAX_SPANS, Score, Terms
from safety.prompt.matcher import TermMatcher
from safety.prompt.proximity import WordDistance, merged, outside
from safety.records import Finding, Prompt, Span
from safety.text import Normalised, normalise

FILE = "people.toml"
CATEGORY = "deception"
REACH = 10  # words between a name and what frames it: a prompt names many things
REACH_THREAT = 4
MAX_NAMES = 3  # that a finding shows


class FigureScores(ConfigModel):
    """Holds the table `score` of presets/people.toml: what a prompt about a public figure scores, 0..1."""

    named: Score
    # At an event that is openly drawn.
    made_up: Score
    # At an event.
    staged: Score
    # In the news, or at an event in a photograph.
    posed: Score
    # Killed, hanged or aimed at: drawn, too.
    threatened: Score


class FramingWords(ConfigModel):
    """Holds the words that say how a picture is to be taken."""

    news: Terms
    photo: Terms
    event: Terms
    drawn: Terms


class Figures(ConfigModel):
    """Holds names by what the person is known for; `short` are single words that suffice."""

    stage_and_screen: Terms
    sport: Terms
    internet_and_media: Terms
    politics: Terms
    crown_and_faith: Terms
    business: Terms
    short: Terms
    nicknames: Terms
    harmless: Terms
    # Of the names above, those of people who have died: their death is history.
    dead: Terms

    def names(self) -> Iterator[str]:
        """Yields every name, each once."""
        others = ("harmless", "dead")
        yield from dict.fromkeys(name for kind, names in self if kind not in others for name in names)


class PublicFiguresFile(ConfigModel):
    """Holds presets/people.toml."""

    score: FigureScores
    figures: Figures
    frame: FramingWords
    threat: Terms


class PublicFiguresCheck:
    """Yields the gravest of what is said of any public figure, and a threat to one who lives."""

    name = "public figures"
    live = True

    def __init__(self, file: PublicFiguresFile) -> None:
        names = ((name, "name") for name in file.figures.names())
        frames = ((term, kind) for kind, terms in file.frame for term in terms)
        harmless = ((phrase, "harmless") for phrase in file.figures.harmless)
        dead = ((name, "dead") for name in file.figures.dead)
        threats = ((term, "threat") for term in file.threat)
        self._matcher = TermMatcher([*names, *frames, *harmless, *dead, *threats])
        self._scores = file.score

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds the names as evidence and as spans, with the words that frame them. A mere name has probability 0."""
        text = normalise(prompt.text)
        spans: dict[str, list[Span]] = {}
        for match in self._matcher.find(text):
            spans.setdefault(match.meaning, []).append(match.span)
        named = outside(spans.get("name", []), spans.get("harmless", []))
        if named:
            yield self._finding(text, named, spans)
            yield from self._threat(text, outside(named, spans.get("dead", [])), spans.get("threat", []))

    def _threat(self, text: Normalised, living: Sequence[Span], threats: Sequence[Span]) -> Iterator[Finding]:
        distance = WordDistance(text.typed)
        near = [span for span in threats if distance.near(span, sorted(living), REACH_THREAT)]
        if near:
            evidence = text.typed[near[0].start : near[0].end]
            spans = tuple(merged([*living, *near])[:MAX_SPANS])
            yield Finding(self.name, "harassment", self._scores.threatened, evidence, "threat", spans)

    def _finding(self, text: Normalised, named: Sequence[Span], spans: dict[str, list[Span]]) -> Finding:
        distance = WordDistance(text.typed)
        near = {
            kind: [span for span in sorted(places) if distance.near(span, named, REACH)]
            for kind, places in spans.items()
            if kind in FramingWords.model_fields
        }
        score, subcategory, framing = self._framed(near)
        names = dict.fromkeys(text.typed[span.start : span.end] for span in merged(named))
        return Finding(
            self.name,
            CATEGORY,
            score,
            ", ".join(list(names)[:MAX_NAMES]),
            subcategory,
            tuple(merged([*named, *framing])[:MAX_SPANS]),
            probability=0.0 if score <= self._scores.made_up else None,
        )

    def _framed(self, near: dict[str, list[Span]]) -> tuple[float, str, list[Span]]:
        """Returns the score, the subcategory and the spans that led to them."""
        news, photo, event, drawn = (near.get(kind, []) for kind in ("news", "photo", "event", "drawn"))
        # What is openly drawn passes for nothing that happened.
        if news and not drawn:
            return self._scores.posed, "photoreal", news + event
        if event and photo and not drawn:
            return self._scores.posed, "photoreal", event + photo
        if event and not drawn:
            return self._scores.staged, "", event
        return (self._scores.made_up, "figure", event) if event else (self._scores.named, "figure", [])


def read_public_figures(presets: Path) -> PublicFiguresFile:
    """Reads `people.toml` of the presets. Raises PresetError."""
    return PublicFiguresFile.load(presets / FILE)
