"""Reads a GenerationRequest or an appeal from the values of a form, or of an HTTP call. Imports no gradio.

Nothing is trusted here and nothing is judged: types are put right, and the studio judges the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from safety.errors import RequestError
from safety.generation import EnlargeRequest, GenerationRequest
from safety.review.appeals import AppealRequest

FIELDS = tuple(field.name for field in fields(GenerationRequest))
ENLARGE_FIELDS = tuple(field.name for field in fields(EnlargeRequest))
APPEAL_FIELDS = tuple(field.name for field in fields(AppealRequest))
WHOLE_NUMBERS = ("seed", "steps", "width", "height", "count", "times")
NUMBERS = (*WHOLE_NUMBERS, "guidance")
SWITCHES = ("acknowledged", "keep_prompt", "balanced", "learn")
MAX_SHOWN = 40  # characters of a wrong value in its sentence


def read(values: Mapping[str, Any]) -> GenerationRequest:
    """Returns the request; what is None, "" or absent keeps its default. Raises RequestError that names the setting."""
    values = _table(values)
    _require_known(values, FIELDS)
    settings = {name: value for name, value in values.items() if value is not None and value != ""}
    typed = {name: _typed(name, value) for name, value in settings.items()}
    return GenerationRequest(**{"prompt": "", **typed})


def read_enlarge(values: Mapping[str, Any]) -> EnlargeRequest:
    """Returns what is to be enlarged; what is None or absent keeps its default. Raises RequestError as `read` does."""
    values = _table(values)
    _require_known(values, ENLARGE_FIELDS)
    typed = {name: _typed(name, value) for name, value in values.items() if value is not None}
    return EnlargeRequest(**{"source": "", **typed})


def read_appeal(values: Mapping[str, Any]) -> AppealRequest:
    """Returns the appeal; what is None or absent keeps its default. Raises RequestError that names the setting."""
    values = _table(values)
    _require_known(values, APPEAL_FIELDS)
    typed = {name: _typed(name, value) for name, value in values.items() if value is not None}
    return AppealRequest(**{"case": "", "prompt": "", **typed})


def read_remark(values: Mapping[str, Any]) -> str:
    """Returns the person's remark. Raises RequestError where it is no text."""
    return str(_typed("remark", _table(values).get("remark") or ""))


def _table(values: object) -> Mapping[str, Any]:
    """Returns what a call holds. Raises RequestError for one that holds no table, such as null."""
    if not isinstance(values, Mapping):
        raise RequestError("A call holds a table of settings.", 'Send one such as {"prompt": "a red apple"}.')
    return values


def _require_known(values: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(set(values) - set(known)):
        raise RequestError(f"There is no setting {unknown[0][:MAX_SHOWN]!r}.", f"Choose from: {', '.join(known)}.")


def _typed(name: str, value: Any) -> Any:
    """Returns the value in the type of its field. Raises RequestError that names the setting."""
    if name in SWITCHES:
        # A string such as "false" must not count as a confirmation.
        return _require(isinstance(value, bool), name, "true or false", value)
    if name == "seed" and isinstance(value, str):
        # The page has a text field for it, since an empty number field counts as 0.
        value = int(_require(value.strip().isdecimal() and len(value) < 20, name, "a whole number", value))
    if name in NUMBERS:
        # Whole numbers have no end: one of 400 figures is no number of anything.
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and -1e18 < value < 1e18
        _require(is_number, name, "a number", value)
        if name not in WHOLE_NUMBERS:
            return float(value)
        return int(_require(value == int(value), name, "a whole number", value))
    return _require(isinstance(value, str), name, "text", value)


def _require(holds: bool, name: str, kind: str, value: Any) -> Any:
    if not holds:
        raise RequestError(f"The setting {name} must be {kind}.", f"It was {str(value)[:MAX_SHOWN]!r}.")
    return value
