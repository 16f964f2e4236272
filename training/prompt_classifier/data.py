"""Reads the prompt sets into rows: labels mapped to our categories, what is unknown masked, duplicates out."""

from __future__ import annotations

import csv
import random
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.prompt_classifier.rows import CATEGORIES, HARM, Row, grave, key

SOURCES = Path(__file__).with_name("sources.toml")
NUDE = ("nude", "naked", "nudes", "bather", "bathers")
NUDE_IN_ART = 0.6


def sources() -> dict[str, Any]:
    """The table of `sources.toml`."""
    return tomllib.loads(SOURCES.read_text(encoding="utf-8"))


def raw(path: Path) -> list[dict[str, str]]:
    """A set as it is on disk. Columns: text, label, category, note."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(data: Path) -> set[str]:
    """Keys of all texts that are only ever measured on."""
    return {key(row["text"]) for name in sources()["measure"]["files"] for row in raw(data / f"dev/{name}.csv")}


def read(data: Path, part: str, seed: int = 0) -> list[Row]:
    """All rows of one part ("train" or "dev"), each text once; contradicting twins are dropped.

    No row of "train" is in any dev file, and none of "dev" in a set that is measured only.
    """
    taken = measured(data)
    if part == "train":
        taken |= {key(row["text"]) for entry in sources()["dev"].values() for row in raw(data / entry["file"])}
    rows = [row for name, entry in sources()[part].items() for row in _drawn(data, name, entry, taken, seed)]
    return _once(rows)


def _drawn(data: Path, name: str, entry: dict[str, Any], taken: set[str], seed: int) -> list[Row]:
    rows = [_row(record, name, entry) for record in raw(data / entry["file"]) if key(record["text"]) not in taken]
    if (take := entry.get("take", len(rows))) >= len(rows):
        return rows
    groups = sorted({row.group for row in rows})  # pairs stay together
    share = take / len(rows)
    kept = set(random.Random(f"{seed} {name}").sample(groups, round(share * len(groups))))
    return [row for row in rows if row.group in kept]


def _once(rows: list[Row]) -> list[Row]:
    seen: dict[str, Row] = {}
    clashing: set[str] = set()
    for row in rows:
        first = seen.setdefault(row.key, row)
        if abs(first.target[HARM] - row.target[HARM]) > 0.5:
            clashing.add(row.key)
    return [row for at, row in seen.items() if at not in clashing and at]


def _row(record: dict[str, str], name: str, entry: dict[str, Any]) -> Row:
    harm = _harm(record, entry.get("soft", ""))
    weight = entry.get("weight", 1.0)
    named = set(_named(record, entry))
    target = {HARM: harm} | {category: harm if category in named else 0.0 for category in CATEGORIES}
    if record["label"] == "1":
        known = {category: 1.0 if category in named else entry.get("others", 0.3) for category in CATEGORIES}
    else:
        known = {category: 0.0 if category in entry.get("open", ()) else 1.0 for category in CATEGORIES}
        known |= {category: 1.0 for category in named if entry.get("soft")}
    group = record["note"] if name == "coprov2" else key(record["text"])
    weights = {HARM: weight} | {c: weight * w for c, w in known.items()} | grave(harm, weight)
    row = Row(record["text"], name, target, weights, group)
    return _art(row) if name == "tate" else row


def _harm(record: dict[str, str], soft: str) -> float:
    if soft == "percent":
        return min(0.95, int(float(record["note"])) / 100)
    if soft == "votes":
        unsafe, raters = record["note"].split("/")
        return int(unsafe) / int(raters)
    return float(record["label"])


def _named(record: dict[str, str], entry: dict[str, Any]) -> Iterator[str]:
    yield from entry.get("always", ())
    parts = record["category"].split(entry["split"]) if "split" in entry else [record["category"]]
    for part in parts:
        yield from entry.get("map", {}).get(part.strip(), ())
    for word, categories in entry.get("pattern", {}).items():
        if word in record["category"]:
            yield from categories


def _art(row: Row) -> Row:
    """A museum's nude is nudity, never arousal; whether it is harmful is left to the mode."""
    if not set(row.key.split()) & set(NUDE):
        return row
    return replace(
        row,
        target=row.target | {"nudity": NUDE_IN_ART},
        weight=row.weight | {HARM: 0.3, "nudity": 1.0, "sexual": 1.0},
    )
