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
    r"(?<![^\W_])([^\W\d_]{2,}(?:['’][^\W\d_]+)?)(?=((?:[ \-][^\W\d_]\.?)?[ \-](?P<last>[^\W\d_]['’]?[^\W\d_]+))(?![^\W_]))"
)
_INITIALLED = re.compile(r"(?<![^\W_])([^\W\d_]{2,})[ _-](?P<last>[a-z])\.?(?=\s*(?:$|[,.;:!?)]))")
_CREDIT_REACH = 40  # characters before a name in which "by", "after" may stand
_PICTURE_OF = re.compile(
    r"(?:photo|photograph|picture|pic|image|selfie|shot|video|footage|nude|naked|nudes|portrait|painting|drawing|deepfake)s?"
    r"[\W_]+of[\W_]+(?:the[\W_]+)?(?:actress|actor|singer|model|celebrity|influencer|streamer|politician)?[\W_]{0,3}$"
)
_IS = re.compile(r"\s+(?:is\s+|being\s+|posing\s+|standing\s+|lying\s+)?", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:$|[,.;:!?)\]|]|(?:with|in|on|at|and|as|is|from|without|wearing|lying|posing|nude|naked|topless)\b)")


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

    def capitalised(self, typed: str) -> Iterator[Span]:
        """Yields capitalised pairs with a common given name, unless a credit stands before them."""
        for match in _NAME.finditer(typed):
            first, last = match[1], match["last"]
            if not (first[0].isupper() and last[0].isupper()) or plain(first) not in self._given:
                continue
            before = typed[max(0, match.start() - _CREDIT_REACH) : match.start()]
            if plain(last) not in self._no_surname and not self._credit.search(before):
                yield Span(match.start(), match.end(2))

    def in_place(self, text: Normalised, wording: Sequence[Span]) -> Iterator[Span]:
        """Yields names that stand where only a full name does: after "photo of", or right beside `wording`."""
        distance = WordDistance(text.typed)
        for variant in text.variants:
            for match in (*_NAME.finditer(variant.text), *_INITIALLED.finditer(variant.text)):
                end = match.end("last")
                pictured = _PICTURE_OF.search(variant.text, 0, match.start()) and _ENDS.match(variant.text, end)
                span = variant.span(match.start(), end)
                near = distance.near(span, wording, REACH_PICTURED) if pictured else _beside(span, wording, text.typed)
                if near and self._is_name(match, variant, text.typed, bool(pictured)):
                    yield span

    def _is_name(self, match: re.Match[str], variant: TextVariant, typed: str, pictured: bool) -> bool:
        first, last = match[1], match["last"]
        if f"{first} {last}" in self._artists or {first, last} & self._no_surname:
            return False
        if self._credit.search(variant.text[max(0, match.start() - _CREDIT_REACH) : match.start()]):
            return False
        if match.re is _INITIALLED:
            return first in self._given
        words = english()
        upper = all(typed[variant.starts[match.start(place)]].isupper() for place in (1, "last"))
        # A word that prompts know is a family name in lower case only behind "photo of", and a rare one there.
        rare = not words.knows(last) or (pictured and words.cost.get(last, 0.0) >= FAMILY_NAME)
        if first in self._given:
            return rare or (upper and pictured)
        strange = not words.knows(first) and not words.knows(last)
        # In lower case they may be invented or of another language: not where a text of English begins with them.
        alone = not variant.text[: match.start()].strip() and words.share(variant.text[match.end("last") :]) == 1.0
        return strange and (upper or pictured or alone)


def _beside(span: Span, wording: Sequence[Span], typed: str) -> bool:
    """Tells whether nothing but a space stands between a name and wording; behind a name that begins the text, a sign."""
    for other in wording:
        if typed[other.end : span.start].isspace():
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
