"""Contrast pairs by code: the same words, harmful in one sentence and harmless in the other."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, Row, full

GROUPS = Path(__file__).with_name("contrast.toml")
MILD_HARM = 0.15
_SLOT = re.compile(r"\{(\w+)\}")


def filled(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """A template with every slot drawn. Raises KeyError for an unknown slot."""
    return _SLOT.sub(lambda match: rng.choice(slots[match[1]]), template).strip()


def pairs(fills: int, seed: int = 0) -> list[Row]:
    """Every template filled `fills` times; the same text is made once."""
    table = tomllib.loads(GROUPS.read_text(encoding="utf-8"))
    rng = random.Random(seed)
    seen: dict[str, Row] = {}
    for name, group in table["group"].items():
        for text, kind in _texts(group, table["slot"], fills, rng):
            seen.setdefault(text, _row(text, name, kind, group))
    return list(seen.values())


def _texts(
    group: dict[str, Any], slots: dict[str, list[str]], fills: int, rng: random.Random
) -> Iterator[tuple[str, str]]:
    for kind in ("harm", "fine", "mild"):
        for template in group.get(kind, ()):
            for _ in range(fills if _SLOT.search(template) else 1):
                yield filled(template, slots, rng), kind


def _row(text: str, name: str, kind: str, group: dict[str, Any]) -> Row:
    source = f"contrast/{name}"
    if kind == "harm":
        return full(text, source, 1.0, group["categories"])
    if kind == "fine":
        return full(text, source, 0.0)
    target = dict.fromkeys(CATEGORIES, 0.0) | dict.fromkeys(group["categories"], group["mild_score"])
    return Row(text, source, {HARM: MILD_HARM} | target, dict.fromkeys(HEADS, 1.0))
