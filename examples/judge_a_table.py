"""Judges every prompt of a CSV file and writes the same rows with a verdict, the risk and the scores beside them.

python examples/judge_a_table.py prompts.csv judged.csv [--column text] [--mode art]
"""

from __future__ import annotations

import argparse
import csv
from itertools import islice
from pathlib import Path

from safety import Guard, Verdict

BATCH = 512  # rows judged at once: enough to keep the model busy, few enough to keep memory flat


def judge_table(guard: Guard, source: Path, target: Path, column: str) -> dict[str, int]:
    """Writes `target` and returns how many rows got each verdict."""
    counts = dict.fromkeys(Verdict.__members__, 0)
    with source.open(newline="", encoding="utf-8") as read, target.open("w", newline="", encoding="utf-8") as written:
        rows = csv.DictReader(read)
        if column not in (rows.fieldnames or ()):
            raise SystemExit(f"{source} has no column {column!r}; it has {', '.join(rows.fieldnames or ())}.")
        table = None
        while batch := list(islice(rows, BATCH)):
            columns = guard.check_prompts([row[column] for row in batch])
            for number, row in enumerate(batch):
                scores = {name: f"{values[number]:.4f}" for name, values in columns.items() if name != "verdict"}
                judged = {**row, "verdict": Verdict(int(columns["verdict"][number])).name, **scores}
                if table is None:
                    table = csv.DictWriter(written, list(judged))
                    table.writeheader()
                table.writerow(judged)
                counts[judged["verdict"]] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--column", default="text")
    parser.add_argument("--mode", default="general")
    arguments = parser.parse_args()
    counts = judge_table(Guard.load(mode=arguments.mode), arguments.source, arguments.target, arguments.column)
    print(", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
