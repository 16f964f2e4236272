"""Finds characters, marks and artists whose works are protected: a remark, and more where a copy is to pass for one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from safety.config import ConfigModel, read_rows, row_error
from safety.prompt.lexicon import MAX_SPANS, Score, Terms
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.prompt.proximity import WordDistance, merged, outside
from safety.records import Finding, Prompt, Span
from safety.text import normalise

FOLDER, FILE, ARTISTS = "works", "works.toml", "artists.tsv"
CATEGORY = "protected_works"
PROTECTED_YEARS = 70  # after the artist's death (Berne Convention: at least 50; most countries: 70)
REACH = 3  # words between an ambiguous name and what makes it clear
COPY_REACH = 12  # words between a name and what asks for a copy
CREDIT_REACH = 90  # characters in which "by a, b and c" credits c
MAX_NAMES = 3  # that a finding shows
MAX_STYLES = 2  # artists in whose manner a picture can be

# A name in capitals before the word, wherever the list of marks ends; not the first word of a sentence.
_NAMED_LOGO = re.compile(r"(?<=[a-z,] )[A-Z][\w&'’.-]*(?: [A-Z][\w&'’.-]*){0,3}(?= (?:logo|emblem|wordmark)\b)")
_NEW_SENTENCE = re.compile(r"[.;!?\n]\s")


class WorkScores(ConfigModel):
    """Holds the table `score` of presets/works/works.toml: what a name, and a copy of a work, score, 0..1."""

    named: Score
    copied: Score


class Characters(ConfigModel):
    """Holds names of characters; an ambiguous one counts only with a word of `beside` near it."""

    names: Terms
    ambiguous: Terms
    beside: Terms


class Trademarks(ConfigModel):
    """Holds names of marks, each of which counts only with a word of `beside` near it."""

    names: Terms
    beside: Terms


class Artists(ConfigModel):
    """Holds names of artists, each of which counts only with a word of `credit` before or of `follows` behind it."""

    names: Terms
    credit: Terms
    follows: Terms


class CopyRequests(ConfigModel):
    """Holds words that ask for a copy that is to pass for the original."""

    words: Terms


class ProtectedWorksFile(ConfigModel):
    """Holds presets/works/works.toml."""

    score: WorkScores
    characters: Characters
    marks: Trademarks
    artists: Artists
    copy_words: CopyRequests = Field(alias="copy")


@dataclass(frozen=True, slots=True)
class Artist:
    """Holds an artist. `years` as text, "1881-1973" or "born 1937", "" where unknown."""

    name: str
    years: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: str
    label: str = ""


class ProtectedWorksCheck:
    """Yields one finding each for characters, marks and styles; the subcategory says which."""

    name = "protected works"
    live = True

    def __init__(self, file: ProtectedWorksFile, artists: Iterable[Artist]) -> None:
        years_of = {name: "" for name in file.artists.names}
        years_of |= {artist.name.lower(): artist.years for artist in artists}
        named = ((name, _Meaning("artist", _label(name, years))) for name, years in years_of.items())
        groups = {
            "character": file.characters.names,
            "ambiguous": file.characters.ambiguous,
            "clue": file.characters.beside,
            "mark": file.marks.names,
            "sign": file.marks.beside,
            "copy": file.copy_words.words,
        }
        unlabelled = ((term, _Meaning(kind)) for kind, terms in groups.items() for term in terms)
        self._matcher = TermMatcher([*named, *unlabelled])
        self._credit = re.compile(rf"\b(?:{_alternatives(file.artists.credit)})\b", re.IGNORECASE)
        self._follows = re.compile(rf"[\s\-]?(?:{_alternatives(file.artists.follows)})\b", re.IGNORECASE)
        self._scores = file.score
        self.characters = (*file.characters.names, *file.characters.ambiguous)

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds the names as evidence and spans. A mere name has probability 0: it says nothing of harm."""
        matches = self._matcher.find(normalise(prompt.text))
        distance = WordDistance(prompt.text)
        spans = {kind: _spans(matches, kind) for kind in ("ambiguous", "clue", "mark", "sign", "copy")}
        places = {
            "character": _spans(matches, "character") + _beside(spans["ambiguous"], spans["clue"], distance),
            "mark": _beside(spans["mark"], spans["sign"], distance) + _logos(prompt.text),
            "style": self._credited(matches, prompt.text),
        }
        labels = {match.span: match.meaning.label for match in matches if match.meaning.kind == "artist"}
        for subcategory, found in places.items():
            copied = distance.any_near(sorted(found), spans["copy"], COPY_REACH)
            names = labels if subcategory == "style" else {}
            # Three artists' manners together are nobody's.
            artists = {prompt.text[span.start : span.end].lower() for span in found if subcategory == "style"}
            mixed = len(artists) > MAX_STYLES
            if found and (copied or not mixed):
                yield self._finding(subcategory, merged(found)[:MAX_SPANS], copied, names, prompt.text)

    def _credited(self, matches: Sequence[TermMatch[_Meaning]], typed: str) -> list[Span]:
        """Returns artists with "by" or the like before them in the same sentence, or "style" after."""
        credited = []
        for span in _spans(matches, "artist"):
            before = typed[max(0, span.start - CREDIT_REACH) : span.start]
            sentence = _NEW_SENTENCE.split(before)[-1]
            if self._credit.search(sentence) or self._follows.match(typed, span.end):
                credited.append(span)
        return credited

    def _finding(
        self, subcategory: str, spans: Sequence[Span], copied: bool, labels: dict[Span, str], typed: str
    ) -> Finding:
        names = dict.fromkeys(labels.get(span) or typed[span.start : span.end] for span in spans)
        return Finding(
            self.name,
            CATEGORY,
            self._scores.copied if copied else self._scores.named,
            ", ".join(list(names)[:MAX_NAMES]),
            subcategory,
            tuple(spans),
            probability=None if copied else 0.0,
        )


def _label(name: str, years: str) -> str:
    return f"{name.title()} ({years})" if years else ""


def _spans(matches: Sequence[TermMatch[_Meaning]], kind: str) -> list[Span]:
    return sorted(match.span for match in matches if match.meaning.kind == kind)


def _beside(places: Sequence[Span], others: Sequence[Span], distance: WordDistance) -> list[Span]:
    """Returns the places that have one of the others near them, but are not inside it."""
    return [place for place in outside(places, others) if distance.near(place, others, REACH)]


def _logos(typed: str) -> list[Span]:
    return [Span(*match.span()) for match in _NAMED_LOGO.finditer(typed)]


def _alternatives(terms: Iterable[str]) -> str:
    return "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))


def load_protected_works(presets: Path, year: int | None = None) -> ProtectedWorksCheck:
    """Reads the folder `works` of the presets, without artists who are free in `year` (default: now).

    Raises PresetError that names the file.
    """
    folder = presets / FOLDER
    year = datetime.now(UTC).year if year is None else year
    return ProtectedWorksCheck(ProtectedWorksFile.load(folder / FILE), read_artists(folder / ARTISTS, year))


def read_artists(path: Path, year: int) -> Iterator[Artist]:
    """Yields artists not yet dead for PROTECTED_YEARS, counted from the end of the year of death.

    Raises PresetError that names file and line.
    """
    columns = "name, born, died"
    for number, (name, born, died) in read_rows(path, columns):
        try:
            if not died or int(died) + PROTECTED_YEARS >= year:
                yield Artist(name, f"{born}-{died}" if died else f"born {int(born)}")
        except ValueError:
            raise row_error(path, number, columns) from None
