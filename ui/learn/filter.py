"""The panel that filters a small training set, and shows who disappears from it: removed shares by group.

The script counts at the limit of the slider, so that it is answered at once. What it counts with comes from here: the
scores of the studio's own checks, and for each count of each group the interval of the data filter's balance report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from safety.config import ConfigModel
from safety.errors import RequestError
from safety.policy.model import BASE_MODE
from studio.curation.balance import FEWEST_REMOVED, FEWEST_ROWS, WARNS_FROM, wilson_interval
from ui.learn.panel import Desk, Json
from ui.learn.scored_set import scored_rows
from ui.learn.threshold import NOTHING_TO_ANSWER

EVERYBODY = ""  # the name of all rows, among those of groups


class FilterSettings(ConfigModel):
    """`set` names the labelled captions; their groups stand in its third column, with spaces between.

    `by` says what removes a caption: a score from a limit on, which begins at `at`, or a list of words, which begins
    with `begin`. `put_back` is how many of the removed captions the learner may put back. `harmless_only`:
    shares are counted among harmless captions at first.
    """

    set: str
    mode: str = BASE_MODE
    by: Literal["score", "words"] = "score"
    at: float = Field(default=0.1, ge=0, le=1)
    begin: tuple[str, ...] = ()
    put_back: int = Field(default=0, ge=0, le=100)
    harmless_only: bool = False


class FilterPanel:
    """Hands captions, scores, groups and intervals to the script; there is nothing to answer."""

    settings = FilterSettings
    most_bytes = 1024

    def open(self, desk: Desk[FilterSettings]) -> Json:
        """Returns captions with label, groups and score, and the interval of each count that a group can have."""
        chosen = desk.settings
        rows = [row | {"groups": row["group"].split()} for row in scored_rows(desk, chosen.set, chosen.mode)]
        return {
            "words": desk.words("learn_filter."),
            "rows": rows,
            "intervals": intervals(rows),
            "harmless_intervals": intervals([row for row in rows if not row["harmful"]]),
            "warns": {"times": WARNS_FROM, "rows": FEWEST_ROWS, "removed": FEWEST_REMOVED},
            "by": chosen.by,
            "at": chosen.at,
            "begin": list(chosen.begin),
            "put_back": chosen.put_back,
            "harmless_only": chosen.harmless_only,
        }

    def answer(self, desk: Desk[FilterSettings], call: Mapping[str, Any]) -> Json:
        """Raises RequestError: the script counts by itself."""
        raise RequestError(NOTHING_TO_ANSWER)


def intervals(rows: Sequence[Json]) -> dict[str, list[tuple[float, float]]]:
    """Returns for each group, and for all rows under "", the interval (0..1) of each count from 0 up to its rows."""
    names = sorted({name for row in rows for name in row["groups"]})
    sizes = {EVERYBODY: len(rows)} | {name: sum(name in row["groups"] for row in rows) for name in names}
    return {name: [wilson_interval(count, size) for count in range(size + 1)] for name, size in sizes.items()}
