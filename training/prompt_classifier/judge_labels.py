"""Measures the whole judgement on what was labelled by reading and never trained on: real prompts, and held-out themes.

    python -m training.prompt_classifier.judge_labels --real real_prompts.csv.gz [--model assets/models] [--stopped 30]

Real prompts are those of the test part (labels.py), drawn at random. Prints markdown; with `--stopped N` so many that
are stopped and that pass, drawn by --seed, with reason and marked words, for somebody to read.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safety.guard import Guard
from safety.records import Decision, Verdict
from safety.resources import MODELS
from training.prompt_classifier.examples import read_written
from training.prompt_classifier.labels import MODES, read_labels

MAX_SHOWN = 220  # characters of a prompt


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled prompt and what the guard decided in one mode. outcome: the label in that mode, 0 to 4."""

    text: str
    outcome: int
    decision: Decision

    @property
    def deserves(self) -> bool:
        """Tells whether the prompt should be stopped."""
        return self.outcome >= Verdict.WARN

    def at_least(self, verdict: Verdict) -> bool:
        """Tells whether the guard's verdict is at least this one."""
        return self.decision.verdict >= verdict


def judged(guard: Guard, rows: Sequence[tuple[str, int]], mode: str) -> list[Row]:
    """Returns the rows (text, outcome) with the guard's decisions in a mode."""
    return [Row(text, outcome, guard.check_prompt(text, mode=mode)) for text, outcome in rows]


def table(name: str, mode: str, rows: Sequence[Row]) -> str:
    """Returns a line of the table: shares of harmless and deserving prompts that are stopped, and who gets a remark."""
    harmless, deserving = [r for r in rows if not r.deserves], [r for r in rows if r.deserves]
    stopped = [row for row in rows if row.at_least(Verdict.WARN)]
    cells = (
        f"{name} ({len(rows):,}), {mode}",
        _share(harmless, [r for r in harmless if r.at_least(Verdict.WARN)]),
        _share(harmless, [r for r in harmless if r.at_least(Verdict.BLOCK)]),
        _share(stopped, [r for r in stopped if r.deserves]),
        _share(deserving, [r for r in deserving if r.at_least(Verdict.WARN)]),
        _share(rows, [r for r in rows if r.decision.verdict is Verdict.NOTE]),
    )
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| prompts | harmless: stopped | harmless: refused | of stopped, deserve it | of those that deserve it, stopped | "
    "a remark and no more |\n|---|---|---|---|---|---|"
)


def _share(whole: Sequence[Row], part: Sequence[Row]) -> str:
    return f"{100 * len(part) / len(whole):.1f} % ({len(part)} of {len(whole)})" if whole else "none"


def to_read(rows: Sequence[Row], count: int, seed: int) -> Iterator[str]:
    """Returns so many stopped and passed prompts, drawn by the seed, with reason and marked words, a line each."""
    rng = random.Random(seed)
    stopped = [row for row in rows if row.at_least(Verdict.WARN)]
    passed = [row for row in rows if not row.at_least(Verdict.WARN)]
    for title, some in (("Stopped", stopped), ("Passed", passed)):
        yield f"\n{title}:\n"
        for row in rng.sample(some, min(count, len(some))):
            yield f"- {_reasons(row.decision)}: {' '.join(row.text.split())[:MAX_SHOWN]}"


def _reasons(decision: Decision) -> str:
    worst = [reason for reason in decision.reasons if reason.verdict is decision.verdict][:1]
    return "; ".join([f"{decision.verdict.name}", *(f"{reason.category} “{reason.evidence}”" for reason in worst)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="the real prompts that labels/ speaks of")
    parser.add_argument("--model", type=Path, default=MODELS)
    parser.add_argument("--stopped", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    guard = Guard.load(models=args.model)
    labels, written = list(read_labels(args.real, test=True)), read_written(held=True)
    print(HEAD)
    for number, mode in enumerate(MODES):
        real = judged(guard, [(label.text, label.outcomes[number]) for label in labels], mode)
        print(table("real prompts, test part", mode, real), flush=True)
        if mode == MODES[0]:
            general = real
    for number, mode in enumerate(MODES):
        themes = judged(guard, [(example.text, example.outcomes[number]) for example in written], mode)
        print(table("written, themes held out", mode, themes), flush=True)
    print("\n".join(to_read(general, args.stopped, args.seed)))


if __name__ == "__main__":
    main()
