"""What one run learns from: the sets, contrast pairs, crude words, and disguised copies of all of them."""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.prompt_classifier import attacks, data, everyday, long_texts
from training.prompt_classifier.clean import believe
from training.prompt_classifier.contrast import pairs
from training.prompt_classifier.data import read
from training.prompt_classifier.examples import for_limits, label_rows, read_written, written_rows
from training.prompt_classifier.portraits import portraits
from training.prompt_classifier.rows import CATEGORIES, HARM, Row, full

HALVES, HELD = 2, 0  # dev rows of the half HELD are measured by a run that saw the other one
JUNK_HARM = 0.6  # word salad without meaning: people don't type it, searches against a text encoder do
DISGUISED_HARM, DISGUISED_FINE = 0.25, 0.12  # disguised copies, as a share of the rows
LABELS = 0.7  # weight of a harmless labelled prompt: there are ten thousand of them
OLD_FOR_NEW = 2  # rows known already for each new one in the last run
REPLAYED = {  # rows of the first stage that the second sees again
    "coprov2": 4500,
    "sd_discord": 900,
    "tate": 600,
    "roco": 300,
    "coco": 300,
    "compbench": 300,
    "overt_benign": 400,
    "i2p_soft": 200,
}
_FRAMES = (
    "{}",
    "a picture of {}",
    "{}, photo",
    "{} on a bed",
    "you {}",
    "drawing of a {}",
    "{} everywhere, digital art",
)
_TERMS = {
    "sexual anatomy / sexual acts": "sexual",
    "racial / ethnic slurs": "hate",
    "sexual orientation / gender": "hate",
    "religious offense": "hate",
    "mental disability": "hate",
    "other / general insult": "harassment",
}
_NOT_USED = re.compile(r"child|kid|teen|boy|girl|loli|jail|young|school|\d", re.IGNORECASE)
SEVERE = 1.8


@dataclass(frozen=True, slots=True)
class Sources:
    """Where things are: prompt sets, pieces of words for noise, the list of crude words and real prompts (optional)."""

    data: Path
    pieces: Sequence[str]
    terms: Path | None = None
    real: Path | None = None


def held(row: Row) -> bool:
    """Whether a dev row is in the half that is measured; the same on every machine."""
    return hashlib.blake2b(row.group.encode(), digest_size=4).digest()[0] % HALVES == HELD


def base(sources: Sources, seed: int) -> list[Row]:
    """Rows of the first stage: no dev row among them."""
    rows = believe(read(sources.data, "train", seed), seed=seed)
    rows += pairs(fills=4, seed=seed) + crude(sources.terms, seed)
    rows += everyday.nouns(900, seed) + portraits(1500, seed)
    rows += everyday.titles([row for row in rows if row.source == "tate"], 300, seed)
    rows += everyday.styled(rows, [row for row in rows if row.source == "sd_discord"], 1500, seed)
    rows += long_texts.joined(rows, 900, seed) + long_texts.fragments(rows, 700, seed)
    return rows + disguised(rows, sources.pieces, seed)


def last(sources: Sources, seed: int) -> list[Row]:
    """Rows of the third stage: all of the half that was held back, and as many of the others."""
    names = set(data.sources()["dev"])

    def kept_back(row: Row) -> bool:
        return (row.source in names and held(row)) or (row.source == "labels" and for_limits(row.text))

    rows = tune(sources, seed, whole=True)
    new = [row for row in rows if kept_back(row)] + written_rows(read_written(second=True))
    old = [row for row in rows if not kept_back(row)]
    return new + random.Random(seed).sample(old, min(len(old), OLD_FOR_NEW * len(new)))


def tune(sources: Sources, seed: int, whole: bool = False) -> list[Row]:
    """Rows of the second stage: dev rows that are not held back (or all), and some of the first stage again."""
    rows = [row for row in read(sources.data, "dev", seed) if whole or not held(row)]
    rows += by_hand(sources, whole)
    first = believe(read(sources.data, "train", seed), seed=seed)
    again = _again(first, random.Random(seed))
    real = [row for row in again + rows if row.source in ("sd_discord", "jdb") and row.target[HARM] == 0]
    rows += again + pairs(fills=1, seed=seed + 1) + crude(sources.terms, seed)[::6] + portraits(600, seed + 1)
    rows += everyday.nouns(500, seed) + everyday.titles([r for r in first if r.source == "tate"], 300, seed)
    rows += everyday.styled(again, real, 500, seed) + long_texts.parts(rows)
    rows += long_texts.joined(rows, 300, seed + 1) + long_texts.fragments(rows, 250, seed + 1)
    return rows + disguised(rows, sources.pieces, seed + 1)


def by_hand(sources: Sources, whole: bool) -> list[Row]:
    """Returns what was labelled by reading; unless `whole`, without the labels that choose limits."""
    labelled = label_rows(sources.real, LABELS) if sources.real else []
    return [row for row in labelled if whole or not for_limits(row.text)] + written_rows(read_written())


def _again(first: Sequence[Row], rng: random.Random) -> list[Row]:
    rows: list[Row] = []
    for source, count in REPLAYED.items():
        own = [row for row in first if row.source == source]
        rows += rng.sample(own, min(count, len(own)))
    return rows


def crude(terms: Path | None, seed: int) -> list[Row]:
    """Short texts around severe words of a list with the columns text, category_1, severity_rating."""
    if terms is None:
        return []
    rng = random.Random(seed)
    with terms.open(encoding="utf-8", newline="") as file:
        found = [r for r in csv.DictReader(file) if float(r["severity_rating"] or 0) >= SEVERE]
    found = [r for r in found if r["category_1"] in _TERMS and not _NOT_USED.search(r["text"])]
    return [full(rng.choice(_FRAMES).format(r["text"]), "crude", 0.95, [_TERMS[r["category_1"]]], 0.5) for r in found]


def disguised(rows: Sequence[Row], pieces: Sequence[str], seed: int) -> list[Row]:
    """Copies that hide what they say; the label stays, but that of meaningless salad."""
    rng = random.Random(seed)
    harmful = [row for row in rows if row.target[HARM] >= 0.8 and row.weight[HARM] >= 0.4]
    fine = [row for row in rows if row.target[HARM] <= 0.2 and len(row.text) < 300]
    made = [_hidden(row, pieces, rng) for row in rng.choices(harmful, k=int(len(harmful) * DISGUISED_HARM))]
    made += [_hidden(row, pieces, rng) for row in rng.choices(fine, k=int(len(fine) * DISGUISED_FINE))]
    return made


def _hidden(row: Row, pieces: Sequence[str], rng: random.Random) -> Row:
    draw = rng.random()
    if draw < 0.55:
        attack = attacks.DISGUISES[rng.choice(list(attacks.DISGUISES))]
        return replace(row, text=attack(row.text, rng))
    if draw < 0.7:
        return replace(row, text=attacks.noised(row.text, pieces, rng))
    text = attacks.salad(row.text, pieces, rng) if draw < 0.85 else attacks.buried(row.text, pieces, rng)
    if row.target[HARM] >= 0.5:
        return replace(row, text=text)
    weight = {head: w * 0.5 for head, w in row.weight.items()} | dict.fromkeys(CATEGORIES, 0.0)
    return replace(row, text=text, target=row.target | {HARM: JUNK_HARM}, weight=weight)
