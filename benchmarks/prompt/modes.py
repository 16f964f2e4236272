"""Sixty prompts through the three modes: what context opens, and that it opens nothing else.

    python -m benchmarks.prompt.modes [--write]

Prints the table that stands in docs/results.md; `--write` puts it there.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from safety.checks import Check, run_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Prompt, Stage, Verdict

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "tests" / "data" / "modes.toml"
MODES = ("general", "art", "medical")
HEAD = (
    "| prompts | mode | pass | with a remark | need a confirmation | refused |",
    "|---|---|--:|--:|--:|--:|",
)
TABLE = re.compile(re.escape(HEAD[0]) + r"\n.*?\n(?=\n)", re.DOTALL)


def verdicts(prompt: str, checks: Sequence[Check[Prompt]]) -> dict[str, Verdict]:
    """The verdict in each mode, by all the checks that ship."""
    seen, policy = run_checks(Stage.PROMPT, Prompt(prompt), checks), load_policy(ROOT / "presets")
    return {mode: decide(seen, policy, mode).verdict for mode in MODES}


def table(checks: Sequence[Check[Prompt]]) -> Iterator[str]:
    """The table as markdown, line by line."""
    yield from HEAD
    for name, prompts in tomllib.loads(PROMPTS.read_text("utf-8")).items():
        judged = [verdicts(prompt, checks) for prompt in prompts]
        for mode in MODES:
            found = [min(one[mode], Verdict.BLOCK) for one in judged]
            counts = [found.count(step) for step in (Verdict.ALLOW, Verdict.NOTE, Verdict.WARN, Verdict.BLOCK)]
            yield f"| {len(prompts)} {name} | {mode} | {' | '.join(map(str, counts))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/results.md")
    args = parser.parse_args()
    presets = ROOT / "presets"
    checks = load_prompt_checks(presets, ROOT / "assets" / "models", load_policy(presets)).checks
    lines = "\n".join(table(checks))
    print(lines)
    if args.write:
        results = ROOT / "docs" / "results.md"
        results.write_text(TABLE.sub(lambda _: lines + "\n", results.read_text("utf-8"), count=1), "utf-8")


if __name__ == "__main__":
    main()
