"""Completes a request from the engine's card and refuses what is out of range, before anything is on record."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
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
    for name, text in (("prompt", request.prompt), ("negative_prompt", request.negative_prompt or "-")):
        if problem := prompt_problem(text):
            raise RequestError(problem, setting=name)
    _require_numbers(request)
    if request.engine not in engines:
        raise _none_of(f"There is no engine {request.engine[:MAX_SHOWN]!r}.", sorted(engines), "engine")
    if request.format not in FORMATS:
        raise _none_of(f"Pictures cannot be written as {request.format[:MAX_SHOWN]!r}.", FORMATS, "format")
    if request.steering and request.steering not in STEERING:
        raise _none_of(f"Nothing is steered {request.steering[:MAX_SHOWN]!r}.", STEERING, "steering")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        seed = _shown(request.seed)
        raise RequestError(f"The seed {seed} is out of range.", f"Use 0 to {MAX_SEED}, or leave it empty.", "seed")
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


def _none_of(sentence: str, names: Sequence[str], setting: str) -> RequestError:
    return RequestError(sentence, f"Choose one of: {', '.join(names)}.", setting)


def _shown(value: float) -> str:
    """Returns a number for a sentence: a whole one may have more digits than Python writes, or a float holds."""
    if not isinstance(value, Integral):
        return f"{value:g}"
    digits = int(math.log10(2) * int(abs(value)).bit_length())
    return f"{value:d}" if digits < MAX_SHOWN else f"{'-' if value < 0 else ''}10^{digits}"


def _require_numbers(request: GenerationRequest) -> None:
    """Raises RequestError for a number that is none: a library's caller may give anything."""
    for name in NUMBERS:
        value, kind = getattr(request, name), Real if name == "guidance" else Integral
        if value is not None and (isinstance(value, bool) or not isinstance(value, kind)):
            what = "a number" if name == "guidance" else "a whole number"
            raise RequestError(f"The setting {name} must be {what}.", f"It was {str(value)[:MAX_SHOWN]!r}.", name)


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
    if not limits.least <= value <= limits.most:  # nor is NaN
        advice = f"Use {limits.least:g} to {limits.most:g}."
        raise RequestError(f"{name} = {_shown(value)} is out of range.", advice, name)
    return value


def _check_sides(request: GenerationRequest, card: EngineCard) -> None:
    """Raises RequestError for a side that the model cannot draw."""
    for name, side in (("width", request.width), ("height", request.height)):
        if side is not None and side % card.size_multiple:
            advice = f"Use a multiple of {card.size_multiple}."
            raise RequestError(f"{name} = {_shown(side)} does not fit the model.", advice, name)


def draw_seeds(request: GenerationRequest) -> tuple[int, ...]:
    """Returns one seed for each picture: the request's own and those after it, or else a random one and those after."""
    first = secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed
    return tuple((first + number) % (MAX_SEED + 1) for number in range(request.count))
