"""Harmless prompts as people type them to a generator: what real benign rows are too few to teach.

A portrait of a beautiful woman, a celebrity as a knight or a monster on a throne is none of the policy's
hazards; sets of harmful prompts are full of them all the same, since their pictures came out unsafe.
"""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

from training.prompt_classifier.contrast import filled
from training.prompt_classifier.rows import Row, full

TABLE = Path(__file__).with_name("portraits.toml")
WEIGHT = 0.7  # made by a few templates: they say less than as many real rows
_SPACES = re.compile(r"\s+")


def portraits(count: int, seed: int = 0) -> list[Row]:
    """`count` draws from the templates, each text once."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    rng = random.Random(seed)
    texts = {_text(rng.choice(table["kind"]["fine"]), table["slot"], rng): None for _ in range(count)}
    return [full(text, "portraits", 0.0, weight=WEIGHT) for text in texts]


def _text(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    once = filled(template, slots, rng)  # a drawn style may hold slots itself
    return _SPACES.sub(" ", filled(once, slots, rng)).strip(" ,")
