"""How many exported labels are wrong when some annotators are hostile, with and without damping.

    python -m benchmarks.feedback_poisoning

A hundred simulated annotators compare 2,000 pairs whose better picture is known here. Each honest one errs at a rate
drawn from 5 to 30 %; of the others, some lie (they name the worse picture nine times in ten), and do so ten times as
often. Each pair is answered by about five honest people. The same code counts their votes as in
`python app.py feedback export`.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from safety.resources import PRESETS
from safety.review.feedback_rules import Damping, load_feedback_rules
from safety.review.feedback_votes import Vote, weigh

ANNOTATORS, PAIRS, GOLD, VOICES = 100, 2000, 100, 5
HONEST_ERRS, HOSTILE_ERRS = (0.05, 0.30), 0.9
EAGER = 10  # times as many answers of each hostile annotator
# What the table has a row for: share of hostile annotators, how eager they are, whether gold is asked.
ROWS = (
    *((0.0, 1, True), (0.1, 1, True), (0.1, 1, False), (0.1, EAGER, True), (0.1, EAGER, False)),
    *((0.3, 1, True), (0.3, 1, False), (0.3, EAGER, True), (0.3, EAGER, False)),
)
BETTER, WORSE = "better", "worse"


@dataclass(frozen=True, slots=True)
class PoisoningResult:
    """Holds shares of wrong labels: of single answers, of plain majorities, of what is exported; how much is exported.

    `left_out` are the hostile annotators who were left out, `wronged` the honest ones, as shares of each.
    """

    answers: float
    majority: float
    exported: float
    share_exported: float
    left_out: float
    wronged: float


def simulated_votes(hostile: float, eager: int, seed: int) -> tuple[list[Vote], set[str]]:
    """Returns the votes of all annotators, and the names of the hostile ones. The better picture is known."""
    dice = random.Random(seed)
    names = [f"annotator {number}" for number in range(ANNOTATORS)]
    bad = set(names[: round(hostile * ANNOTATORS)])
    rates = {name: HOSTILE_ERRS if name in bad else dice.uniform(*HONEST_ERRS) for name in names}
    each = (PAIRS * VOICES) // max(1, ANNOTATORS - len(bad))
    items = [f"pair {number}" for number in range(PAIRS)]
    gold = [f"gold {number}" for number in range(GOLD)]
    votes = []
    for name in names:
        many = min(PAIRS, each * (eager if name in bad else 1))
        asked = dice.sample(items, many) + dice.sample(gold, min(GOLD, many // 6))
        votes += [Vote(name, item, WORSE if dice.random() < rates[name] else BETTER) for item in asked]
    dice.shuffle(votes)
    return votes, bad


def measure(
    hostile: float, eager: int = 1, with_gold: bool = True, seed: int = 0, bounds: Damping | None = None
) -> PoisoningResult:
    """Returns what comes of one simulation."""
    bounds = bounds or load_feedback_rules(PRESETS).damping
    votes, bad = simulated_votes(hostile, eager, seed)
    plain = [vote for vote in votes if not vote.item.startswith("gold")]
    gold = {f"gold {number}": BETTER for number in range(GOLD)} if with_gold else {}
    electorate = weigh(
        votes if with_gold else plain, gold, bounds, lambda text: hashlib.sha256(text.encode()).hexdigest()
    )
    found = electorate.consensus()
    out = {name for name, voter in electorate.voters.items() if voter.left_out}
    return PoisoningResult(
        answers=_share([vote.answer for vote in plain]),
        majority=_share(_majorities(plain)),
        exported=_share([one.answer for one in found.values()]),
        share_exported=len(found) / PAIRS,
        left_out=len(out & bad) / max(1, len(bad)),
        wronged=len(out - bad) / (ANNOTATORS - len(bad)),
    )


def _majorities(votes: Sequence[Vote]) -> list[str]:
    by_item: dict[str, Counter[str]] = defaultdict(Counter)
    for vote in votes:
        by_item[vote.item][vote.answer] += 1
    # A tie is wrong half of the time: every second one counts as such.
    ties = iter((BETTER, WORSE) * PAIRS)
    return [next(ties) if one[BETTER] == one[WORSE] else one.most_common(1)[0][0] for one in by_item.values()]


def _share(answers: Sequence[str]) -> float:
    return answers.count(WORSE) / max(1, len(answers))


def main() -> None:
    """Prints a table: a row for each share of hostile annotators, how eager they are, and whether gold is asked."""
    print(
        "| hostile | answers each | gold | single answers | majority | exported | of all pairs | left out | wronged |"
    )
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|")
    for hostile, eager, with_gold in ROWS:
        runs = [measure(hostile, eager, with_gold, seed) for seed in range(5)]
        means = [
            sum(getattr(run, name) for run in runs) / len(runs)
            for name in ("answers", "majority", "exported", "share_exported", "left_out", "wronged")
        ]
        told = " | ".join(f"{100 * mean:.1f} %" for mean in means)
        print(f"| {hostile:.0%} | {eager} times | {'yes' if with_gold else 'no'} | {told} |", flush=True)


if __name__ == "__main__":
    main()
