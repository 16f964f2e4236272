"""The operator's own test rows: what reviewers decided, each prompt once, and how it must be judged from then on.

They lie beside the adopted versions, as JSON, one a line. A row goes with the words of its case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safety.errors import PresetError
from safety.records import Decision, Verdict

FOLDER, FILE = "policy", "regression.jsonl"
Judge = Callable[[str, str], Decision]  # of a prompt in a mode


@dataclass(frozen=True, slots=True)
class RegressionRow:
    """Holds one prompt of a reviewed case: `stopped` says whether people must be asked about it or refused."""

    case: str
    mode: str
    stopped: bool
    prompt: str

    def holds(self, decision: Decision) -> bool:
        """Tells whether a decision is what the reviewer decided."""
        return (decision.verdict >= Verdict.WARN) is self.stopped


@dataclass(frozen=True)
class RegressionRows:
    """Keeps the rows in a folder."""

    folder: Path

    @property
    def has_any(self) -> bool:
        """Tells whether rows were ever kept."""
        return (self.folder / FILE).exists()

    def read(self) -> list[RegressionRow]:
        """Returns all rows, oldest first. Raises PresetError that names the line for what is none."""
        return list(self._parsed(self.folder / FILE)) if self.has_any else []

    def _parsed(self, path: Path) -> Iterator[RegressionRow]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            try:
                yield RegressionRow(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise PresetError(f"{path}, line {number}: {error}", "Mend the line, or take it out.") from None

    def add(self, rows: Iterable[RegressionRow]) -> list[RegressionRow]:
        """Adds rows, the newer of one case in the place of the older; returns those that are new."""
        before = {(row.case, row.mode): row for row in self.read()}
        given = {(row.case, row.mode): row for row in rows}
        new = [row for key, row in given.items() if before.get(key) != row]
        if new:
            self._write({**before, **given}.values())
        return new

    def keep(self, cases: Iterable[str]) -> int:
        """Deletes the rows of all cases but these; returns how many went."""
        before, kept = self.read(), set(cases)
        left = [row for row in before if row.case in kept]
        if len(left) < len(before):
            self._write(left)
        return len(before) - len(left)

    def failing(self, judge: Judge) -> Iterator[tuple[RegressionRow, Decision]]:
        """Yields the rows that are judged otherwise now."""
        for row in self.read():
            decision = judge(row.prompt, row.mode)
            if not row.holds(decision):
                yield row, decision

    def _write(self, rows: Iterable[RegressionRow]) -> None:
        path = self.folder / FILE
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f".{FILE}.new")
        beside.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), "utf-8")
        beside.replace(path)


def forget_test_rows(home: Path, kept: Callable[[], Iterable[Mapping[str, Any]]]) -> int:
    """Deletes the test rows of cases whose words are kept no more; returns how many.

    `kept`: yields the decided cases whose words are there; asked only where there are test rows.
    """
    rows = RegressionRows(home / FOLDER)
    return rows.keep(str(case["case"]) for case in kept()) if rows.has_any else 0
