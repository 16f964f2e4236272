"""Tells which words of a prompt a model can use: by its list of things, or by what its card says. About no safety.

Cheap enough for every keystroke: a list is read once, and each word of a prompt is looked up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from engines.interface import EngineCard
from safety.config import read_toml
from safety.errors import PresetError
from safety.resources import MODELS

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# "(word:1.3)" and "((word))", as other programs weigh words.
WEIGHT = re.compile(r"\([^()]*:\s*\d+(?:\.\d+)?\s*\)|\(\([^()]+\)\)")
KNOWS = "knows.json"  # written by training/pocket/evaluate.py
LONGEST = 5  # words of a name
MAX_LISTED = 12  # words of each kind
LETTERS_A_TOKEN = 6  # of a word; a longer one is cut into several tokens
ENGLISH = "en"
MIN_FOREIGN = 0.3  # share of letters that no English word has
# Words that a sentence needs and no picture shows.
_FUNCTION_WORDS = re.compile(
    r"an?|the|this|that|these|those|my|your|his|hers?|its|our|their|of|in|on|at|to|by|for|from|with|without|and|or|but|as|is|"
    r"are|was|were|be|been|being|there|here|it|he|she|they|i|we|you|who|which|what|where|while|into|onto|over|under|near|"
    r"very|so|such|some|any|each|every|all|more|most|much|many|few|other|another|same|like|please|can|could|would|should|"
    r"want|see|show|make"
)
# The plural of what ends like the first, ends like the second.
_ENDINGS = (
    *(("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""), ("mice", "mouse"), ("geese", "goose")),
    *(("men", "man"), ("children", "child"), ("feet", "foot"), ("teeth", "tooth"), ("'s", "")),
)


@dataclass(frozen=True, slots=True)
class WordUse:
    """Says what a model makes of the words of one prompt, as typed.

    `near` pairs words with the thing that is drawn in their place. `offers` are things that it can draw, where it knows
    nothing of the prompt. `limits` are codes: "weights" (weights of words are not honoured), "length" (there are about
    `tokens` tokens, more than it reads), "language" (it reads others). `listed`: a list says so; without one, words
    that are in neither list may be used or not.
    """

    listed: bool = False
    used: tuple[str, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    tokens: int = 0


@dataclass(frozen=True)
class Vocabulary:
    """Holds a model's list: for each name, a row of words, the thing that is drawn; and the words around names."""

    things: Mapping[tuple[str, ...], str]
    near: Mapping[tuple[str, ...], str]
    colours: frozenset[str]
    around: frozenset[str]
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Typed:
    """A word of the prompt: as typed, and in lower case."""

    text: str
    word: str


def word_use(card: EngineCard, prompt: str, models: Path = MODELS) -> WordUse:
    """Returns what the model of a card makes of a prompt. Raises PresetError for a list that is not valid."""
    tokens = _tokens(prompt)
    limits = tuple(_limits(card, prompt, tokens))
    if not card.vocabulary:
        return WordUse(limits=limits, tokens=tokens)
    list_ = read_vocabulary(models / card.vocabulary)
    typed = [_Typed(match[0], match[0].lower().replace("’", "'")) for match in WORD.finditer(prompt)]
    used: dict[str, None] = {}
    near: dict[str, str] = {}
    left_out: dict[str, None] = {}
    things = 0
    for piece, kind, name in _pieces(typed, list_):
        if kind == "near":
            near[piece] = name
        elif kind != "around":
            (used if kind in ("thing", "colour") else left_out)[piece] = None
        things += kind in ("thing", "near")
    offers = list_.offers if typed and not things else ()
    return WordUse(
        True, _first(used), tuple(islice(near.items(), MAX_LISTED)), _first(left_out), offers, limits, tokens
    )


@lru_cache(maxsize=8)
def read_vocabulary(path: Path) -> Vocabulary:
    """Reads a model's list, without what knows.json beside it says is drawn too seldom. Raises PresetError."""
    tables: Mapping[str, Any] = read_toml(path)
    weak = read_weak(path.with_name(KNOWS))
    try:
        around = tables["around"]
        things, near = (
            {thing: t for thing, t in tables[key].items() if thing not in weak} for key in ("things", "near")
        )
        return Vocabulary(
            _by_name(things),
            _by_name(near),
            frozenset(around["colours"]),
            frozenset(around["words"]) - weak,
            tuple(thing for thing in around["offers"] if thing not in weak),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PresetError(
            f"{path} is no list of a model's words.", "It needs [around], [things] and [near]."
        ) from error


def read_weak(path: Path) -> frozenset[str]:
    """Reads which things, styles and scenes a model was measured to draw too seldom; none without a file.

    Raises PresetError for a file that is not valid.
    """
    if not path.exists():
        return frozenset()
    try:
        known = json.loads(path.read_text("utf-8"))
        rates = [row for kind in ("things", "styles", "scenes") for row in known[kind].items()]
        return frozenset(name for name, rate in rates if rate < known["least"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PresetError(
            f"{path} does not say what a model knows.", "It needs `least`, and rates of things, styles and scenes."
        ) from error


def _by_name(table: Mapping[str, list[str]]) -> dict[tuple[str, ...], str]:
    return {tuple(WORD.findall(name.lower())): thing for thing, names in table.items() for name in names}


def _pieces(typed: list[_Typed], list_: Vocabulary) -> Iterator[tuple[str, str, str]]:
    """Yields the prompt cut into the longest names that the list has, and single words: text, kind, thing."""
    at = 0
    while at < len(typed):
        length, kind, name = _longest(typed[at : at + LONGEST], list_)
        yield " ".join(each.text for each in typed[at : at + length]), kind, name
        at += length


def _longest(typed: list[_Typed], list_: Vocabulary) -> tuple[int, str, str]:
    """Returns how many of the words make one piece, its kind ("" where nobody knows it) and its thing."""
    for length in range(len(typed), 0, -1):
        *before, last = (each.word for each in typed[:length])
        for kind, names in (("thing", list_.things), ("near", list_.near)):
            for form in _forms(last):
                if name := names.get((*before, form)):
                    return length, kind, name
        phrase = " ".join((*before, last))
        if phrase in list_.colours:
            return length, "colour", phrase
    word = typed[0].word
    return 1, "around" if word in list_.around or word.isdigit() or _FUNCTION_WORDS.fullmatch(word) else "", ""


def _forms(word: str) -> Iterator[str]:
    """Yields a word and what may be its singular."""
    yield word
    for ending, other in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            yield word.removesuffix(ending) + other
        elif word == ending:
            yield other


def _limits(card: EngineCard, prompt: str, tokens: int) -> Iterator[str]:
    if not card.prompt_weights and WEIGHT.search(prompt):
        yield "weights"
    if card.tokens and tokens > card.tokens:
        yield "length"
    letters = [char for char in prompt if char.isalpha()]
    if card.languages == (ENGLISH,) and sum(not char.isascii() for char in letters) > MIN_FOREIGN * len(letters):
        yield "language"


def _tokens(prompt: str) -> int:
    """Estimates how many tokens a text has: with those at its beginning and end, as text encoders count."""
    pieces = re.findall(r"[^\W_]+|[^\w\s]", prompt)
    return 2 + sum(1 + (len(piece) - 1) // (2 * LETTERS_A_TOKEN) for piece in pieces) if pieces else 0


def _first(words: Mapping[str, None]) -> tuple[str, ...]:
    return tuple(islice(words, MAX_LISTED))
