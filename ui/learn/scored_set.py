"""A labelled set with what the studio's prompt checks say of each row, judged once for all visitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safety.records import Decision
from studio.lesson_sets import LabelledPrompt, load_set
from ui.learn.panel import Desk, Json


def scored_rows(desk: Desk[Any], name: str, mode: str) -> list[Json]:
    """Returns prompt, label, group, score (0 to 1) and whether it is stopped, for each row of a set in a mode."""

    def compute() -> list[Json]:
        rows = load_set(desk.studio.presets, name)
        return [_row(row, decision) for row, decision in zip(rows, decided(desk, rows, mode), strict=True)]

    return desk.memory.once(("scored", name, mode, desk.studio.policy_digest), compute)


def decided(desk: Desk[Any], rows: Sequence[LabelledPrompt], mode: str) -> list[Decision]:
    """Returns the studio's decision on each row, all checks included. Nothing is recorded."""
    return desk.studio.check_many([row.text for row in rows], mode)


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
