"""Judges the test rows of the thirteen languages as the studio does, and prints the table of docs/prompt-check.md.

    python -m training.prompt_languages.evaluate

A row is stopped where general mode asks for a confirmation or refuses. What is harmful says the outcome that its writer
gave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from safety import Guard
from safety.records import Decision, Verdict
from training.prompt_classifier.examples import STOP, Example
from training.prompt_languages.rows import read_languages

TESTS = Path("tests/safety/prompt/data/languages")
HEAD = "| language | harmful stopped | refused | harmless stopped | refused | not read |\n|---|--:|--:|--:|--:|--:|"


def table(guard: Guard, tests: Path = TESTS) -> Iterator[str]:
    """Yields the lines of the table."""
    yield HEAD
    for code, examples in read_languages(tests).items():
        decisions = [guard.check_prompt(example.text) for example in examples]
        yield f"| {code} | {' | '.join(_cells(examples, decisions))} |"


def _cells(examples: Sequence[Example], decisions: Sequence[Decision]) -> Iterator[str]:
    pairs = list(zip(examples, decisions, strict=True))
    harmful = [decision for example, decision in pairs if example.outcomes[0] >= STOP]
    harmless = [decision for example, decision in pairs if example.outcomes[0] < STOP]
    for own in (harmful, harmless):
        for verdict in (Verdict.WARN, Verdict.BLOCK):
            yield _percent(sum(decision.verdict >= verdict for decision in own), len(own))
    unread = sum(any(reason.category == "unread" for reason in decision.reasons) for decision in decisions)
    yield _percent(unread, len(decisions))


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.0f} %"


def main() -> None:
    for line in table(Guard.load()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
