"""Finds names that are on no list, where a full name stands: "photo of Ann Lee", "Ann Lee, topless".

Capitals tell a name; in lower case only its place does, and that the words mean nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from safety.prompt.proximity import WordDistance
from safety.records import Span
from safety.text import Normalised, TextVariant, plain
from safety.text.english import english

# Nats: a commoner English word is no family name in lower case.
FAMILY_NAME = 10.0
# Words between wording and a name behind "photo of".
REACH_PICTURED = 10

# The second name is looked ahead for, so that "photo of Ann Lee" is not used up by "photo of".
_NAME = re.compile(
    r"(?<![^\W_])([^\W\d_]{2,}(?:['’][^\W\d_]+)?)"
    r"(?=(?:[ \-][^\W\d_]\.?)?[ \-](?P<last>[^\W\d_]['’]?[^\W\d_]+)(?![^\W_]))"
)
_INITIALLED = re.compile(r"(?<![^\W_])([^\W\d_]{2,})[ _-](?P<last>[a-z])\.?(?=\s*(?:$|[,.;:!?)]))")
_REACH = 50  # characters before a name in which "by" and "photo of" may stand
_PICTURE_OF = re.compile(
    r"(?:photo|photograph|picture|pic|image|selfie|shot|video|footage|nude|naked|nudes|portrait|painting|drawing|deepfake)s?"
    r"[\W_]+of[\W_]+(?:the[\W_]+)?(?:actress|actor|singer|model|celebrity|influencer|streamer|politician)?[\W_]{0,3}$"
)
# Signs that may stand for a space; a comma parts a name from what it does not belong to.
_TIGHT = re.compile(r"(?:[^\w,;.]|_){1,4}")
_IS = re.compile(r"(?:[^\w,;.]|_){1,4}(?:(?:is|being|posing|standing|lying)\W+)?", re.IGNORECASE)
_WITH = re.compile(r"\W{1,4}with\W{1,4}", re.IGNORECASE)
_ENDS = re.compile(
    r"\s*(?:$|[^\w\s]|(?:with|in|on|at|and|as|is|from|without|wearing|lying|posing|nude|naked|topless)\b)"
)


class FullNames:
    """Finds full names beside sexual or nude wording. `given`, `no_surname`, `artists` in lower case.

    Credits ("by Ann Lee") and artists do not count: a name in a prompt is more often an artist's.
    """

    def __init__(
        self, given: Iterable[str], no_surname: Iterable[str], artists: Iterable[str], credits: Iterable[str]
    ) -> None:
        self._given, self._no_surname = frozenset(given), frozenset(no_surname)
        self._artists = frozenset(plain(name) for name in artists)
        any_credit = "|".join(re.escape(credit) for credit in sorted(credits, key=len, reverse=True))
        self._credit = re.compile(rf"(?:^|[^\w])(?:{any_credit})[\s:,_]+$", re.IGNORECASE)

    def capitalised(self, text: Normalised) -> Iterator[Span]:
        """Yields capitalised pairs with a common given name, unless a credit stands before them."""
        for variant in text.readings:
            for match in _NAME.finditer(variant.text):
                if match[1] not in self._given or match["last"] in self._no_surname:
                    continue
                before = variant.text[max(0, match.start() - _REACH) : match.start()]
                if _is_upper(match, variant, text.typed) and not self._credit.search(before):
                    yield variant.span(match.start(), match.end("last"))

    def in_place(self, text: Normalised, wording: Sequence[Span]) -> Iterator[Span]:
        """Yields names that stand where only a full name does: after "photo of", or right beside `wording`."""
        distance = WordDistance(text.typed)
        for variant in text.readings:
            for match in (*_NAME.finditer(variant.text), *_INITIALLED.finditer(variant.text)):
                if not self._may_be_name(match):
                    continue
                end = match.end("last")
                span = variant.span(match.start(), end)
                if any(other.start < span.end and span.start < other.end for other in wording):
                    continue
                before = variant.text[max(0, match.start() - _REACH) : match.start()]
                pictured = bool(_PICTURE_OF.search(before) and _ENDS.match(variant.text, end))
                near = distance.near(span, wording, REACH_PICTURED) if pictured else _beside(span, wording, text.typed)
                if near and not self._credit.search(before) and self._is_name(match, variant, text.typed, pictured):
                    yield span

    def partners(self, text: Normalised, wording: Sequence[Span]) -> Iterator[Span]:
        """Yields what may be the name of somebody in lower case: two rare words right after wording and "with"."""
        for variant in text.readings:
            for match in _NAME.finditer(variant.text):
                rare = not _is_common(match["last"]) and (match[1] in self._given or not _is_common(match[1]))
                no_name = {match[1], match["last"]} & self._no_surname
                if not rare or no_name or not _ENDS.match(variant.text, match.end("last")):
                    continue
                span = variant.span(match.start(), match.end("last"))
                if any(_WITH.fullmatch(text.typed, other.end, max(other.end, span.start)) for other in wording):
                    yield span

    def _may_be_name(self, match: re.Match[str]) -> bool:
        first, last = match[1], match["last"]
        if f"{first} {last}" in self._artists or {first, last} & self._no_surname:
            return False
        # "Gandalf Bioshock": a figure of one name, and what else the picture is of.
        if first in self._artists and first not in self._given:
            return False
        return first in self._given or not (_is_common(first) or english().knows(last))

    def _is_name(self, match: re.Match[str], variant: TextVariant, typed: str, pictured: bool) -> bool:
        """Tells whether what may be a name is one, by its capitals and how common its words are."""
        if match.re is _INITIALLED:
            return match[1] in self._given
        words, last = english(), match["last"]
        upper = _is_upper(match, variant, typed)
        if match[1] in self._given:
            # What prompts know is a family name in lower case only behind "photo of", and a rare word there.
            rare = not words.knows(last) or (pictured and words.cost.get(last, 0.0) >= FAMILY_NAME)
            return rare or (upper and pictured)
        # In lower case they may be invented or of another language: not where a text of English begins with them.
        strange = not words.knows(match[1]) and not typed[variant.starts[match.start()]].isupper()
        alone = (
            strange
            and not variant.text[: match.start()].strip()
            and words.share(variant.text[match.end("last") :]) == 1.0
        )
        return upper or pictured or alone


def _is_common(word: str) -> bool:
    return english().knows(word) and english().cost.get(word, 0.0) < FAMILY_NAME


def _is_upper(match: re.Match[str], variant: TextVariant, typed: str) -> bool:
    return all(typed[variant.starts[match.start(place)]].isupper() for place in (1, "last"))


def _beside(span: Span, wording: Sequence[Span], typed: str) -> bool:
    """Tells whether only a space stands between a name and wording; behind a name that begins the text, a sign."""
    for other in wording:
        if _TIGHT.fullmatch(typed, other.end, max(other.end, span.start)):
            return True
        between = typed[span.end : other.start]
        if _IS.fullmatch(between) or (not typed[: span.start].strip() and between and not between.strip(" ,:;-_")):
            return True
    return False


def artists_of(path: Path) -> Iterator[str]:
    """Yields the names of a list of artists (tab-separated, the name first), the dead ones too."""
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")[0]
