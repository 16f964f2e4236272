"""Finds ages of people that a text states, in figures or words, in the languages spoken most."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safety.records import Span
from safety.text import Normalised

ADULT_AGE = 18

_NUMBER_WORDS = """
one un une uno um ein; two deux dos due dois zwei; three trois tres tre drei; four quatre cuatro quattro quatro vier;
five cinq cinco cinque funf; six seis sei sechs; seven sept siete sette sete sieben; eight huit ocho otto oito acht;
nine neuf nueve nove neun negen девять; ten dix diez dieci dez zehn tien десять;
eleven onze once undici elf одиннадцать; twelve dozen douze doce dodici doze zwolf twaalf tolv двенадцать;
thirteen treize trece tredici treze dreizehn dertien tretton tretten тринадцать;
fourteen quatorze catorce quattordici vierzehn veertien fjorton fjorten четырнадцать;
fifteen quinze quince quindici funfzehn vijftien femton femten пятнадцать;
sixteen seize dieciseis sedici dezesseis sechzehn zestien sexton seksten шестнадцать;
seventeen dixsept diecisiete diciassette dezessete siebzehn zeventien sjutton sytten семнадцать
"""
_ORDINAL_WORDS = """
first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth
"""
_ROMAN = "vi vii viii ix x xi xii xiii xiv xv xvi xvii"
_HAN = "六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七"
_AGE_OF = {word: age for age, words in enumerate(_NUMBER_WORDS.split(";"), 1) for word in words.split()}


def _either(words: str | dict[str, int]) -> str:
    """Returns a pattern for any of the words, the longest first."""
    parts = words.split() if isinstance(words, str) else words
    return "|".join(sorted(parts, key=len, reverse=True))


NUMBER_WORD = _either(_AGE_OF)
ORDINAL_WORD = _either(_ORDINAL_WORDS)
BEGINS, ENDS = r"(?<![^\W_])", r"(?![^\W_])"

_AGE_OF |= {word: age for age, word in enumerate(_ORDINAL_WORDS.split(), 1)}
_AGE_OF |= {word: age for words in (_ROMAN, _HAN) for age, word in enumerate(words.split(), 6)}
# "1 2" is a number with a space put in.
_NUMBER = rf"{BEGINS}(?<!\d[.,])(1[\s_]\d|\d{{1,3}}|{NUMBER_WORD})"
_TEENS = r"1[0-7]|[6-9]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
_WORD = re.compile(r"[^\W\d_]+")
# The last are joined with a number word: "zestienjarige".
_HAS_NUMBER = re.compile(r"\d|[六七八九十]|[^\W_](?:jarige|jahrig|aring|arig)")
_GAP = r"[\s\-_]{0,3}"
_UNITS = (
    r"anos|ans|anni|jahre|jahren|jahrige[rsnm]?|jahrig|лет|года|год|летн\w{1,4}|роки|років|jaar|jarigen?|lat|letnia|arige?|aring|piges"
    r"|yasinda|tahun|tuoi|eves|vuotias|ετων|χρονων|साल|वर्ष|سنة|سنوات|عاما|عام|שנים|ปี"
)
_WHO = (
    r"(?:girl|boy|she|he|they|female|male|daughter|son|student|kid|who|just)"
    r"(?:['’]s|\s(?:is|was|looks|looking|turned|turns|turning|about))?(?:\s(?:of|only|just|barely|maybe|still))?"
)
_TURNED = r"(?:turn(?:s|ed|ing)?|becom(?:es|ing)|reach(?:ed|ing)|celebrat\w+)(?:\s(?:just|her|his))?"
# Behind a bare number: nothing follows that it could count.
COUNTS_NOTHING = (
    r"(?=[\s_]{0,2}(?:$|[,;)!?]|\.(?!\d)|(?:and|but|or|nude|naked|sexy|topless|undressed|unclothed|lewd|erotic|in|on|with"
    r"|without|posing|wearing|today|yesterday|last|this|tomorrow|now|again|years)(?![^\W_])))"
)
# Old things that are no people.
_THINGS = re.compile(
    r"[\s,]{0,2}(?:single malt|scotch|whisk|bourbon|rum\b|wine|port\b|cheese|brandy|cognac|tequila|balsamic|"
    r"house|building|tree|oak|car\b|truck|dog|cat\b|horse|tradition|church|castle|company|bottle|painting|temple|bonsai)"
)
_STATED_AGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_NUMBER}{_GAP}(?:(?:years?|yrs?|y|months?|weeks?|days?)[\s\-_/.]{{0,2}})(?:old|olds|o){ENDS}",
        rf"{BEGINS}({_either(_ROMAN)})[\s\-_]years?[\s\-_]old{ENDS}",
        rf"{_NUMBER}{_GAP}(?:summers|winters|springs)(?:[\s\-_](?:old|young))?{ENDS}",
        rf"{BEGINS}(?:at|age|aged)\s{_NUMBER}{_GAP}(?:yrs?|years){ENDS}",
        rf"{BEGINS}(?:aged?|ages)(?:\s+(?:of|is|only))?[\s:=\-_]{{0,2}}{_NUMBER}(?![^\W_]|[.,]\d)",
        rf"{_NUMBER}{_GAP}(?:years|months)\s+of\s+age",
        rf"{_NUMBER}{_GAP}(?:{_UNITS}){ENDS}",
        # "girl, 15": a bare number after a person
        rf"{BEGINS}{_WHO}[\s,:(\-_]{{0,3}}(?<!\d)({_TEENS}){COUNTS_NOTHING}",
        rf"{BEGINS}{_TURNED}\s({_TEENS}){COUNTS_NOTHING}",
        rf"{BEGINS}(\d{{1,2}}(?=st|nd|rd|th)|{ORDINAL_WORD})(?:st|nd|rd|th)?\s(?:birthday|bday|b-day){ENDS}",
        rf"{BEGINS}sweet\s(16|sixteen){ENDS}",
        rf"{BEGINS}(1[0-7])\s?f{ENDS}",
        r"(\d{1,2})\s?(?:歳|才|岁|歲|살|세)",
        rf"({_either(_HAN)})(?:歳|才|岁|歲)",
    )
)


def ages_below(limit: int, text: Normalised) -> Iterator[Span]:
    """Yields where a person younger than `limit` years is stated. Months, weeks and days count as 0 years."""
    for variant in text.readings:
        if not _HAS_NUMBER.search(variant.text) and _AGE_OF.keys().isdisjoint(_WORD.findall(variant.text)):
            continue
        for pattern in _STATED_AGES:
            for match in pattern.finditer(variant.text):
                if _years(match) < limit and not _THINGS.match(variant.text, match.end()):
                    yield variant.span(match.start(), match.end())


def _years(match: re.Match[str]) -> int:
    # Not a birthday.
    if re.search(r"(?:month|week|(?<!birth)(?<!b)(?<!b-)day)", match[0]):
        return 0
    number = re.sub(r"[\s_]", "", match[1])
    return _AGE_OF[number] if number in _AGE_OF else int(number)
