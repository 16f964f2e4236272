"""Finds ages of people that a text states, in figures or words, in the languages spoken most."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safety.records import Span
from safety.text import Normalised

_NUMBER_WORDS = """
one un une uno um ein; two deux dos due dois zwei; three trois tres tre drei; four quatre cuatro quattro quatro vier;
five cinq cinco cinque funf; six seis sei sechs; seven sept siete sette sete sieben; eight huit ocho otto oito acht;
nine neuf nueve nove neun;
ten dix diez dieci dez zehn; eleven onze once undici elf; twelve douze doce dodici doze zwolf;
thirteen treize trece tredici treze dreizehn; fourteen quatorze catorce quattordici vierzehn;
fifteen quinze quince quindici funfzehn; sixteen seize dieciseis sedici dezesseis sechzehn;
seventeen dixsept diecisiete diciassette dezessete siebzehn
"""
_AGE_OF = {word: age for age, words in enumerate(_NUMBER_WORDS.split(";"), 1) for word in words.split()}
_NUMBER = r"(?<![^\W_])(?<!\d[.,])(\d{1,3}|" + "|".join(sorted(_AGE_OF, key=len, reverse=True)) + ")"
_GAP = r"[\s\-_]{0,3}"
# Old things that are no people.
_THINGS = re.compile(
    r"[\s,]{0,2}(?:single malt|scotch|whisk|bourbon|rum\b|wine|port\b|cheese|brandy|cognac|tequila|balsamic|"
    r"house|building|tree|oak|car\b|truck|dog|cat\b|horse|tradition|church|castle|company|bottle|painting|temple|bonsai)"
)
_STATED_AGES = tuple(
    re.compile(pattern)
    for pattern in (
        _NUMBER + _GAP + r"(?:(?:years?|yrs?|y|months?|weeks?|days?)[\s\-_/.]{0,2})(?:old|olds|o)(?![^\W_])",
        r"(?<![^\W_])(?:aged?|ages)(?:\s+of)?[\s:\-]{0,2}" + _NUMBER + r"(?![^\W_]|[.,]\d)",
        _NUMBER + _GAP + r"(?:years|months)\s+of\s+age",
        _NUMBER + _GAP + r"(?:anos|ans|anni|jahre|jahren|jahrige[rsnm]?|jahrig|лет|года|летн\w{1,4})(?![^\W_])",
        # "girl, 15": a bare number after a person, if nothing follows that it could count
        r"(?<![^\W_])(?:girl|boy|she|he|female|male|daughter|son|student)(?:\s(?:is|was|of|just))?[\s,:(\-]{0,3}"
        r"(?<!\d)(1[0-7]|[6-9]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
        r"(?=\s{0,2}(?:$|[,;)!?]|\.(?!\d)|(?:and|nude|naked|sexy|topless|in|posing|wearing)(?![^\W_])))",
        r"(\d{1,2})\s?(?:歳|才|岁|歲|살|세)",
    )
)


def ages_below(limit: int, text: Normalised) -> Iterator[Span]:
    """Yields where a person younger than `limit` years is stated. Months, weeks and days count as 0 years."""
    for variant in text.readings:
        for pattern in _STATED_AGES:
            for match in pattern.finditer(variant.text):
                if _years(match) < limit and not _THINGS.match(variant.text, match.end()):
                    yield variant.span(match.start(), match.end())


def _years(match: re.Match[str]) -> int:
    if re.search("month|week|day", match[0]):
        return 0
    return _AGE_OF[match[1]] if match[1] in _AGE_OF else int(match[1])
