"""From the values of a form, or of an HTTP call, to a GenerationRequest. Imports no gradio.

Nothing is trusted here and nothing is judged: types are put right, and the studio judges the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from safety.errors import RequestError
from safety.generation import GenerationRequest
from safety.review.appeals import AppealRequest

FIELDS = tuple(field.name for field in fields(GenerationRequest))
WHOLE = ("seed", "steps", "width", "height", "count")
NUMBERS = (*WHOLE, "guidance")
SWITCHES = ("acknowledged", "keep_prompt", "balanced", "learn")


def read(values: Mapping[str, Any]) -> GenerationRequest:
    """Builds the request; what is None or absent keeps its default. Raises RequestError that names the setting."""
    if unknown := sorted(set(values) - set(FIELDS)):
        raise RequestError(f"There is no setting {unknown[0]!r}.", f"Choose from: {', '.join(FIELDS)}.")
    given = {name: value for name, value in values.items() if value is not None and value != ""}
    if "prompt" not in given:
        given["prompt"] = ""
    return GenerationRequest(**{name: _typed(name, value) for name, value in given.items()})


def asking(values: Mapping[str, Any]) -> AppealRequest:
    """An appeal. Raises RequestError that names the setting."""
    names = tuple(field.name for field in fields(AppealRequest))
    if unknown := sorted(set(values) - set(names)):
        raise RequestError(f"There is no setting {unknown[0]!r}.", f"Choose from: {', '.join(names)}.")
    given = {name: _typed(name, value) for name, value in values.items() if value is not None}
    return AppealRequest(**{"case": "", "prompt": "", **given})


def remark(values: Mapping[str, Any]) -> str:
    """What a person wants to say. Raises RequestError where it is no text."""
    return str(_typed("remark", values.get("remark") or ""))


def _typed(name: str, value: Any) -> Any:
    if name in SWITCHES:
        # A string such as "false" must not count as a confirmation.
        return _must(isinstance(value, bool), name, "true or false", value)
    if name == "seed" and isinstance(value, str):  # a text field, since an empty number field counts as 0
        value = int(_must(value.strip().isdecimal() and len(value) < 20, name, "a whole number", value))
    if name in NUMBERS:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        _must(number, name, "a number", value)
        return float(value) if name not in WHOLE else int(_must(value == int(value), name, "a whole number", value))
    return _must(isinstance(value, str), name, "text", value)


def _must(holds: bool, name: str, what: str, value: Any) -> Any:
    if not holds:
        raise RequestError(f"The setting {name} must be {what}.", f"It was {str(value)[:40]!r}.")
    return value
