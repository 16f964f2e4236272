"""How many of 20,000 real prompts general mode stops, and which of them it did not stop before.

    python -m benchmarks.prompt.false_stops --source real_prompts.csv.gz --out verdicts.tsv [--before earlier.tsv]

The rows are drawn by a fixed seed from those that nobody labelled (training/prompt_classifier/labels): nearly all of
them are harmless, so that what a change adds to the stopped ones is close to what it adds to the false stops. The file
names each row by the start of its hash, as the labels do.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from safety.guard import Guard
from safety.records import Verdict
from training.prompt_classifier.sample import INDEX, identifier, read_texts

SEED, ROWS, BATCH = 16, 20_000, 250


def rows(source: Path) -> list[str]:
    """The texts, in the same order every time."""
    with INDEX.open(newline="", encoding="utf-8") as file:
        labelled = {row["id"] for row in csv.DictReader(file, delimiter="\t")}
    return random.Random(SEED).sample([text for text in read_texts(source) if identifier(text) not in labelled], ROWS)


def verdicts_of(texts: Sequence[str]) -> list[Verdict]:
    """The verdict of general mode on each text."""
    guard = Guard.load()
    batches = [guard.check_prompts(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    return [Verdict(int(number)) for number in np.concatenate([columns["verdict"] for columns in batches])]


def write(path: Path, texts: Sequence[str], verdicts: Sequence[Verdict]) -> None:
    lines = [f"{identifier(text)}\t{verdict.name}\n" for text, verdict in zip(texts, verdicts, strict=True)]
    path.write_text("".join(lines), "utf-8")


def read(path: Path) -> dict[str, Verdict]:
    pairs = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {name: Verdict[verdict] for name, verdict in pairs}


def shares(verdicts: Sequence[Verdict]) -> str:
    """The verdicts in per cent, and those that keep a person from the picture (WARN and above) together."""
    counts = Counter(verdicts)
    each = ", ".join(f"{verdict.name} {100 * counts[verdict] / len(verdicts):.2f}" for verdict in Verdict)
    stopped = 100 * sum(verdict >= Verdict.WARN for verdict in verdicts) / len(verdicts)
    return f"{each}; stopped {stopped:.2f} % of {len(verdicts):,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--before", type=Path)
    args = parser.parse_args()
    texts = rows(args.source)
    now = verdicts_of(texts)
    write(args.out, texts, now)
    print("now:   ", shares(now))
    if args.before:
        earlier = read(args.before)
        before = [earlier[identifier(text)] for text in texts]
        print("before:", shares(before))
        for text, was, verdict in zip(texts, before, now, strict=True):
            if was != verdict and max(was, verdict) >= Verdict.WARN:
                print(f"{was.name} -> {verdict.name}\t{text}")


if __name__ == "__main__":
    main()
