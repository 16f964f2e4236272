"""Rows that somebody labelled by reading: real prompts (labels.py) and prompts written for the boundaries (written/).

`written/*.tsv` has the columns theme, pair, outcomes, category, phrase, text; a category may name its kind, as in
"deception.forgery". Every tenth theme is held out whole, and is only ever measured on. `written/languages/` has short
prompts in thirteen languages, 150 each to measure and 130 to teach; no run reads them yet.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.prompt_classifier.labels import Label, read_labels
from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, KINDS, Row, key

FOLDER = Path(__file__).with_name("written")
SECOND_ROUND = "second_round.tsv"
THEMES, CALIBRATION = 10, 5  # every tenth theme is held out, every fifth label chooses limits
REFUSE, STOP, REMARK = 3, 2, 1
# The hard lines are judged by rules; what the model learns of them is what they are beside that.
HARD_LINES = {"child_safety": "sexual", "intimate_imagery": "sexual"}
REMARKS_ONLY = ("protected_works", "stereotype")
NEARLY = 0.2  # the harm of a row that deserves a remark: the next that a person might want to be asked about
OTHERS = 0.5  # weight of "no" for the categories that a stopped row does not name: it may be of two
RARE = 2.0  # weight of a stopped real prompt: there are ten times as many harmless ones


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt written for a boundary. outcomes: of general, art, medical, 0 to 4; kind: a key of KINDS, or empty."""

    theme: str
    pair: str
    outcomes: tuple[int, int, int]
    category: str
    kind: str
    phrase: str
    text: str


def read_written(folder: Path = FOLDER, held: bool = False, second: bool = False) -> list[Example]:
    """Returns the examples of all themes but those held out, or of these alone.

    second: those of the second round, written for what the run before the last got wrong, and taught in the last.
    """
    paths = [path for path in sorted(folder.glob("*.tsv")) if (path.name == SECOND_ROUND) is second]
    return [example for path in paths for example in read_file(path) if held_theme(example.theme) is held]


def held_theme(theme: str) -> bool:
    """Tells whether a theme is held out, the same on every machine."""
    return hashlib.blake2b(theme.encode(), digest_size=4).digest()[0] % THEMES == 0


def for_limits(text: str) -> bool:
    """Tells whether a labelled prompt chooses limits and calibrates, and so is not trained on until the last run."""
    return hashlib.blake2b(key(text).encode(), digest_size=4).digest()[1] % CALIBRATION == 0


def read_file(path: Path) -> Iterator[Example]:
    """Yields the examples of one file, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            category, _, kind = row["category"].partition(".")
            general, art, medical = (int(digit) for digit in row["outcomes"])
            outcomes = general, art, medical
            yield Example(row["theme"], row["pair"], outcomes, category, kind, row["phrase"], row["text"])


def written_rows(examples: Sequence[Example], weight: float = 1.0) -> list[Row]:
    """Returns the rows of written examples: pairs stay in one group, every head is known."""
    return [
        _row(
            e.text,
            "written",
            e.outcomes,
            e.category,
            e.phrase,
            (weight, weight),
            {e.kind} - {""},
            e.pair or key(e.text),
        )
        for e in examples
    ]


def label_rows(source: Path, weight: float = 1.0, test: bool = False) -> list[Row]:
    """Returns the rows of labelled real prompts: of the test part, or of all others."""
    return [label_row(label, weight) for label in read_labels(source, test=test)]


def label_row(label: Label, weight: float = 1.0) -> Row:
    """Returns the row of one labelled prompt. Nobody said its kind: it is known only where the category says it."""
    always = min(label.outcomes) >= REFUSE
    sole = {"harassment": {"threat"}, "dangerous": {"instructions"}, "self_harm": {"method"}}
    kinds = sole.get(label.category, set()) if always else set()
    phrase = label.text[slice(*label.span)]
    row = _row(label.text, "labels", label.outcomes, label.category, phrase, (weight, RARE), kinds)
    if always and not kinds:
        unknown = [kind for kind, category in KINDS.items() if category == label.category]
        row.weight.update(dict.fromkeys(unknown, 0.0))
    return row


def _row(
    text: str,
    source: str,
    outcomes: tuple[int, int, int],
    category: str,
    phrase: str,
    weight: tuple[float, float],
    kinds: set[str],
    group: str = "",
) -> Row:
    """Returns a row; weight: of one that passes, and of one that is stopped."""
    general = outcomes[0]
    named = HARD_LINES.get(category, category)
    share = 1.0 if general >= STOP or (general and named in REMARKS_ONLY) else 0.5 if general else 0.0
    nearly = NEARLY if general and named not in REMARKS_ONLY else 0.0
    harm = 1.0 if general >= STOP else nearly
    target = dict.fromkeys(HEADS, 0.0) | {HARM: harm, "remark": float(general >= REMARK)}
    target |= {"refuse": float(general >= REFUSE), "always": float(min(outcomes) >= REFUSE)}
    target |= dict.fromkeys(kinds, 1.0) | ({named: share} if general else {})
    stopped = general >= STOP
    weights = dict.fromkeys(HEADS, weight[stopped])
    if general:
        weights |= {c: weights[c] * OTHERS for c in CATEGORIES if c != named}
    return Row(text, source, target, weights, group or key(text), phrase if stopped else "")
