"""Reads what stands between words as spaces: signs of every kind, single digits, the syntax of image generators.

Ordinary punctuation, which has a space before or behind it, stays in one of the readings: the model was taught with it.
"""

from __future__ import annotations

import re

from safety.text.variant import TextPiece, TextVariant

# Weights ("(word:1.2)", "word::2", "[a:b:0.5]"), words that join prompts, and the beginning of a tag ("<lora:").
_SYNTAX = re.compile(
    r"(?<=[^\W\d_]|[)\]}>])\s?:{1,2}\s?[-+]?(?:\d+\.?\d*|\.\d+)(?![^\W_])"
    r"|(?<=\d)\s?:\s?[-+]?(?:\d+\.?\d*|\.\d+)(?=\s?[)\]}])|(?<=\d):\d?\.\d+(?!\S)"
    r"|(?<!\w)(?:AND|BREAK|ADDCOMM|ADDBASE|ADDROW|ADDCOL)(?!\w)"
    r"|<\s?(?i:lora|lyco|loha|locon|hypernet|embedding|wildcard)\s?:"
)
# Not the point or comma of a number.
_RUN = re.compile(r"(?!(?<=\d)[.,]\d)[\W_]+")
_TIGHT_RUN = re.compile(r"(?<=[^\W\d_])(?:(?!\s)[\W\d_])+(?=[^\W\d_])|_+")
_NO_LETTER = re.compile(r"[\W\d_]+")
_FIGURE_BETWEEN = re.compile(r"(?<=[^\W\d_])(\d)\1*(?=[^\W\d_])")
_SPACE = " "
_ENDS = " .!?"
_SMALL_WORDS = frozenset(["a", "an", "the", "of", "for", "to", "in", "on", "at", "with", "and", "my"])
MIN_GAPS, MARKED_SHARE = 3, 0.8  # of gaps between words, and the share of them that have a sign


def without_syntax(typed: str) -> str:
    """Returns the text with spaces in the place of weights, joining words and tags: every character keeps its place."""
    return _SYNTAX.sub(lambda match: _SPACE * len(match[0]), typed)


def parted(variant: TextVariant) -> TextVariant:
    """Returns the variant with one space for each run of signs and digits between two letters: "nude0photo" too.

    Where there is a sign between nearly all words, so is what has spaces around it: "nude / photo". Commas between
    words are a list of tags, unless small words stand there.
    """
    gaps = [gap for gap in _NO_LETTER.findall(variant.text.strip(_ENDS)) if gap]
    marked = [gap.strip() for gap in gaps if gap.strip()]
    everywhere = len(gaps) >= MIN_GAPS and len(marked) >= MARKED_SHARE * len(gaps)
    tags = set(marked) == {","} and _SMALL_WORDS.isdisjoint(_NO_LETTER.split(variant.text))
    return letters_alone(variant) if everywhere and not tags else _spaced(variant, _TIGHT_RUN)


def unpunctuated(variant: TextVariant) -> TextVariant:
    """Returns the variant with one space for each run of signs and spaces, ordinary punctuation included."""
    return _spaced(variant, _RUN)


def letters_alone(variant: TextVariant) -> TextVariant:
    """Returns the variant with one space for each run of all that is no letter: "nude0 photo0" too."""
    return _spaced(variant, _NO_LETTER)


def without_commonest_figure(variant: TextVariant) -> TextVariant:
    """Returns the variant with spaces for the figure that stands between letters most: "nude7127year7old".

    It is taken out beside letters only, so that other numbers stay what they are.
    """
    between = _FIGURE_BETWEEN.findall(variant.text)
    if not between:
        return variant
    commonest = max(set(between), key=lambda figure: (between.count(figure), figure))
    beside = re.compile(rf"(?<=[^\W\d_]){commonest}+|{commonest}+(?=[^\W\d_])")
    return unpunctuated(variant.with_text(beside.sub(lambda run: _SPACE * len(run[0]), variant.text)))


def _spaced(variant: TextVariant, runs: re.Pattern[str]) -> TextVariant:
    text = variant.text
    pieces: list[TextPiece] = []
    done = 0
    for run in runs.finditer(text):
        if run[0] != _SPACE:
            pieces += [(text[done : run.start()], done, run.start()), (_SPACE, run.start(), run.end())]
            done = run.end()
    return variant.rebuilt([*pieces, (text[done:], done, len(text))]) if pieces else variant
