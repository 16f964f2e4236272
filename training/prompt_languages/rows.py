"""What it learns from: English rows of the prompt classifier, and prompts written in the thirteen languages by hand.

`written/CODE.tsv` has the columns of `training/prompt_classifier/examples.py`. Nothing of the test rows
(`tests/safety/prompt/data/languages`) is among them, nor close to one of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.prompt_classifier import mix
from training.prompt_classifier.data import read
from training.prompt_classifier.examples import Example, read_file, read_written, written_rows
from training.prompt_classifier.rows import HARM, Row

FOLDER = Path(__file__).with_name("written")
LONGEST = 400  # characters of an English row: short prompts are what the model is for
# Of harmless English rows, so many are taught: there are far more of them than of harmful ones.
SHARES = {"labels": 0.4, "sd_discord": 0.4, "overt_benign": 0.7}
TRAIN_SETS = ("coprov2", "sd_discord", "overt_benign", "roco")
MOST = 2000  # rows of one of these sets
STYLES = (
    "8k",
    "highly detailed",
    "artstation",
    "4k, photorealistic",
    "digital art",
    "octane render, cinematic lighting",
    "by greg rutkowski",
)
LOWER, UPPER, STYLED, OPEN = 0.2, 0.06, 0.12, 0.3  # shares of varied copies


def read_languages(folder: Path = FOLDER) -> dict[str, list[Example]]:
    """Returns the written examples of each language by its code."""
    return {path.stem: list(read_file(path)) for path in sorted(folder.glob("*.tsv"))}


def english(sources: mix.Sources, seed: int) -> list[Row]:
    """Returns the English rows: labels, all written examples, and the public sets that say what is harmful."""
    rows = [row for row in read(sources.data, "dev", seed) if not mix.held(row)] + mix.by_hand(sources, whole=False)
    rows += written_rows(read_written(second=True))
    rng = random.Random(seed)
    first = read(sources.data, "train", seed)
    for name in TRAIN_SETS:
        own = [row for row in first if row.source == name]
        rows += rng.sample(own, min(MOST, len(own)))
    return [row for row in rows if len(row.text) <= LONGEST and _kept(row, rng)]


def _kept(row: Row, rng: random.Random) -> bool:
    return row.target[HARM] >= 0.5 or rng.random() <= SHARES.get(row.source, 1.0)


def languages(examples: Sequence[Example], copies: int, seed: int) -> list[Row]:
    """Returns the rows of examples in other languages, each once as written and otherwise varied."""
    rng = random.Random(seed)
    return written_rows([each if copy == 0 else varied(each, rng) for each in examples for copy in range(copies)])


def varied(example: Example, rng: random.Random) -> Example:
    """Returns an example in small letters or capitals, with words of style, or without its last sign, by chance."""
    text, phrase, draw = example.text, example.phrase, rng.random()
    if draw < LOWER:
        text, phrase = text.lower(), phrase.lower()
    elif draw < LOWER + UPPER:
        text, phrase = text.upper(), phrase.upper()
    if rng.random() < STYLED:
        text = f"{text}, {rng.choice(STYLES)}"
    if rng.random() < OPEN:
        text = text.rstrip(".。!")
    return replace(example, text=text, phrase=phrase if phrase in text else "")
