"""Completes a request from the engine's card and refuses what is out of range, before anything is on record."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Real

from engines.interface import Engine, EngineCard, Range
from safety.errors import RequestError
from safety.generation import GenerationRequest
from safety.prompt.validation import prompt_problem

FORMATS = ("png", "jpeg", "webp")
STEERING = ("medium", "strong", "max")  # what a person may ask for, at least
MAX_SEED = 2**32 - 1
NUMBERS = ("seed", "steps", "guidance", "width", "height", "count")
MAX_SHOWN = 40  # characters of a wrong value in its sentence


def complete(request: GenerationRequest, engines: Mapping[str, Engine]) -> GenerationRequest:
    """Returns the request with every setting that is None filled in from the engine's card.

    Raises RequestError that names the setting and its range.
    """
    for text in (request.prompt, request.negative_prompt or "-"):
        if problem := prompt_problem(text):
            raise RequestError(problem)
    _require_numbers(request)
    if request.engine not in engines:
        raise RequestError(f"There is no engine {request.engine!r}.", f"Choose one of: {', '.join(sorted(engines))}.")
    if request.format not in FORMATS:
        raise RequestError(
            f"Pictures cannot be written as {request.format!r}.", f"Choose one of: {', '.join(FORMATS)}."
        )
    if request.steering and request.steering not in STEERING:
        raise RequestError(
            f"Nothing is steered {request.steering[:MAX_SHOWN]!r}.", f"Choose one of: {', '.join(STEERING)}."
        )
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise RequestError(f"The seed {request.seed} is out of range.", f"Use 0 to {MAX_SEED}, or leave it empty.")
    card = engines[request.engine].card
    _check_sides(request, card)
    return replace(
        request,
        steps=int(_in_range("steps", request.steps, card.steps)),
        guidance=float(_in_range("guidance", request.guidance, card.guidance)),
        width=int(_in_range("width", request.width, card.size)),
        height=int(_in_range("height", request.height, card.size)),
        count=int(_in_range("count", request.count, card.count)),
    )


def _require_numbers(request: GenerationRequest) -> None:
    """Raises RequestError for a number that is none: a library's caller may give anything."""
    for name in NUMBERS:
        value, kind = getattr(request, name), Real if name == "guidance" else Integral
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            what = "a number" if name == "guidance" else "a whole number"
            raise RequestError(f"The setting {name} must be {what}.", f"It was {str(value)[:MAX_SHOWN]!r}.")


def with_quick_steps(request: GenerationRequest, engines: Mapping[str, Engine]) -> GenerationRequest:
    """Returns the request with its engine's quick number of steps. Raises RequestError where the card names none."""
    if request.steps is not None:
        raise RequestError("Quick and a number of steps were both asked for.", "Give one of them.")
    if request.engine not in engines:
        # `complete` says so, and which engines there are.
        return request
    card = engines[request.engine].card
    if card.steps.quick is None:
        raise RequestError(f"{card.title} has no quick setting.", "Give a number of steps instead.")
    return replace(request, steps=int(card.steps.quick))


def _in_range(name: str, value: float | None, limits: Range) -> float:
    """Returns the value, or the default where it is None. Raises RequestError outside of the limits."""
    if value is None:
        return limits.default
    if not math.isfinite(value) or not limits.least <= value <= limits.most:
        raise RequestError(f"{name} = {value:g} is out of range.", f"Use {limits.least:g} to {limits.most:g}.")
    return value


def _check_sides(request: GenerationRequest, card: EngineCard) -> None:
    """Raises RequestError for a side that the model cannot draw."""
    for name, side in (("width", request.width), ("height", request.height)):
        if side is not None and side % card.size_multiple:
            raise RequestError(f"{name} = {side} does not fit the model.", f"Use a multiple of {card.size_multiple}.")


def draw_seeds(request: GenerationRequest) -> tuple[int, ...]:
    """Returns one seed for each picture: the request's own and those after it, or else a random one and those after."""
    first = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
    return tuple((first + number) % (MAX_SEED + 1) for number in range(request.count))
