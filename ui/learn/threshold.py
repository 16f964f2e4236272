"""The panel with a threshold over the scores of a labelled set: every limit makes two kinds of error, and they trade.

The scores come from the studio's prompt checks, as `Studio.check_many` gives them; the script counts who is stopped at
a threshold, so that the slider is answered at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from safety.records import Decision
from studio.lesson_sets import load_set
from ui.learn.panel import Desk, Json


class ThresholdSettings(ConfigModel):
    """`set` names the labelled prompts. `situations`: places for each of which a threshold is chosen and defended."""

    set: str
    mode: str = BASE_MODE
    situations: tuple[str, ...] = ()
    curves: bool = False


class ThresholdPanel:
    """Hands the scores of a set to the script, once for everybody; there is nothing to answer."""

    settings = ThresholdSettings
    most_bytes = 1024

    def open(self, desk: Desk[ThresholdSettings]) -> Json:
        """Returns prompts, labels and scores (0 to 1) of the set, and where the studio's own limits lie."""
        chosen = desk.settings
        key = ("threshold", chosen.set, chosen.mode, desk.studio.policy_digest)
        rows = desk.memory.once(key, lambda: _rows(desk))
        return {
            "words": desk.words("learn_threshold."),
            "rows": rows,
            "situations": list(chosen.situations),
            "curves": chosen.curves,
        }

    def answer(self, desk: Desk[ThresholdSettings], call: Mapping[str, Any]) -> Json:
        """Raises RequestError: the script counts by itself."""
        raise RequestError("This panel takes no calls.")


def _rows(desk: Desk[ThresholdSettings]) -> list[Json]:
    chosen = desk.settings
    prompts = load_set(desk.studio.presets, chosen.set)
    decisions = desk.studio.check_many([row.text for row in prompts], chosen.mode)
    return [
        {"prompt": row.text, "harmful": row.harmful, "score": score_of(decision), "stopped": not decision.allowed}
        for row, decision in zip(prompts, decisions, strict=True)
    ]


def score_of(decision: Decision) -> float:
    """Returns one number for a prompt: the probability that it should not be made in general mode."""
    return round(decision.risk, 4)
