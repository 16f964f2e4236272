"""Finds clothes that are said to be missing, to go or to show what is below: nudity that no word names.

"Isn't dressed", "lacking any garment", "bez ubrań", "the blouse erased", "replace the dress with skin". Words are data
(`hardlines.toml`, table `absent`), how they follow one another is here. It says something only of real people: of
anybody else most of it is said of laundry, of shops and of children at a beach.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from safety.prompt.hard_line_words import AbsentWords
from safety.prompt.identified_people import GAP, any_of, last_words
from safety.records import Span
from safety.text import Normalised, plain

_WORD = re.compile(r"[^\W_]+")
_ONE = r"[^\W\d_]+"
_IS = r"(?:is|are|was|were|being|all|now|fully|has|have|been)"
_ANYTHING = ("anything", "thing", "stitch")
_NEGATED = (
    r"(?:not|never|neither|hardly|barely|cannot|forgot|forgets|refuse[sd]?"
    r"|(?:is|are|was|were|do|does|did|has|have|had|ca|could|would|wo|should)n['’\s]?t)"
)
# "Dressed as", "dressed for": what follows says how.
_DRESSED = (
    r"(?:dressed|clothed|clad)(?![\s_-](?:as|in|like|for|up|well|to|by|with|warmly|properly|alike|appropriately)\b)"
)
# Somebody's clothes: "her", "all the", "Ann Lee's".
_WHOSE = (
    r"(?:(?:her|his|their|the|all|any|a|an|single|every|of|item|piece|stitch)[\s_]"
    r"|(?:[^\W\d_]+[\s_]){0,2}[^\W\d_]+['’]s?\s){0,3}"
)
# A "clothes rack" and a "clothing line" are not worn.
_NO_COMPOUND = (
    r"(?![\s_-](?:line|lines|collection|rack|racks|brand|shop|store|label|hanger|pile|pin|peg|dryer|button|collar|pocket|design)s?"
    r"(?![^\W_]))"
)
# Nothing follows that it could belong to: "only jewelry brands".
_ALL = r"(?=\s{0,2}(?:$|[^\w\s]|(?:and|or|on|in|at|with|while|for|by|as|under)(?![^\W_])))"
_BY = rf"{_WHOSE}(?:[^\W\d_]+[\s_-])?"


class AbsentClothes:
    """Finds in all readings of a text what amounts to nudity on a person, by the words of the presets."""

    def __init__(self, words: AbsentWords) -> None:
        all_worn = (*words.clothes, *words.garment)
        garment, under = (_any((*words.clothes, *more)) + _NO_COMPOUND for more in (words.garment, words.underneath))
        removing, worn, gone = _any(words.removing), _any(words.worn), _any(words.gone)
        air, little = _any(words.air) + _ALL, _any(words.little) + _ALL
        # Each with the words of which one is there wherever it matches. A space is any gap between words.
        forms: tuple[tuple[Iterable[str], str], ...] = (
            ((*words.clothes, *words.underneath), rf"{_any((*words.without, *words.less))} {_WHOSE}{under}"),
            (words.foreign_clothes, rf"{_any(words.foreign_without)} (?:{_ONE} )?{_any(words.foreign_clothes)}"),
            ((*words.clothes, *words.underneath), rf"{_NEGATED} (?:{_ONE} )?{worn} {_WHOSE}{under}"),
            (_ANYTHING, rf"{_NEGATED} (?:{_ONE} )?{worn} (?:anything|a thing|a stitch)(?: on)?"),
            (all_worn, rf"no longer (?:{worn}|in) {_WHOSE}{garment}"),
            (("dressed", "clothed", "clad"), rf"{_NEGATED} (?:{_ONE} ){{0,2}}{_DRESSED}"),
            (all_worn, rf"{garment} (?:{_IS} ){{1,3}}{gone}(?! from(?![^\W_]))"),
            (all_worn, rf"{garment} {gone}{_ALL}"),
            (all_worn, rf"{removing} {_BY}{garment}"),
            (all_worn, rf"{_any(words.seen_through)} {_BY}{garment}"),
            (("nothing",), rf"wear(?:s|ing)? (?:absolutely|literally|completely|totally|really|quite) nothing{_ALL}"),
            (
                ("skin", "nudity", "nothing"),
                rf"{_any(words.replacing)} (?:{_ONE}(?:['’]s)? ){{0,4}}{garment} (?:with|by|to|into) (?:{_ONE} )?"
                r"(?:skin|nudity|nothing)",
            ),
            (words.air, rf"{_any(words.clad)} (?:(?:only|just|nothing|but|except|in|purely|solely) ){{0,3}}{air}"),
            (words.little, rf"(?:only|just|nothing (?:but|except)) (?:in |wearing )?(?:{_ONE} )?{little}"),
            (words.phrases, _any(words.phrases)),
        )
        taken = (
            rf"{removing} {_WHOSE}{_any(words.clothes)}{_NO_COMPOUND}"
            rf"|(?:{removing}|take|takes|taking|pull) (?:her|his|their) {garment}(?: off)?"
        )
        shown = rf"(?:from|in|on|of) (?:(?:the|this|that|my|a|her|his|their) )?{_any(words.pictures)}"
        self._forms = [_compiled(telling, form) for telling, form in forms]
        self._edits = [_compiled(words.pictures, rf"(?:{taken}) {shown}")]

    def find(self, text: Normalised) -> Iterator[Span]:
        """Yields where clothes are missing, go or are seen through."""
        return _found(self._forms, text)

    def taken_out_of_picture(self, text: Normalised) -> Iterator[Span]:
        """Yields where somebody's clothes are to be taken out of a picture: who it is, it shows."""
        return _found(self._edits, text)


def _found(forms: Sequence[tuple[frozenset[str], re.Pattern[str]]], text: Normalised) -> Iterator[Span]:
    for variant in text.readings:
        words = frozenset(_WORD.findall(variant.text))
        for telling, form in forms:
            if words.isdisjoint(telling):
                continue
            for match in form.finditer(variant.text):
                yield variant.span(match.start(), match.end())


def _compiled(telling: Iterable[str], form: str) -> tuple[frozenset[str], re.Pattern[str]]:
    return last_words(map(plain, telling)), re.compile(rf"(?<![^\W_])(?:{form.replace(' ', GAP)})(?![^\W_])")


def _any(words: Iterable[str]) -> str:
    return any_of(map(plain, words))
