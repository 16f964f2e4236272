"""A labelled set with what the studio's prompt checks say of each row, judged once for all visitors."""

from __future__ import annotations

from typing import Any

from safety.policy.decide import decide
from safety.records import Assessment, Decision
from studio.lesson_sets import LabelledPrompt, load_set
from ui.learn.panel import Desk, Json


def scored_rows(desk: Desk[Any], name: str, mode: str) -> list[Json]:
    """Returns prompt, label, group, score (0 to 1) and whether it is stopped, for each row of a set in a mode."""

    def compute() -> list[Json]:
        rows, policy = load_set(desk.studio.presets, name), desk.studio.policy
        decisions = [decide(seen, policy, policy.effective_mode(mode)) for seen in assessed(desk, name)]
        return [_row(row, decision) for row, decision in zip(rows, decisions, strict=True)]

    return desk.memory.once(("scored", name, mode, desk.studio.policy_digest), compute)


def assessed(desk: Desk[Any], name: str) -> list[Assessment]:
    """Returns what the studio's prompt checks see in each row of a set: no mode and no policy changes that."""

    def compute() -> list[Assessment]:
        return desk.studio.guard.assess_prompts([row.text for row in load_set(desk.studio.presets, name)])

    return desk.memory.once(("assessed", name), compute)


def score_of(decision: Decision) -> float:
    """Returns one number for a prompt: the probability that it should not be made in general mode."""
    return round(decision.risk, 4)


def _row(row: LabelledPrompt, decision: Decision) -> Json:
    return {
        "prompt": row.text,
        "harmful": row.harmful,
        "group": row.group,
        "score": score_of(decision),
        "stopped": not decision.allowed,
    }
