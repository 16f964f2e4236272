"""How often the prompt checks refuse what they should, and what they should not.

    python -m benchmarks.prompt_check --data FOLDER [--set NAME ...] [--rules]

FOLDER holds CSV files with columns `text` and `label` (1: should not be made in general mode). Prints a
table: a row a file, label and mode, with the share of verdicts in per cent.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from safety.checks import Check, assess
from safety.decide import decide
from safety.policy import Policy, load_policy
from safety.prompt import prompt_checks
from safety.records import Prompt, Stage, Verdict

ROOT = Path(__file__).parents[1]
PRESETS, MODELS = ROOT / "presets", ROOT / "assets" / "models"
OTHER_MODES = {"art": "art", "medical": "medical"}  # these sets are judged in their own mode too


def measure(rows: Sequence[dict[str, str]], checks: Sequence[Check[Prompt]], policy: Policy, mode: str) -> None:
    """Prints a line for each label: verdict shares and the milliseconds a prompt takes."""
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    start = time.perf_counter()
    for row in rows:
        assessment = assess(Stage.PROMPT, Prompt(row["text"]), checks)
        verdicts[row["label"]][decide(assessment, policy, mode).verdict] += 1
    pace = 1000 * (time.perf_counter() - start) / max(1, len(rows))
    for label, counts in sorted(verdicts.items()):
        total = sum(counts.values())
        shares = "  ".join(f"{100 * counts[verdict] / total:6.1f}" for verdict in reversed(Verdict))
        print(f"{rows[0]['set']:14} {mode:8} {label:5} {total:6}  {shares}  {pace:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--rules", action="store_true", help="without the model: lexicon, patterns and hard lines")
    options = parser.parse_args()
    policy, checks = load_policy(PRESETS), prompt_checks(PRESETS, None if options.rules else MODELS)
    heads = "  ".join(f"{verdict.name[:6]:>6}" for verdict in reversed(Verdict))
    print(f"{'set':14} {'mode':8} label   rows  {heads}  ms each")
    for path in sorted(options.data.glob("*.csv")):
        if options.set and path.stem not in options.set:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{**row, "set": path.stem} for row in csv.DictReader(file)]
        for mode in ("general", *filter(None, [OTHER_MODES.get(path.stem)])):
            measure(rows, checks, policy, mode)


if __name__ == "__main__":
    main()
