"""Where a subject stands between one verdict and the next, so that a scale can show it in the order of the verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from safety.policy.thresholds import Thresholds
from safety.records import Verdict

ZONES = 4  # of the scale: allowed, with a remark, after a confirmation, refused
MARGIN = 0.08  # of a zone, at either end: a subject never stands on a limit


def level(verdict: Verdict, scored: Iterable[tuple[float, Thresholds]]) -> float:
    """Returns 0..1: a quarter for each verdict, and within it the way from its own limit to that of the next.

    `scored`: each score with the limits that hold for it. The one nearest to the next verdict counts. A hard line
    is beyond the scale, and has no way.
    """
    if verdict is Verdict.HARD_BLOCK:
        return 1.0
    way = max((_way(verdict, score, limits) for score, limits in scored), default=0.0)
    return (verdict + MARGIN + (1 - 2 * MARGIN) * way) / ZONES


def _way(verdict: Verdict, score: float, limits: Thresholds) -> float:
    """Returns how far a score is from the limit of a verdict (0) to that of the next (1); 0 where it has neither."""
    begins = 0.0 if verdict is Verdict.ALLOW else limits.at(verdict)
    ends = 1.0 if verdict is Verdict.BLOCK else min(limits.at(Verdict(verdict + 1)), 1.0)
    if not list(limits.steps()) or begins >= ends:
        return 0.0
    return min(max((score - begins) / (ends - begins), 0.0), 1.0)
