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
_GAP = r"[\W_]{1,4}"
_BETWEEN = rf"(?:[^\W\d_]+{_GAP}){{0,2}}"


class IdentifiedPeople:
    """Finds people in all readings of a text by the words of the presets."""

    def __init__(self, words: IdentifiedWords) -> None:
        owner, person, photo = _any(words.owner), _any(words.person), _any(words.photo)
        all_pictures = (*words.photo, *words.picture)
        handed_over, picture = _any(words.handed_over), _any(all_pictures)
        # Each with the words of which one is there wherever it matches: most texts have none, and are not searched.
        forms: tuple[tuple[Iterable[str], str], ...] = (
            (words.owner, rf"{owner}{_GAP}{_BETWEEN}{_any(words.relation)}"),
            (words.owner, rf"{person}{_GAP}(?:from|in|at){_GAP}{owner}{_GAP}{_BETWEEN}{_any(words.place)}"),
            # In a photo of the writer's, or one that was handed over; in "the photo" too, but not in "the painting".
            (
                all_pictures,
                rf"{person}{_GAP}(?:in|from|on|of){_GAP}(?:{owner}|this|that|these){_GAP}{_BETWEEN}{picture}",
            ),
            (words.handed_over, rf"{person}{_GAP}(?:in|from|on|of){_GAP}(?:the{_GAP})?{handed_over}{_GAP}{picture}"),
            (words.photo, rf"(?:the|this|that){_GAP}{person}{_GAP}(?:in|from|on){_GAP}the{_GAP}{photo}"),
            (words.profession, rf"{_any(words.profession)}{_GAP}{_BETWEEN}{_any(words.known_by)}{_GAP}[^\W_]+"),
            # Initials: the letters are a name to whom the profession tells which.
            (words.profession, rf"{_any(words.profession)}{_GAP}[a-z][. ]{{1,2}}[a-z](?:\.|(?![^\W_]))"),
            (words.office, _any(words.office)),
        )
        self._forms = [(_last_words(terms), re.compile(rf"(?<![^\W_]){form}(?![^\W_])")) for terms, form in forms]
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


def _last_words(terms: Iterable[str]) -> frozenset[str]:
    return frozenset(_WORD.findall(form)[-1] for term in terms for form in expand_braces(term))


def _any(terms: Iterable[str]) -> str:
    """Returns a pattern for any of the terms, a hyphen or several signs for a space included."""
    forms = {form for term in terms for form in expand_braces(term)}
    patterns = (_GAP.join(map(re.escape, form.split(" "))) for form in sorted(forms, key=len, reverse=True))
    return f"(?:{'|'.join(patterns)})"
