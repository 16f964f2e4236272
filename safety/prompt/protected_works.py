"""Characters, marks and artists whose works are protected: pointed out, and a copy that is to pass for one held up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.prompt.lexicon import MAX_SPANS
from safety.prompt.matcher import TermMatch, TermMatcher
from safety.prompt.proximity import WordDistance, merged, outside
from safety.records import Finding, Prompt, Span
from safety.text import normalise

FOLDER, FILE, ARTISTS = "works", "works.toml", "artists.tsv"
CATEGORY = "protected_works"
NAMED, COPIED = 0.4, 0.85
PROTECTED = 70  # years after the artist's death (Berne Convention: at least 50; most countries: 70)
REACH = 3  # words between an ambiguous name and what makes it clear
COPY_REACH = 12
CREDIT_REACH = 90  # characters in which "by a, b and c" credits c
SHOWN = 3

# A name in capitals before the word, wherever the list of marks ends; not the first word of a sentence.
_NAMED_LOGO = re.compile(r"(?<=[a-z,] )[A-Z][\w&'’.-]*(?: [A-Z][\w&'’.-]*){0,3}(?= (?:logo|emblem|wordmark)\b)")
_NEW_SENTENCE = re.compile(r"[.;!?\n]\s")

Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class Characters(ConfigModel):
    names: Terms
    ambiguous: Terms
    beside: Terms


class Trademarks(ConfigModel):
    names: Terms
    beside: Terms


class Artists(ConfigModel):
    names: Terms
    credit: Terms
    follows: Terms


class CopyRequests(ConfigModel):
    words: Terms


class ProtectedWorksFile(ConfigModel):
    """presets/works/works.toml."""

    characters: Characters
    marks: Trademarks
    artists: Artists
    copy_words: CopyRequests = Field(alias="copy")


@dataclass(frozen=True, slots=True)
class Artist:
    """`years` as text, "1881-1973" or "born 1937", "" where unknown."""

    name: str
    years: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: str
    said: str = ""


class ProtectedWorksCheck:
    """One finding each for characters, marks and styles; the subcategory says which."""

    name = "protected works"
    live = True

    def __init__(self, file: ProtectedWorksFile, artists: Iterable[Artist]) -> None:
        known = {artist.name.lower(): artist.years for artist in artists}
        sayings = {name: "" for name in file.artists.names} | known
        named = ((name, _Meaning("artist", _said(name, years))) for name, years in sayings.items())
        groups = {
            "character": file.characters.names,
            "ambiguous": file.characters.ambiguous,
            "clue": file.characters.beside,
            "mark": file.marks.names,
            "sign": file.marks.beside,
            "copy": file.copy_words.words,
        }
        plainly = ((term, _Meaning(kind)) for kind, terms in groups.items() for term in terms)
        self._scanner = TermMatcher([*named, *plainly])
        self._credit = _either(file.artists.credit)
        self._follows = re.compile(rf"[\s\-]?(?:{_alternatives(file.artists.follows)})\b", re.IGNORECASE)

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """The names as evidence and spans. A remark says nothing of harm: its chance is nil."""
        hits = self._scanner.find(normalise(prompt.text))
        words = WordDistance(prompt.text)
        spans = {kind: _spans(hits, kind) for kind in ("ambiguous", "clue", "mark", "sign", "copy")}
        found = {
            "character": _spans(hits, "character") + _beside(spans["ambiguous"], spans["clue"], words),
            "mark": _beside(spans["mark"], spans["sign"], words) + _logos(prompt.text),
            "style": self._credited(hits, prompt.text),
        }
        for subcategory, places in found.items():
            if places:
                copied = words.any_near(sorted(places), spans["copy"], COPY_REACH)
                yield _finding(subcategory, sorted(places), copied, hits, prompt.text)

    def _credited(self, hits: Sequence[TermMatch[_Meaning]], typed: str) -> list[Span]:
        """Artists with "by" or the like before them in the same sentence, or "style" after."""
        credited = []
        for span in _spans(hits, "artist"):
            before = typed[max(0, span.start - CREDIT_REACH) : span.start]
            sentence = _NEW_SENTENCE.split(before)[-1]
            if self._credit.search(sentence) or self._follows.match(typed, span.end):
                credited.append(span)
        return credited


def _finding(
    subcategory: str, places: Sequence[Span], copied: bool, hits: Sequence[TermMatch[_Meaning]], typed: str
) -> Finding:
    said = (
        {hit.span: hit.meaning.said for hit in hits if hit.meaning.kind == "artist"} if subcategory == "style" else {}
    )
    shown = merged(places)[:MAX_SPANS]
    names = dict.fromkeys(said.get(span) or typed[span.start : span.end] for span in shown)
    evidence = ", ".join(list(names)[:SHOWN])
    score = COPIED if copied else NAMED
    return Finding(
        ProtectedWorksCheck.name,
        CATEGORY,
        score,
        evidence,
        subcategory,
        tuple(shown),
        probability=None if copied else 0.0,
    )


def _said(name: str, years: str) -> str:
    return f"{name.title()} ({years})" if years else ""


def _spans(hits: Sequence[TermMatch[_Meaning]], kind: str) -> list[Span]:
    return sorted(hit.span for hit in hits if hit.meaning.kind == kind)


def _beside(places: Sequence[Span], others: Sequence[Span], words: WordDistance) -> list[Span]:
    """The places that have one of the others near them, but are not inside it."""
    return [place for place in outside(places, others) if words.near(place, others, REACH)]


def _logos(typed: str) -> list[Span]:
    return [Span(*match.span()) for match in _NAMED_LOGO.finditer(typed)]


def _alternatives(terms: Iterable[str]) -> str:
    return "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True))


def _either(terms: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_alternatives(terms)})\b", re.IGNORECASE)


def load_protected_works(folder: Path, year: int | None = None) -> ProtectedWorksCheck:
    """Reads `works/` of the presets folder. Who is free in `year` (default: now) is left out. Raises PresetError."""
    path = folder / FOLDER / FILE
    year = datetime.now(UTC).year if year is None else year
    return ProtectedWorksCheck(
        parse(ProtectedWorksFile, read_toml(path), path), read_artists(folder / FOLDER / ARTISTS, year)
    )


def read_artists(path: Path, year: int) -> Iterator[Artist]:
    """Artists not yet dead for PROTECTED years, counted from the end of the year of death. Raises PresetError."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            name, born, died = line.split("\t")
            if not died or int(died) + PROTECTED >= year:
                yield Artist(name, f"{born}-{died}" if died else f"born {int(born)}")
        except ValueError:
            raise PresetError(f"{path}, line {number}: not name, born, died", ADVICE) from None
