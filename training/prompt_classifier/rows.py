"""One labelled text, and the tables of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from safety.prompt.classifier_model import CATEGORIES as CATEGORIES
from safety.prompt.classifier_model import GRAVITY as GRAVITY
from safety.prompt.classifier_model import HEADS as HEADS
from safety.prompt.classifier_model import KINDS as KINDS

# The two hard lines have no head: rules judge them, and rows that could teach them were removed from the public sets.
HARM = HEADS[0]

FINE = 0.2  # a row of at most so much harm is harmless
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """Holds a text with targets 0..1 and weights >= 0 per head; a head without a weight is masked.

    phrase: the words that carry the harm; "" where nobody said, or no phrase does.
    """

    text: str
    source: str
    target: dict[str, float]
    weight: dict[str, float] = field(default_factory=dict)
    group: str = ""  # rows of one group stay in one fold
    phrase: str = ""

    @property
    def key(self) -> str:
        return key(self.text)


def key(text: str) -> str:
    """Lower case, words only: what makes two rows the same row."""
    return _NO_WORD.sub(" ", text.lower()).strip()


def full(text: str, source: str, harm: float, categories: Iterable[str] = (), weight: float = 1.0) -> Row:
    """Returns a row whose every category is known: `categories` carry the score `harm`, all others zero.

    How grave a harmful row is stays open; a harmless one is not grave at all, but may deserve a remark.
    """
    named = set(categories)
    target = {HARM: harm} | {name: harm if name in named else 0.0 for name in CATEGORIES}
    return Row(text, source, target, dict.fromkeys((HARM, *CATEGORIES), weight) | grave(harm, weight))


def grave(harm: float, weight: float) -> dict[str, float]:
    """Returns the weights of the heads of gravity and kind: a harmless row's are known, and zero."""
    return dict.fromkeys(("refuse", "always", *KINDS), weight) if harm <= FINE else {}
