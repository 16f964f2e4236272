"""Which settings of a picture fit the form of this studio. Nothing is made: its words are judged as typed ones are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engines.interface import EngineCard
from engines.validation import FORMATS

if TYPE_CHECKING:
    from studio import Studio

WORDS = ("prompt", "negative_prompt")
CHOICES = ("balanced", "keep_prompt")
NUMBERS = ("steps", "guidance", "width", "height", "count")
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")


def fitting(studio: Studio, values: Mapping[str, object], engine: str) -> dict[str, Any]:
    """Returns values for fields of the form, by name. `engine` is the one that is chosen now.

    It stays where `values` name none that is here. What does not fit (a number out of range, any mode where the
    operator has set it) is left out, and its field stays as it is.
    """
    cards = studio.engine_cards()
    name = str(values.get("engine"))
    fits: dict[str, Any] = {"engine": name} if name in cards else {}
    if card := cards.get(name, cards.get(engine)):
        fits |= {name: number for name in NUMBERS if (number := _number(name, values.get(name), card)) is not None}
    fits |= {name: words for name in WORDS if isinstance(words := values.get(name), str) and words}
    seed = str(values.get("seed") or "")
    if seed.isdecimal() and len(seed) < 20:
        fits["seed"] = seed
    if not studio.locked_mode and values.get("mode") in studio.list_modes():
        fits["mode"] = values["mode"]
    if values.get("format") in FORMATS:
        fits["format"] = values["format"]
    return fits | {name: values[name] for name in CHOICES if isinstance(values.get(name), bool)}


def _number(name: str, value: object, card: EngineCard) -> float | None:
    """Returns a number that the engine takes; None for any other value."""
    if not _NUMBER.fullmatch(str(value)):
        return None
    number, is_side = float(str(value)), name in ("width", "height")
    bounds = card.size if is_side else getattr(card, name)
    if not bounds.least <= number <= bounds.most or (is_side and number % card.size_multiple):
        return None
    return number if name == "guidance" else int(number)
