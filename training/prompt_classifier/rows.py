"""One labelled text, and the tables of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from safety.prompt.classifier_model import HEADS as HEADS

# What the model that ships answers, in its order: first harm, then the policy's categories that any public row
# labels. The two hard lines are judged by rules alone: rows that could teach them were removed on purpose.
HARM, CATEGORIES = HEADS[0], HEADS[1:]

_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A text with targets 0..1 and weights >= 0 per head; a head without a weight is masked."""

    text: str
    source: str
    target: dict[str, float]
    weight: dict[str, float] = field(default_factory=dict)
    group: str = ""  # rows of one group stay in one fold

    @property
    def key(self) -> str:
        return key(self.text)


def key(text: str) -> str:
    """Lower case, words only: what makes two rows the same row."""
    return _NO_WORD.sub(" ", text.lower()).strip()


def full(text: str, source: str, harm: float, categories: Iterable[str] = (), weight: float = 1.0) -> Row:
    """A row whose every category is known: `categories` carry the score `harm`, all others zero."""
    named = set(categories)
    target = {HARM: harm} | {name: harm if name in named else 0.0 for name in CATEGORIES}
    return Row(text, source, target, dict.fromkeys(HEADS, weight))
