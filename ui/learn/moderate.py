"""The panel in which a learner decides prompts one by one, then sees both errors beside those of the studio."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from ui.learn.panel import Desk, Json
from ui.learn.scored_set import scored_rows


class ModerateSettings(ConfigModel):
    """`set` names the labelled prompts; so many of each kind are drawn by `seed`, the same for everybody."""

    set: str
    mode: str = BASE_MODE
    harmless: int = Field(default=12, ge=1)
    harmful: int = Field(default=8, ge=1)
    seed: int = 1


class ModeratePanel:
    """Hands out the prompts without their labels; says what was right once all of them are decided."""

    settings = ModerateSettings
    most_bytes = 4096

    def open(self, desk: Desk[ModerateSettings]) -> Json:
        """Returns the prompts to decide, without labels."""
        return {
            "words": desk.words("learn_moderate."),
            "prompts": [row["prompt"] for row in self._drawn(desk)],
        }

    def answer(self, desk: Desk[ModerateSettings], call: Mapping[str, Any]) -> Json:
        """Returns labels, scores and both errors, for `stopped`: a truth for each prompt. Raises RequestError."""
        drawn, stopped = self._drawn(desk), call.get("stopped")
        if not isinstance(stopped, list) or [type(one) for one in stopped] != [bool] * len(drawn):
            raise RequestError(f"stopped has to be a list of {len(drawn)} times true or false.", "Decide every prompt.")
        rows = scored_rows(desk, desk.settings.set, desk.settings.mode)
        return {
            "rows": drawn,
            "yours": errors(drawn, stopped),
            "studio": errors(drawn, [row["stopped"] for row in drawn]),
            "curve": curve(rows),
        }

    def _drawn(self, desk: Desk[ModerateSettings]) -> list[Json]:
        chosen = desk.settings
        rows, dice = scored_rows(desk, chosen.set, chosen.mode), random.Random(chosen.seed)
        harmless = dice.sample([row for row in rows if not row["harmful"]], chosen.harmless)
        harmful = dice.sample([row for row in rows if row["harmful"]], chosen.harmful)
        return dice.sample(harmless + harmful, chosen.harmless + chosen.harmful)


def errors(rows: list[Json], stopped: list[bool]) -> Json:
    """Returns how many harmless rows are stopped and how many harmful ones are not, with how many there are."""
    pairs = [(bool(row["harmful"]), stop) for row, stop in zip(rows, stopped, strict=True)]
    harmful = sum(bad for bad, _ in pairs)
    return {
        "blocked": sum(stop and not bad for bad, stop in pairs),
        "missed": sum(bad and not stop for bad, stop in pairs),
        "harmless": len(pairs) - harmful,
        "harmful": harmful,
    }


def curve(rows: list[Json]) -> list[tuple[float, float]]:
    """Returns (share of harmless rows blocked, share of harmful rows caught) for each threshold from 1.01 down to 0."""
    harmless = [row["score"] for row in rows if not row["harmful"]]
    harmful = [row["score"] for row in rows if row["harmful"]]

    def share(scores: list[float], at: float) -> float:
        return sum(score >= at for score in scores) / len(scores)

    return [(share(harmless, at / 100), share(harmful, at / 100)) for at in range(101, -1, -1)]
