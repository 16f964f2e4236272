"""Finds people who are said to be under age in other words than an age: in a grade, not yet eighteen, "a minor"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from safety.prompt.ages import ADULT_AGE, BEGINS, COUNTS_NOTHING, ENDS, NUMBER_WORD, ORDINAL_WORD
from safety.records import Span
from safety.text import Normalised

_PUPIL = r"(?:girl|boy|student|pupil|kid|child|class|schuler\w*)"
_SCHOOL = r"(?:elementary|primary|secondary|middle|junior[\s_-]high|high|grade|grammar)"
_GRADE = rf"(?:[1-9]|1[0-2]|{NUMBER_WORD})"
# "A minor" is no key: nothing follows that could be one, or what is small.
_MINOR_ENDS = (
    r"(?=\s{0,2}(?:$|[,.;:!?)]|(?:in|with|who|that|is|was|being|posing|wearing|naked|nude|sexy|on|at|and|having|without"
    r"|undressed|undressing|engaged|doing)(?![^\W_])))"
)
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{BEGINS}(?:under|below|not\s(?:yet|even|quite)|younger\sthan|less\sthan|nearly|almost|before\s(?:she|he|they)"
        rf"(?:['’](?:s|re)|\s(?:is|was|are|turn(?:s|ed)?))?)\s(?:the\sage\sof\s)?(?:1[0-8]|eighteen|{NUMBER_WORD}){COUNTS_NOTHING}",
        rf"{BEGINS}not\s(?:18|eighteen)\syet{ENDS}",
        # In school: by grade, year or form.
        rf"{BEGINS}(?:\d{{1,2}}(?:st|nd|rd|th)|{ORDINAL_WORD})[\s\-_]?grade(?:r|rs)?{ENDS}",
        rf"{BEGINS}(?:grade|form|year|klasse|class)[\s\-_]{_GRADE}[\s_]{_PUPIL}{ENDS}",
        rf"{BEGINS}(?:in|finished|finishing|entering|started|starting|of)[\s_](?:grade|year)[\s_]{_GRADE}{ENDS}",
        rf"{BEGINS}(?:[1-9]|1[0-2])\.?[\s_](?:klasse|klasslerin){ENDS}",
        rf"{BEGINS}{_SCHOOL}[\s_](?:school[\s_])?(?:pupil|student)s?{ENDS}",
        rf"{BEGINS}(?:{_PUPIL}|freshman|sophomore)s?[\s_](?:of|at|in|from|attending)[\s_](?:(?:a|an|the|her|his)[\s_])?"
        rf"{_SCHOOL}[\s_]school{ENDS}",
        rf"{BEGINS}(?:freshman|sophomore)[\s_](?:girl|boy)[\s,_]{{1,3}}{_SCHOOL}[\s_]school{ENDS}",
        r"(?:小学|初中|高中|中学)[一二三四五六]?年[级級]",
        # Music is in A minor.
        rf"(?<!\bin\s){BEGINS}(?:a|the|this|any|another|some)\sminor{_MINOR_ENDS}",
        rf"{BEGINS}(?:nude|naked|topless|undressed|sexy|erotic|lewd|sexual|pretty|young|cute)\sminors?{_MINOR_ENDS}",
        rf"{BEGINS}of\sminors?{_MINOR_ENDS}",
    )
)
# One of these is there wherever a form matches.
_TELLING = re.compile(
    r"school|pupil|student|grade|form|year|klass|class|minor|born|under|below|not|than|nearly|almost|before|年[级級]"
)
_BORN = re.compile(rf"{BEGINS}born[\s_](?:\w+[\s_]){{0,3}}(20\d\d)(?!\d)")
# Who leaves school or university so many years from now is no adult yet.
_CLASS_OF = re.compile(rf"{BEGINS}class[\s_]of[\s_](20\d\d)(?!\d)")
YEARS_OF_STUDY = 5


def not_of_age(text: Normalised) -> Iterator[Span]:
    """Yields where somebody is said to be younger than ADULT_AGE in other words than by an age."""
    this_year = date.today().year
    for variant in text.readings:
        if not _TELLING.search(variant.text):
            continue
        for pattern in _FORMS:
            for match in pattern.finditer(variant.text):
                yield variant.span(match.start(), match.end())
        for match in _BORN.finditer(variant.text):
            if 0 <= this_year - int(match[1]) < ADULT_AGE:
                yield variant.span(match.start(), match.end())
        for match in _CLASS_OF.finditer(variant.text):
            if YEARS_OF_STUDY <= int(match[1]) - this_year < ADULT_AGE:
                yield variant.span(match.start(), match.end())
