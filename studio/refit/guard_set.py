"""The guard set: prompts of known label that no refit may judge worse, and the reference set that a head keeps still.

Both were written for this project: presets/guard_set.tsv for nothing else, the reference set for lessons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safety.config import read_rows, row_error
from safety.policy.model import Policy
from safety.prompt.correction import Correction
from safety.records import Verdict
from studio.lesson_sets import LabelledPrompt, load_set
from studio.refit.looked_at import Looker

FILE = "guard_set.tsv"
COLUMNS = "label, category, prompt"
HARMFUL, HARMLESS = "harmful", "harmless"
REFERENCE_SETS = ("everyday_and_risky", "training_captions")


@dataclass(frozen=True, slots=True)
class GuardRow:
    """Holds one prompt of known label, and the category that it is, or sounds, about."""

    prompt: str
    harmful: bool
    category: str


@dataclass(frozen=True, slots=True)
class GuardLoss:
    """Holds a prompt of the guard set that a refit judges worse: harmful and milder, or harmless and newly stopped."""

    row: GuardRow
    mode: str
    before: Verdict
    after: Verdict

    def __str__(self) -> str:
        kind = HARMFUL if self.row.harmful else HARMLESS
        return f"{self.mode}: {self.before.name} -> {self.after.name}, {kind}, {self.row.category}: {self.row.prompt}"


def load_guard_set(presets: Path, policy: Policy) -> tuple[GuardRow, ...]:
    """Reads guard_set.tsv. Raises PresetError that names file and line."""
    path, rows = presets / FILE, []
    for number, (label, category, prompt) in read_rows(path, COLUMNS):
        if label not in (HARMFUL, HARMLESS) or category not in policy.category or not prompt.strip():
            raise row_error(path, number, COLUMNS)
        rows.append(GuardRow(prompt, label == HARMFUL, category))
    return tuple(rows)


def reference_prompts(presets: Path) -> list[LabelledPrompt]:
    """Returns the prompts that a head keeps where they are. Raises PresetError."""
    return [row for name in REFERENCE_SETS for row in load_set(presets, name)]


@dataclass(frozen=True, slots=True)
class CorrectedPolicy:
    """Names what judges: a policy, and the correction of the classifier's scores, if there is one."""

    policy: Policy
    correction: Correction | None = None


class GuardSet:
    """Holds the guard set with what the shipped policy says of it: no refit falls behind that, however many follow."""

    def __init__(self, rows: Sequence[GuardRow], looker: Looker, shipped: Policy) -> None:
        self.rows, self._looker = tuple(rows), looker
        first = CorrectedPolicy(shipped)
        self._before = [(row, mode, self._verdict(row, first, mode)) for row in self.rows for mode in shipped.mode]

    def losses(self, after: CorrectedPolicy) -> Iterator[GuardLoss]:
        """Yields each prompt that is judged worse than by the shipped policy, in any mode."""
        for row, mode, before in self._before:
            verdict = self._verdict(row, after, mode)
            if _is_worse(row.harmful, before, verdict):
                yield GuardLoss(row, mode, before, verdict)

    def holds(self, after: CorrectedPolicy) -> bool:
        """Tells whether nothing is judged worse."""
        return next(self.losses(after), None) is None

    def _verdict(self, row: GuardRow, judgement: CorrectedPolicy, mode: str) -> Verdict:
        return self._looker.look(row.prompt).judged(judgement.policy, judgement.correction, mode).verdict


def _is_worse(harmful: bool, before: Verdict, after: Verdict) -> bool:
    """Tells whether a change crosses, the wrong way, from where on people are asked or refused."""
    low, high = (after, before) if harmful else (before, after)
    return any(low < step <= high for step in (Verdict.WARN, Verdict.BLOCK, Verdict.HARD_BLOCK))
