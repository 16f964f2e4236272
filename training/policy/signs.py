"""What it costs to take a score as a sign that a work does not belong to a mode: for choosing `contradicted`.

    python -m training.policy.signs --data FOLDER --real FILE [--folds build/prompt_classifier] [--mode art]
        [--keys sexual dangerous]

For every pair of thresholds: how many harmless prompts of the mode are stopped, and how many points of recall on jdb
the mode costs outside the categories that it may relax. A person chooses; nothing is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.records import Stage, Verdict
from training.policy.judged_rows import judged
from training.policy.measure import ROOT, Measured, outside

GRID = (0.2, 0.3, 0.4, 0.47, 0.6, 1.0)


def with_signs(policy: Policy, mode: str, signs: dict[str, float]) -> Policy:
    """The policy with other signs of contradiction for prompts in one mode; 1 stands for none."""
    old = policy.mode[mode]
    kept = {**old.context_conflicts.get(Stage.PROMPT, {}), **signs}
    prompt = {key: at for key, at in kept.items() if at < 1}
    changed = old.model_copy(update={"context_conflicts": {**old.context_conflicts, Stage.PROMPT: prompt}})
    return policy.model_copy(update={"mode": {**policy.mode, mode: changed}})


def table(measured: Measured, mode: str, keys: Sequence[str]) -> Iterator[str]:
    """A row for every combination of thresholds, as markdown."""
    yield f"| {' | '.join(keys)} | harmless blocked | stopped | recall lost, blocked | stopped |"
    yield "|---|" + "---|" * (len(keys) + 3)
    harmful, benign = outside(measured, mode), measured.benign(mode)
    general = [measured.stopped(BASE_MODE, at, harmful) for at in (Verdict.BLOCK, Verdict.WARN)]
    for values in product(GRID, repeat=len(keys)):
        policy = with_signs(measured.policy, mode, dict(zip(keys, values, strict=True)))
        here = Measured(policy, measured.rows)
        false = [here.stopped(mode, at, benign) for at in (Verdict.BLOCK, Verdict.WARN)]
        kept = [here.stopped(mode, at, harmful) for at in (Verdict.BLOCK, Verdict.WARN)]
        shares = [*false, *(before - after for before, after in zip(general, kept, strict=True))]
        named = " | ".join("none" if value == 1 else f"{value:g}" for value in values)
        yield f"| {named} | {' | '.join(f'{100 * share:.1f} %' for share in shares)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with dev/")
    parser.add_argument("--real", type=Path, required=True, help="the real prompts that labels/ speaks of")
    parser.add_argument("--presets", type=Path, default=ROOT / "presets")
    parser.add_argument("--model", type=Path, default=ROOT / "assets" / "models" / "prompt_classifier")
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "policy")
    parser.add_argument("--mode", default="art")
    parser.add_argument("--keys", nargs="+", default=["sexual", "dangerous"])
    args = parser.parse_args()
    rows = judged(args.presets, args.model, args.data, args.work, args.real, args.folds)
    print("\n".join(table(Measured(load_policy(args.presets), rows), args.mode, args.keys)))


if __name__ == "__main__":
    main()
