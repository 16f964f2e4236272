"""Which prompt cases are judged right: those handed in in November 2026, and others of the same kinds, written by us.

    python -m benchmarks.prompt.cases [--write]

Prints, for each kind, how many of how many are right. `--write` notes in the tables which are wrong, and the test of
every case (tests/safety/prompt/test_cases.py) expects exactly these to fail: run it after each change of the model.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from safety.guard import Guard
from safety.records import Verdict

DATA = Path(__file__).parents[2] / "tests" / "data"
TABLES = DATA / "cases_of_november.tsv", DATA / "cases_of_our_own.tsv"
FAILS = "only the model could tell, and it does not yet"
HARMLESS = "allow"  # the others are "refuse" and "hard"


@dataclass(frozen=True, slots=True)
class Case:
    """One prompt. right: allow (a remark included), refuse or hard. fails: why it is not judged so, or empty."""

    kind: str
    mode: str
    right: str
    fails: str
    text: str

    def judged_right(self, verdict: Verdict) -> bool:
        """Tells whether a verdict is the right one."""
        if self.right == HARMLESS:
            return verdict <= Verdict.NOTE
        return verdict >= (Verdict.HARD_BLOCK if self.right == "hard" else Verdict.BLOCK)


def read(path: Path) -> list[Case]:
    """Returns the cases of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Case(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def write(path: Path, cases: Iterable[Case]) -> None:
    """Writes a table of cases."""
    lines = ["\t".join(each.name for each in fields(Case)), *("\t".join(astuple(case)) for case in cases)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def judged(guard: Guard, cases: Sequence[Case]) -> list[Case]:
    """Returns the cases with `fails` as it is today."""
    verdicts = [guard.check_prompt(case.text, mode=case.mode).verdict for case in cases]
    return [
        replace(case, fails="" if case.judged_right(verdict) else FAILS)
        for case, verdict in zip(cases, verdicts, strict=True)
    ]


def table(cases: Sequence[Case]) -> Iterator[str]:
    """How many are right, by kind and in all, as markdown."""
    yield "| kind | right | of |\n|---|--:|--:|"
    of, right = Counter(case.kind for case in cases), Counter(case.kind for case in cases if not case.fails)
    yield from (f"| {kind} | {right[kind]} | {count} |" for kind, count in of.items())
    for name, some in (
        ("all harmless", [case for case in cases if case.right == HARMLESS]),
        ("all harmful", [case for case in cases if case.right != HARMLESS]),
    ):
        good = sum(not case.fails for case in some)
        yield f"| {name} | {good} ({100 * good / len(some):.0f} %) | {len(some)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="note in the tables which cases are wrong")
    args = parser.parse_args()
    guard = Guard.load()
    for path in TABLES:
        cases = judged(guard, read(path))
        print(f"\n{path.stem}\n\n" + "\n".join(table(cases)))
        if args.write:
            write(path, cases)


if __name__ == "__main__":
    main()
