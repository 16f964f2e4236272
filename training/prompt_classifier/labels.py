"""Labels given to real prompts by reading each (labelling.md), joined with the prompts themselves.

The prompts are not ours to ship: `labels/labels.tsv` names each by the start of its hash, and the text is found again
in the source. `labels/sample.tsv` says which part of the sample each belongs to.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.prompt_classifier.sample import identifier, read_texts

FOLDER = Path(__file__).with_name("labels")
MODES = ("general", "art", "medical")


@dataclass(frozen=True, slots=True)
class Label:
    """What should happen to one prompt.

    outcomes: a verdict's number, 0 to 4, for each of MODES. category: a name of the policy, "" where all are 0.
    span: start and end of the phrase that carries it, in characters of the text; (0, 0) where the whole prompt does.
    part: test, random, stopped or unsure (sample.py).
    """

    text: str
    outcomes: tuple[int, int, int]
    category: str
    span: tuple[int, int]
    part: str


def read_labels(source: Path, folder: Path = FOLDER, test: bool = False) -> Iterator[Label]:
    """Yields the labels of the test part, or those of all other parts: nothing is ever trained or chosen on the former.

    source: the gzipped CSV file of real prompts. Raises ValueError where it lacks a labelled prompt.
    """
    texts = {identifier(text): text for text in read_texts(source)}
    parts = {row["id"]: row["part"] for row in _rows(folder / "sample.tsv")}
    for row in _rows(folder / "labels.tsv"):
        part = parts[row["id"]]
        if (part == "test") is not test:
            continue
        if row["id"] not in texts:
            raise ValueError(f"{source} has no prompt {row['id']}: it is another edition of the set")
        general, art, medical = (int(digit) for digit in row["outcomes"])
        span = int(row["start"]), int(row["end"])
        yield Label(texts[row["id"]], (general, art, medical), row["category"], span, part)


def test_identifiers(folder: Path = FOLDER) -> frozenset[str]:
    """Returns the identifiers of the test part, labelled or not yet."""
    return frozenset(row["id"] for row in _rows(folder / "sample.tsv") if row["part"] == "test")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="\t")
