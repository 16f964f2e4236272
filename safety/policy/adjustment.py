"""Limits that an operator adopted from reviewed cases, laid over the policy: by mode and key, within bounds.

Only limits of prompts that the policy lets modes relax can be moved, never past their `loosest`, and no mode becomes
stricter than general mode by it. Hard lines, and what no mode relaxes, cannot be named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from safety.config import ADVICE, first_problem
from safety.errors import PresetError
from safety.policy.model import BASE_MODE, Policy
from safety.policy.thresholds import Limits, Thresholds
from safety.records import Stage, Verdict

MOVABLE = ("warn", "block")
# By mode, key ("sexual.read") and step ("warn", "block"): the score, 0..1, from which on it holds.
MovedLimits = Mapping[str, Mapping[str, Mapping[str, float]]]
ROUNDING = 1e-9


def movable_keys(policy: Policy) -> Iterator[str]:
    """Yields the keys of limits that can be moved: of prompts, no hard line, with a `loosest`."""
    for key, limits in policy.limits[Stage.PROMPT].items():
        if limits.loosest is not None and not policy.category[key.partition(".")[0]].hard:
            yield key


def with_limits(policy: Policy, moved: MovedLimits, most: float) -> Policy:
    """Returns a policy with limits moved; `policy` itself where nothing is. Nothing is written.

    most: how far at most each may be from the limit of `policy`. Raises PresetError that names the limit for one that
    is farther, past its `loosest`, or not movable.
    """
    if not any(steps for keys in moved.values() for steps in keys.values()):
        return policy
    _require_movable(policy, moved, most)
    base = _moved_base(policy, moved.get(BASE_MODE, {}))
    modes = {name: mode.model_copy(update={"limits": {**mode.limits}}) for name, mode in policy.mode.items()}
    for name, mode in modes.items():
        if name != BASE_MODE:
            table = _moved_mode(policy, base, name, moved.get(name, {}))
            if table:
                mode.limits[Stage.PROMPT] = table
    digest = hashlib.sha256(f"{policy.digest}\0{json.dumps(moved, sort_keys=True)}".encode()).hexdigest()
    limits = {**policy.limits, Stage.PROMPT: base}
    try:
        return Policy(**(dict(policy) | {"limits": limits, "mode": modes, "digest": digest}))
    except ValidationError as error:
        raise PresetError(f"The adopted limits: {first_problem(error)}", ADVICE) from None


def _require_movable(policy: Policy, moved: MovedLimits, most: float) -> None:
    movable = set(movable_keys(policy))
    for mode, keys in moved.items():
        if mode not in policy.mode:
            raise PresetError(f"The adopted limits name a mode {mode!r} that there is not.", ADVICE)
        for key, steps in keys.items():
            where = f"The adopted limit {key} in {mode} mode"
            here = policy.thresholds(Stage.PROMPT, *_parts(key), mode) if key in movable else None
            if here is None:
                raise PresetError(f"{where} cannot be moved: no mode relaxes it.", ADVICE)
            for name, at in steps.items():
                before = getattr(here, name) if name in MOVABLE else None
                if before is None or not 0 < at <= 1 or abs(at - before) > most + ROUNDING:
                    raise PresetError(f"{where} has {name} = {at}, not within {most:g} of {before}.", ADVICE)
                loosest = policy.limits[Stage.PROMPT][key].loosest
                if loosest is not None and at > loosest.at(Verdict[name.upper()]) and at > before:
                    raise PresetError(f"{where} has {name} = {at}, past the loosest.", ADVICE)


def _parts(key: str) -> tuple[str, str]:
    category, _, subcategory = key.partition(".")
    return category, subcategory


def _moved_base(policy: Policy, moved: Mapping[str, Mapping[str, float]]) -> dict[str, Limits]:
    table = dict(policy.limits[Stage.PROMPT])
    for key, steps in moved.items():
        table[key] = table[key].model_copy(update=_rising(table[key], steps))
    return table


def _moved_mode(
    policy: Policy, base: Mapping[str, Limits], name: str, moved: Mapping[str, Mapping[str, float]]
) -> dict[str, Thresholds]:
    """Returns the prompt limits of a mode: its own, moved, and never stricter than those of general mode."""
    own = dict(policy.mode[name].limits.get(Stage.PROMPT, {}))
    for key, steps in moved.items():
        before = own.get(key, base[key])
        values = {step: getattr(before, step) for step in ("note", "warn", "block")}
        own[key] = Thresholds.model_validate({**values, **_rising(before, steps)})
    for key, here in own.items():
        if key in base and base[key].loosest is not None:
            own[key] = _no_stricter(here, base[key])
    return own


def _rising(before: Thresholds, steps: Mapping[str, float]) -> dict[str, float]:
    """Returns the moved steps, and a remark that begins no later than they do."""
    values = dict(steps)
    lowest = min(value for value in (values.get("warn", before.warn), values.get("block", before.block)) if value)
    return {**values, "note": min(before.note, lowest)} if before.note is not None else values


def _no_stricter(here: Thresholds, general: Thresholds) -> Thresholds:
    """Returns limits of a mode, each step at least where general mode has it."""
    steps = {name: getattr(here, name) for name in ("note", "warn", "block")}
    for name in MOVABLE:
        at = general.at(Verdict[name.upper()])
        if steps[name] is not None and at <= 1:
            steps[name] = max(steps[name], at)
    return Thresholds.model_validate(steps)
