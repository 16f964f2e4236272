"""The rows that a refit learns from: reviewed cases of this studio, and labelled prompts that people gave.

A reviewer's decision counts more than a row of a person, and of no person more than a part counts: neither many rows
nor heavy ones let somebody move the judgement alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safety.errors import RequestError
from safety.policy.added_category import FIRST_CODE
from safety.policy.model import BASE_MODE, Policy
from studio.refit.refit_rules import PersonRules

HARMLESS, HARMFUL = "harmless", "harmful"
HELD_OUT = "held-out"
REVIEW = "review"  # the source of what a reviewer decided
OWN_CODES = range(FIRST_CODE + 1, FIRST_CODE + 100)  # of categories that the operator has added


@dataclass(frozen=True, slots=True)
class ReviewedRow:
    """Holds one labelled prompt.

    `harmful`: it should be stopped in `mode`. `category` is the one it is about, "" where nobody said. `person` gave
    the label, "" for a reviewer; `case` is that of the store, "" for rows from elsewhere. `held_out` rows are never
    fitted. `origin` are the cases and the feedback of the record that a row of an export was made of.
    """

    prompt: str
    harmful: bool
    mode: str = BASE_MODE
    category: str = ""
    person: str = ""
    weight: float = 1.0
    held_out: bool = False
    case: str = ""
    source: str = REVIEW
    at: str = ""
    origin: tuple[str, ...] = ()

    @property
    def voter(self) -> str:
        """Returns who counts as one person for this row: a reviewer decides each case by itself."""
        return f"case {self.case}" if self.reviewed else self.person

    @property
    def reviewed(self) -> bool:
        """Tells whether a reviewer decided it."""
        return self.source == REVIEW


def rows_of_cases(cases: Iterable[Mapping[str, Any]], policy: Policy, rules: PersonRules) -> Iterator[ReviewedRow]:
    """Yields a row for each decided case whose prompt was refused (labelled_cases.py says what they hold).

    Not for one that a category of the operator's own has stopped: what ships is not to learn from it.
    """
    by_code = {str(category.code): name for name, category in policy.category.items()}
    for case in cases:
        if case["stage"] == "prompt" and case["mode"] in policy.mode:
            code = str(case["codes"]).partition(" ")[0].lstrip("PIT")
            if code.isdecimal() and int(code) in OWN_CODES:
                continue
            yield ReviewedRow(
                prompt=str(case["text"]),
                harmful=bool(case["label"]),
                mode=str(case["mode"]),
                category=by_code.get(code, ""),
                weight=rules.review_weight,
                case=str(case["case"]),
                at=str(case["time"]),
            )


def rows_of_export(folder: Path, policy: Policy) -> Iterator[ReviewedRow]:
    """Yields the labelled prompts of an export: every line of its *.jsonl files with `prompt` and `label`.

    Raises RequestError that names file and line for what is no such row, and for a folder without any.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise RequestError(f"{folder} has no .jsonl file.", "Give the folder that `feedback export` wrote.")
    found = False
    for file in files:
        for number, line in enumerate(_text(file).splitlines(), 1):
            row = _parsed(file, number, line, policy)
            if row is not None:
                found = True
                yield row
    if not found:
        raise RequestError(f"{folder} has no labelled prompt.", "Rows of it have `prompt` and `label`.")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{file} cannot be read: {error}.", "Export it again.") from None


def _parsed(file: Path, number: int, line: str, policy: Policy) -> ReviewedRow | None:
    """Returns the row of a line; None for an empty line, for rows of another kind, such as pairs of pictures, and for
    what a reviewer upheld of a category that the operator has added, which what ships is not to learn.
    """
    try:
        cells = json.loads(line) if line.strip() else {}
    except ValueError:
        cells = None
    where = f"{file.name}, line {number}"
    if not isinstance(cells, dict):
        raise RequestError(f"{where} is no JSON object.", "Export it again.")
    if "prompt" not in cells or "label" not in cells:
        return None
    label, mode = cells["label"], cells.get("mode") or BASE_MODE
    if label not in (HARMLESS, HARMFUL, *policy.category):
        if cells.get("source") == REVIEW and isinstance(label, str):
            return None
        raise RequestError(f"{where}: there is no label {str(label)[:40]!r}.", "harmless, harmful, or a category.")
    if mode not in policy.mode:
        raise RequestError(f"{where}: there is no mode {str(mode)[:40]!r}.", "Choose one of the policy's.")
    weight = cells.get("weight", 1.0)
    if not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise RequestError(f"{where}: a weight is 0 to 1.", "Export it again.")
    return ReviewedRow(
        prompt=str(cells["prompt"]),
        harmful=label != HARMLESS,
        mode=mode,
        category="" if label in (HARMLESS, HARMFUL) else label,
        person=str(cells.get("person") or "nobody"),
        weight=float(weight),
        held_out=cells.get("part") == HELD_OUT,
        case=str(cells.get("case") or ""),
        source=_source(cells.get("source")),
        at=str(cells.get("at") or ""),
        origin=_origin(cells),
    )


def _origin(cells: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the feedback that a row names; for a reviewer's decision, its case."""
    feedback = cells.get("feedback")
    if isinstance(feedback, list) and feedback:
        return tuple(map(str, feedback))
    case = str(cells.get("case") or "")
    return (case,) if case and cells.get("source") == REVIEW else ()


def _source(named: object) -> str:
    """Returns where a row comes from: only this studio's own record says that a reviewer decided something."""
    return str(named) if named and named != REVIEW else "export"


def capped(rows: Sequence[ReviewedRow], rules: PersonRules) -> list[ReviewedRow]:
    """Returns the rows with no person counting for more than `most_rows`, the newest, and `most_share` of all weight.

    Of one person's labels of one prompt the newest counts. Rows that reviewers decided stay, each case once.
    """
    reviewed = list({(row.case, row.prompt, row.mode): row for row in rows if row.reviewed}.values())
    by_person: defaultdict[tuple[str, str], dict[str, ReviewedRow]] = defaultdict(dict)
    # A case that a reviewer decided is no vote of its person beside it.
    decided = {row.case for row in reviewed if row.case}
    for row in sorted(rows, key=lambda one: one.at):
        if not row.reviewed and row.case not in decided:
            labels = by_person[(row.person, row.mode)]
            subject = " ".join(row.prompt.casefold().split())
            labels.pop(subject, None)
            labels[subject] = row
    newest = {who: list(labels.values())[-rules.most_rows :] for who, labels in by_person.items()}
    total = sum(row.weight for given in newest.values() for row in given) or 1.0
    weight_of: defaultdict[str, float] = defaultdict(float)
    for (person, _), given in newest.items():
        weight_of[person] += sum(row.weight for row in given)
    scale = {
        person: min(1.0, rules.most_share * total / weight) if weight else 1.0 for person, weight in weight_of.items()
    }
    scaled = (replace(row, weight=row.weight * scale[row.person]) for given in newest.values() for row in given)
    return [*reviewed, *(row for row in scaled if row.weight > 0)]
