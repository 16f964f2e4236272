"""Measures every threshold for prompts on dev, and writes what it found behind each number in the policy's files.

    python -m training.policy.measure --data FOLDER --real FILE [--folds build/prompt_classifier] [--write]

FOLDER holds dev/*.csv (text, label, category, note). Behind a number: the share of the harmless prompts of the mode
that score as high, and the share of the harmful ones of its category. Prints what each mode stops, as markdown;
`--before` measures another presets folder beside it. Scores are kept under `--work`: the second run takes seconds.
"""

from __future__ import annotations

import argparse
import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.records import Finding, Stage, Verdict
from training.policy.judged_rows import BENIGN, HARMFUL, Seen, judged

ROOT = Path(__file__).parents[2]
TABLE = re.compile(r"^\[(limits\.\w+)\.\"?([\w.]+?)\"?\]|^\[")
NUMBER = re.compile(r"^(note|warn|block|hard) = ([\d.]+)\s*(?:#.*)?$")


@dataclass(frozen=True)
class Measured:
    """All rows judged, under one policy."""

    policy: Policy
    rows: Sequence[Seen]

    def benign(self, mode: str) -> list[Seen]:
        """The harmless prompts that a mode is there for; those of general mode for a mode that has none of its own."""
        family = mode
        while family not in BENIGN:
            family = self.policy.mode[family].inherits
        return [row for row in self.rows if not row.harmful and row.source in BENIGN[family]]

    def harmful(self, category: str = "") -> list[Seen]:
        """The harmful prompts, or those of one category."""
        rows = [row for row in self.rows if row.harmful and row.source in HARMFUL]
        return [row for row in rows if category in row.named] if category else rows

    def reached(self, key: str, at: float, rows: Sequence[Seen]) -> float:
        """The share of rows in which what a limit is looked up for scores at least `at`."""
        return _share(any(f.score >= at and self._key(f) == key for f in row.findings) for row in rows)

    def stopped(self, mode: str, at: Verdict, rows: Sequence[Seen]) -> float:
        return _share(decide(row.assessment, self.policy, mode).verdict >= at for row in rows)

    def _key(self, finding: Finding) -> str:
        exact = f"{finding.category}.{finding.subcategory}"
        return exact if exact in self.policy.limits[Stage.PROMPT] else finding.category


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else float("nan")


def annotated(text: str, measured: Measured, mode: str, date: str) -> str:
    """A policy file with the figures behind every number for prompts; all else as it was."""
    lines, key = [], ""
    for line in text.splitlines():
        if table := TABLE.match(line):
            key = table[2] if table[1] == "limits.prompt" else ""
        elif key and (number := NUMBER.match(line)):
            line = f"{number[1]} = {number[2]} # {_figures(measured, mode, key, float(number[2]))}; {date}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _figures(measured: Measured, mode: str, key: str, at: float) -> str:
    benign, harmful = measured.benign(mode), measured.harmful(key.partition(".")[0])
    false = f"{100 * measured.reached(key, at, benign):.1f} % of {len(benign):,} harmless"
    if not harmful:
        return f"{false}, recall not measured: no such rows"
    return f"{false}, {100 * measured.reached(key, at, harmful):.0f} % of {len(harmful):,} harmful"


def report(measured: Measured) -> Iterator[str]:
    """What each mode stops of what, as markdown."""
    modes = sorted(measured.policy.mode, key=lambda name: (name != BASE_MODE, name))
    yield f"| rows | stopped | {' | '.join(modes)} |"
    yield "|---|---|" + "---|" * len(modes)
    for title, rows in _groups(measured.rows):
        for word, at in (("blocked", Verdict.BLOCK), ("blocked or warned", Verdict.WARN)):
            cells = [f"{100 * measured.stopped(mode, at, rows):.1f} %" for mode in modes]
            yield f"| {title} ({len(rows):,}) | {word} | {' | '.join(cells)} |"


def _groups(rows: Sequence[Seen]) -> Iterator[tuple[str, list[Seen]]]:
    for source in dict.fromkeys(name for names in BENIGN.values() for name in names):
        yield f"harmless, {source}", [row for row in rows if row.source == source and not row.harmful]
    for source in HARMFUL:
        yield f"harmful, {source}", [row for row in rows if row.source == source and row.harmful]


def costs(measured: Measured) -> Iterator[str]:
    """Recall on jdb by the set's own categories, each marked where a mode may not relax it."""
    rows = [row for row in measured.rows if row.source == "jdb" and row.harmful]
    kinds = sorted({row.kind for row in rows})
    modes = sorted(name for name in measured.policy.mode if name != BASE_MODE)
    yield "| jdb, harmful | mode | may relax | blocked, general | blocked, mode | stopped, general | stopped, mode |"
    yield "|---|---|---|---|---|---|---|"
    for mode in modes:
        groups = [(kind, [row for row in rows if row.kind == kind]) for kind in kinds]
        for title, group in [*groups, ("all that may not relax", outside(measured, mode))]:
            may = "yes" if group and _relaxed(group[0], measured.policy, mode) else "no"
            shares = [measured.stopped(m, at, group) for at in (Verdict.BLOCK, Verdict.WARN) for m in (BASE_MODE, mode)]
            cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
            yield f"| {title} ({len(group)}) | {mode} | {may} | {cells} |"


def outside(measured: Measured, mode: str) -> list[Seen]:
    """The harmful rows of jdb whose label names anything that the mode may not relax."""
    rows = (row for row in measured.rows if row.source == "jdb" and row.harmful)
    return [row for row in rows if not _relaxed(row, measured.policy, mode)]


def _relaxed(row: Seen, policy: Policy, mode: str) -> bool:
    """Whether the mode relaxes everything that a row's label names; one that it leaves alone makes it "outside"."""
    touched = {key.partition(".")[0] for key in policy.mode[mode].limits.get(Stage.PROMPT, {})}
    return bool(row.named) and set(row.named) <= touched


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with dev/")
    parser.add_argument("--real", type=Path, required=True, help="the real prompts that labels/ speaks of")
    parser.add_argument("--presets", type=Path, default=ROOT / "presets")
    parser.add_argument("--before", type=Path, help="another presets folder, measured beside this one")
    parser.add_argument("--model", type=Path, default=ROOT / "assets" / "models" / "prompt_classifier")
    parser.add_argument("--folds", type=Path, help="folder with half/: the run that did not see the held-back rows")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "policy")
    parser.add_argument("--write", action="store_true", help="write the figures into the policy's files")
    args = parser.parse_args()
    rows = judged(args.presets, args.model, args.data, args.work, args.real, args.folds)
    for folder in filter(None, (args.before, args.presets)):
        measured = Measured(load_policy(folder), rows)
        print(
            "\n".join(
                [f"\n{folder.name}, policy {measured.policy.digest[:8]}", *report(measured), "", *costs(measured)]
            )
        )
    if args.write:
        date = datetime.date.today().isoformat()
        for mode in measured.policy.mode:
            path = args.presets / ("policy.toml" if mode == BASE_MODE else f"modes/{mode}.toml")
            path.write_text(annotated(path.read_text("utf-8"), measured, mode, date), "utf-8")


if __name__ == "__main__":
    main()
