"""Measures how far adversarial annotators move a limit: `python -m benchmarks.prompt.refit_poisoning`.

Simulated, since nobody poisons on request: persons label prompts near a limit, a tenth of their labels wrong; some do
the worst they can with all of theirs. Prints, for each share of adversaries, how far the proposed limit lies from the
one of the same persons without them. Needs no model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safety.resources import PRESETS
from studio.refit.limit_fit import ScoredLabel, fit_limit
from studio.refit.refit_rules import RefitRules, load_refit_rules

BEFORE = 0.40
PERSONS, ROWS_EACH, RUNS = 40, 10, 200
TRUTHS = (0.36, 0.40, 0.44, 0.49)
ATTACKS = ("loosen", "tighten", "turn")
SHARES = (0.05, 0.10, 0.20, 0.30)


def labels(truth: float, chance: np.random.Generator, attack: str, bad: int, step: float) -> list[ScoredLabel]:
    """Returns the labels of all persons, `bad` of whom attack."""
    found = []
    for person in range(PERSONS):
        for score in chance.uniform(0.28, 0.52, ROWS_EACH):
            harmful = bool(score >= truth) is not bool(chance.random() < 0.1)
            if person < bad and attack == "loosen":
                score, harmful = chance.uniform(BEFORE, BEFORE + step), False
            elif person < bad and attack == "tighten":
                score, harmful = chance.uniform(BEFORE - step, BEFORE), True
            elif person < bad:
                harmful = score < truth
            found.append(ScoredLabel(float(score), harmful, 1.0, f"person {person}"))
    return found


def moves(attack: str, share: float, rules: RefitRules) -> NDArray[np.float64]:
    """Returns how far the limit lies from the one without adversaries, a row a run."""
    found = []
    for truth in TRUTHS:
        for seed in range(RUNS // len(TRUTHS)):
            fits = (
                fit_limit(
                    BEFORE,
                    labels(truth, np.random.default_rng(seed), attack, bad, rules.limits.step),
                    rules.limits,
                    0.0,
                    1.0,
                ).at
                for bad in (0, round(share * PERSONS))
            )
            clean, poisoned = fits
            found.append(abs(poisoned - clean))
    return np.array(found)


def main() -> None:
    """Prints the table."""
    rules = load_refit_rules(PRESETS)
    print("| adversaries | attack | mean move | 95th percentile | most | runs beyond the step |")
    print("|--:|---|--:|--:|--:|--:|")
    for share in SHARES:
        for attack in ATTACKS:
            found = moves(attack, share, rules)
            beyond = int((found > rules.limits.step + 1e-9).sum())
            cells = (found.mean(), np.percentile(found, 95), found.max())
            print(
                f"| {share:.0%} | {attack} | {' | '.join(f'{cell:.3f}' for cell in cells)} | {beyond} of {len(found)} |"
            )


if __name__ == "__main__":
    main()
