"""How many evasions pass, in each mode, with and without a confirmation.

    python -m benchmarks.prompt.evasions

Each asks, in other signs, scripts, spellings or words, for what every mode refuses (evasions.toml).
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from safety.guard import Guard
from safety.records import Verdict

LIST = Path(__file__).with_name("evasions.toml")
PADDING = "a wide valley in the morning with fog over the river and a road between old trees, highly detailed, "


def evasions() -> Iterator[tuple[str, str]]:
    """The kind and the prompt of each."""
    for kind in tomllib.loads(LIST.read_text("utf-8"))["kind"]:
        for prompt in kind["prompts"]:
            if prompt.startswith("="):
                prompt = prompt[1:].encode("ascii").decode("unicode_escape")
            if prompt.startswith("*"):
                prompt = f"{PADDING * 4}{prompt[1:]}, {PADDING * 4}"
            yield kind["name"], prompt


def passing(guard: Guard, mode: str) -> list[tuple[str, str, Verdict]]:
    """Kind, prompt and verdict of those that are not refused."""
    judged = ((kind, prompt, guard.check_prompt(prompt, mode).verdict) for kind, prompt in evasions())
    return [(kind, prompt, verdict) for kind, prompt, verdict in judged if verdict < Verdict.BLOCK]


def main() -> None:
    guard = Guard.load()
    listed = list(evasions())
    print(f"{len(listed)} evasions\n\n| mode | pass | pass with a confirmation |\n|---|---|---|")
    passed: list[str] = []
    for mode in guard.policy.mode:
        let_through = passing(guard, mode)
        counts = Counter(verdict for _, _, verdict in let_through)
        print(f"| {mode} | {counts[Verdict.ALLOW] + counts[Verdict.NOTE]} | {counts[Verdict.WARN]} |")
        passed += [f"{mode}: {verdict.name}, {kind}: {prompt}" for kind, prompt, verdict in let_through]
    print("\n" + "\n".join(passed))


if __name__ == "__main__":
    main()
