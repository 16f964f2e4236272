"""The panel with a threshold over the scores of a labelled set: every limit makes two kinds of error, and they trade.

The script counts who is stopped at a threshold, so that the slider is answered at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from ui.learn.panel import Desk, Json
from ui.learn.scored_set import scored_rows

NOTHING_TO_ANSWER = "This panel takes no calls."


class ThresholdSettings(ConfigModel):
    """`set` names the labelled prompts. `situations`: places for each of which a threshold is chosen and defended.

    `guessed`: the guess before is a count of false blocks at 0.50, and is shown beside what is counted there.
    """

    set: str
    mode: str = BASE_MODE
    situations: tuple[str, ...] = ()
    curves: bool = False
    guessed: bool = False


class ThresholdPanel:
    """Hands the scores of a set to the script; there is nothing to answer."""

    settings = ThresholdSettings
    most_bytes = 1024

    def open(self, desk: Desk[ThresholdSettings]) -> Json:
        """Returns prompts, labels and scores of the set."""
        chosen = desk.settings
        return {
            "words": desk.words("learn_threshold."),
            "rows": scored_rows(desk, chosen.set, chosen.mode),
            "situations": list(chosen.situations),
            "curves": chosen.curves,
            "guessed": chosen.guessed,
        }

    def answer(self, desk: Desk[ThresholdSettings], call: Mapping[str, Any]) -> Json:
        """Raises RequestError: the script counts by itself."""
        raise RequestError(NOTHING_TO_ANSWER)
