"""How often works of art and medical pictures are stopped in the mode that is there for them.

    python -m benchmarks.image.own_mode FOLDER [--presets PRESETS]

FOLDER has index.csv with the columns file and group: art_* and sculpture_* are judged in art mode, medical_* in medical
mode, all others in general mode. Every check looks that is installed, words in the picture included. Prints a line a
group, and each picture that is stopped with its reasons. None of them should be; how much is caught this does not say.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.image.false_blocks import open_rgb
from safety.guard import Guard
from safety.policy.model import BASE_MODE
from safety.records import Decision, Verdict

MODES = {"art": "art", "sculpture": "art", "medical": "medical"}


def judged(folder: Path, presets: Path | None) -> Iterator[tuple[str, str, Decision]]:
    """Yields file, group and decision of every picture of the index."""
    guard = Guard.load(presets=presets)
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mode = MODES.get(row["group"].partition("_")[0], BASE_MODE)
            yield row["file"], row["group"], guard.check_image(open_rgb(folder / row["file"]), mode=mode)


def main() -> None:
    """Reads the arguments and prints what is stopped, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--presets", type=Path)
    arguments = parser.parse_args()
    groups: dict[str, Counter[Verdict]] = {}
    for file, group, decision in judged(arguments.folder, arguments.presets):
        groups.setdefault(group, Counter())[decision.verdict] += 1
        if not decision.allowed:
            reasons = ", ".join(f"{each.code} {each.subcategory} {each.evidence}" for each in decision.reasons)
            print(f"{file} {group}: {decision.verdict.name} ({reasons})", flush=True)
    print(f"{'group':20} {'n':>4}" + "".join(f"{verdict.name:>11}" for verdict in Verdict))
    for name, verdicts in [*groups.items(), ("all", sum(groups.values(), Counter[Verdict]()))]:
        print(f"{name:20} {verdicts.total():4}" + "".join(f"{verdicts[verdict]:11}" for verdict in Verdict))


if __name__ == "__main__":
    main()
