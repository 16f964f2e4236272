"""The panel in which a learner writes a policy in a form, and replays it on a labelled set: who is stopped, who is not.

The checks look once, for everybody; each replay applies the learner's policy to what they saw (`decide`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from safety.config import ConfigModel
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy
from safety.records import Assessment, Stage, Verdict
from studio.lesson_sets import load_set
from ui.learn.panel import Desk, Json
from ui.learn.policy_form import OURS, as_file, filled_in, movable
from ui.learn.scored_set import assessed


class PolicySettings(ConfigModel):
    """`set` names the labelled prompts. `categories`: whose limits may be moved; all that a mode may, if empty."""

    set: str
    categories: tuple[str, ...] = ()


class PolicyPanel:
    """Hands out the form with its bounds, and the verdicts of general mode; replays a filled-in form."""

    settings = PolicySettings
    most_bytes = 8192

    def open(self, desk: Desk[PolicySettings]) -> Json:
        """Returns the limits by category, the lines that no form moves, and each prompt with scores and verdict."""
        policy, chosen = desk.studio.policy, desk.settings
        form = movable(policy, chosen.categories)
        seen = assessed(desk, chosen.set)
        rows = load_set(desk.studio.presets, chosen.set)
        verdicts = desk.memory.once(("general", chosen.set, policy.digest), lambda: replayed(seen, policy, BASE_MODE))
        return {
            "words": desk.words("learn_policy."),
            "categories": _by_category(desk, form),
            "hard": [_title(desk, name) for name, category in policy.category.items() if category.hard],
            "verdicts": {one.name.lower(): desk.messages.verdict(Stage.PROMPT, one).title for one in Verdict},
            "rows": [
                {"prompt": row.text, "harmful": row.harmful, "group": row.group, "verdict": verdict.name.lower()}
                | {"scores": _scores(assessment, form, policy)}
                for row, assessment, verdict in zip(rows, seen, verdicts, strict=True)
            ],
        }

    def answer(self, desk: Desk[PolicySettings], call: Mapping[str, Any]) -> Json:
        """Returns the verdict on each prompt under the form's `limits`, and the mode as a file. Raises RequestError."""
        policy = desk.studio.policy
        ours = filled_in(policy, desk.words("learn_policy.")["title"], call.get("limits"))
        seen = assessed(desk, desk.settings.set)
        general = desk.memory.once(
            ("general", desk.settings.set, policy.digest), lambda: replayed(seen, policy, BASE_MODE)
        )
        moved = {key.partition(".")[0] for key in ours.mode[OURS].limits.get(Stage.PROMPT, {})}
        # Of what has no finding in a category that was moved, general mode has said it already.
        touched = [any(finding.category in moved for finding in one.findings) for one in seen]
        anew = iter(replayed([one for one, hit in zip(seen, touched, strict=True) if hit], ours, OURS))
        verdicts = [next(anew) if hit else before for before, hit in zip(general, touched, strict=True)]
        return {"verdicts": [verdict.name.lower() for verdict in verdicts], "file": as_file(ours)}


def replayed(seen: Sequence[Assessment], policy: Policy, mode: str) -> list[Verdict]:
    """Returns the verdict on each of what the checks saw, under a policy in a mode."""
    return [decide(one, policy, mode).verdict for one in seen]


def _by_category(desk: Desk[PolicySettings], form: Mapping[str, Json]) -> list[Json]:
    names = list(dict.fromkeys(key.partition(".")[0] for key in form))
    return [
        {
            "name": name,
            "title": _title(desk, name),
            "limits": {key: steps for key, steps in form.items() if key.partition(".")[0] == name},
        }
        for name in names
    ]


def _title(desk: Desk[Any], category: str) -> str:
    return desk.messages.locale.category[category].title


def _scores(assessment: Assessment, form: Mapping[str, Json], policy: Policy) -> dict[str, float]:
    """Returns the highest score, 0..1, of a prompt for each limit of the form; none of what scores nothing."""
    highest: dict[str, float] = {}
    for finding in assessment.findings:
        exact = f"{finding.category}.{finding.subcategory}"
        key = exact if exact in policy.limits[Stage.PROMPT] else finding.category
        if key in form:
            highest[key] = max(round(finding.score, 3), highest.get(key, 0.0))
    return highest
