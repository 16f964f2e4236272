"""A policy as a form: the limits for prompts that a mode may move, how far, and the policy that a filled-in form makes.

What may be moved is asked of the policy itself (`Policy.with_mode`), which refuses what its bounds do not allow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from safety.config import parse
from safety.errors import PresetError, RequestError
from safety.policy.mode_lock import ModeLock
from safety.policy.model import Mode, Policy
from safety.policy.thresholds import Limits
from safety.records import Stage, Verdict

OURS = "ours"  # the name of the mode that a learner writes
KINDS = ("", "read")  # of a category: by words and rules, and by the model that reads prompts
STEPS = {"warn": Verdict.WARN, "block": Verdict.BLOCK}
MOST_KEYS = 64


def movable(policy: Policy, categories: Iterable[str] = ()) -> dict[str, dict[str, dict[str, Any]]]:
    """Returns for each limit of the form ("nudity.read") its steps: where each is, and how far it may be moved.

    `at` is None for a step that general mode has not; `most` is the highest score at which it must hold, None where it
    may be left out. `categories` names those that are asked for, all if empty. Hard lines are never among them.
    """
    wanted = tuple(categories) or tuple(policy.category)
    keys = [f"{name}.{kind}" if kind else name for name in wanted for kind in KINDS]
    limits = policy.limits[Stage.PROMPT]
    return {key: _steps(limits[key]) for key in keys if key in limits and _may_move(policy, key)}


def _may_move(policy: Policy, key: str) -> bool:
    limits = policy.limits[Stage.PROMPT][key]
    return not policy.category[key.partition(".")[0]].hard and limits.at(Verdict.WARN) < math.inf


def _steps(limits: Limits) -> dict[str, dict[str, Any]]:
    """Returns both steps of one limit. Only those that general mode has are bounded, as in `Policy`."""
    given = dict(limits.steps())
    bounds = {verdict: at if limits.loosest is None else limits.loosest.at(verdict) for verdict, at in given.items()}
    return {
        name: {"at": given.get(verdict), "most": _finite(bounds.get(verdict, math.inf))}
        for name, verdict in STEPS.items()
    }


def _finite(bound: float) -> float | None:
    return bound if bound < math.inf else None


def filled_in(policy: Policy, title: str, limits: object) -> Policy:
    """Returns the policy with the mode `ours`, which has general mode's limits but for those of the form.

    `limits` is what a learner's browser sent: {"nudity.read": {"warn": 0.5, "block": None}}. Raises RequestError for
    what is no such form, and where the policy does not allow it.
    """
    path = policy.folder / "modes" / f"{OURS}.toml"
    try:
        table = {"title": title, "description": "", "limits": {Stage.PROMPT.value: _tables(policy, limits)}}
        # Where the operator or a class has locked a mode, that is for what is made, and here nothing is.
        free = {"locked": "", "class_lock": ModeLock()}
        return policy.with_mode(OURS, parse(Mode, table, path)).model_copy(update=free)
    except PresetError as error:
        problem = str(error).rpartition(f"{path.name}: ")[2].replace("Value error, ", "").rstrip(".")
        raise RequestError(f"The policy does not allow these limits: {problem}.", "Move them back.") from None


def _tables(policy: Policy, limits: object) -> dict[str, dict[str, Any]]:
    if not isinstance(limits, Mapping) or len(limits) > MOST_KEYS:
        raise RequestError("limits has to be a table of limits, each with warn and block.")
    # Another name is not looked at any further: what it says would stand in the error, and in the log.
    if any(key not in policy.limits[Stage.PROMPT] for key in limits):
        raise RequestError("The policy has no such limit.", "Use those of the form.")
    return {str(key): _table(policy, str(key), steps) for key, steps in limits.items()}


def _table(policy: Policy, key: str, steps: object) -> dict[str, Any]:
    if not isinstance(steps, Mapping) or not set(steps) <= set(STEPS):
        raise RequestError("limits has to be a table of limits, each with warn and block.")
    given = {name: at for name, at in steps.items() if at is not None}
    base = policy.limits[Stage.PROMPT].get(key)
    # A remark that would come after the question says nothing: the question holds there already.
    lowest = min((at for at in given.values() if isinstance(at, int | float)), default=math.inf)
    note = {"note": base.note} if base is not None and base.note is not None and base.note <= lowest else {}
    return note | given


def as_file(policy: Policy) -> str:
    """Returns the mode `ours` as the text of its file under modes/, which an operator may put there."""
    mode = policy.mode[OURS]
    lines = [f'title = "{mode.title}"', 'description = ""']
    for key, limits in mode.limits.get(Stage.PROMPT, {}).items():
        steps = [(name, at) for name in ("note", "warn", "block") if (at := getattr(limits, name)) is not None]
        lines += ["", f'[limits.prompt."{key}"]', *(f"{name} = {at:g}" for name, at in steps)]
    return "\n".join([*lines, ""])
