"""Finds people who can be told from others without a name: those whom the writer knows, pictured or in an office.

"My old boss", "the woman in my photo", "the actress who plays ...", "the president of ...". The words are data
(`hardlines.toml`, table `identified`), how they follow one another is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from safety.prompt.hard_line_words import IdentifiedWords
from safety.prompt.matcher import TermMatcher, expand_braces
from safety.records import Span
from safety.text import Normalised

_WORD = re.compile(r"[^\W_]+")
GAP = r"[\W_]{1,4}"
_BETWEEN = rf"(?:[^\W\d_]+{GAP}){{0,2}}"


class IdentifiedPeople:
    """Finds people in all readings of a text by the words of the presets."""

    def __init__(self, words: IdentifiedWords) -> None:
        owner, person, photo = any_of(words.owner), any_of(words.person), any_of(words.photo)
        all_pictures = (*words.photo, *words.picture)
        handed_over, picture = any_of(words.handed_over), any_of(all_pictures)
        # Each with the words of which one is there wherever it matches: most texts have none, and are not searched.
        forms: tuple[tuple[Iterable[str], str], ...] = (
            (words.owner, rf"{owner}{GAP}{_BETWEEN}{any_of(words.relation)}"),
            (words.owner, rf"{person}{GAP}(?:from|in|at){GAP}{owner}{GAP}{_BETWEEN}{any_of(words.place)}"),
            # In a photo of the writer's, or one that was handed over; in "the photo" too, but not in "the painting".
            (
                all_pictures,
                rf"{person}{GAP}(?:in|from|on|of){GAP}(?:{owner}|this|that|these){GAP}{_BETWEEN}{picture}",
            ),
            (words.handed_over, rf"{person}{GAP}(?:in|from|on|of){GAP}(?:the{GAP})?{handed_over}{GAP}{picture}"),
            (words.photo, rf"(?:the|this|that){GAP}{person}{GAP}(?:in|from|on){GAP}the{GAP}{photo}"),
            (words.profession, rf"{any_of(words.profession)}{GAP}{_BETWEEN}{any_of(words.known_by)}{GAP}[^\W_]+"),
            # Initials: the letters are a name to whom the profession tells which.
            (words.profession, rf"{any_of(words.profession)}{GAP}[a-z][. ]{{1,2}}[a-z](?:\.|(?![^\W_]))"),
            (words.office, any_of(words.office)),
        )
        self._forms = [(last_words(terms), re.compile(rf"(?<![^\W_]){form}(?![^\W_])")) for terms, form in forms]
        self._phrases = TermMatcher((phrase, None) for phrase in words.phrases)

    def find(self, text: Normalised) -> Iterator[Span]:
        """Yields where somebody is said who can be told from others."""
        yield from (match.span for match in self._phrases.find(text))
        for variant in text.readings:
            words = frozenset(_WORD.findall(variant.text))
            for telling, form in self._forms:
                if words.isdisjoint(telling):
                    continue
                for match in form.finditer(variant.text):
                    yield variant.span(match.start(), match.end())


def last_words(terms: Iterable[str]) -> frozenset[str]:
    """Returns the last word of each form of the terms."""
    return frozenset(_WORD.findall(form)[-1] for term in terms for form in expand_braces(term))


def any_of(terms: Iterable[str]) -> str:
    """Returns a pattern for any of the terms, a hyphen or several signs for a space included."""
    forms = {form for term in terms for form in expand_braces(term)}
    patterns = (GAP.join(map(re.escape, form.split(" "))) for form in sorted(forms, key=len, reverse=True))
    return f"(?:{'|'.join(patterns)})"
