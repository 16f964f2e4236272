"""Many subjects at once are looked at as each by itself, whatever a check does with a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from safety.checks import run_checks, run_checks_on_many
from safety.records import Finding, Model, Prompt, Stage

PROMPTS = [Prompt("a red apple"), Prompt("broken"), Prompt("gore")]


class Plain:
    name, live = "plain", True

    def detect(self, subject: Prompt, /) -> Iterable[Finding]:
        if subject.text == "broken":
            raise ValueError("it cannot be read")
        yield Finding("plain", "violence", 0.9 if "gore" in subject.text else 0.1)


class Batched(Plain):
    name = "batched"
    models = (Model("weights", "0" * 64),)

    def __init__(self) -> None:
        self.batches = 0

    def detect_batch(self, subjects: Sequence[Prompt]) -> list[list[Finding]]:
        self.batches += 1
        return [[Finding("batched", "violence", len(subject.text) / 100)] for subject in subjects]

    def detect(self, subject: Prompt, /) -> Iterable[Finding]:
        return self.detect_batch([subject])[0]


class OneSpoilsAll(Batched):
    name = "spoilt"

    def detect_batch(self, subjects: Sequence[Prompt]) -> list[list[Finding]]:
        if len(subjects) > 1:
            raise ValueError("one of them cannot be read")
        return super().detect_batch(subjects)


class TooFew(Batched):
    name = "few"

    def detect_batch(self, subjects: Sequence[Prompt]) -> list[list[Finding]]:
        return super().detect_batch(subjects)[:1]


@pytest.mark.parametrize("kind", [Plain, Batched, OneSpoilsAll, TooFew])
def test_many_are_seen_as_each_alone(kind: type[Plain]) -> None:
    check, beside = kind(), Plain()
    alone = [run_checks(Stage.PROMPT, prompt, [check, beside]) for prompt in PROMPTS]
    assert run_checks_on_many(Stage.PROMPT, PROMPTS, [check, beside]) == alone
    assert [bool(each.failed) for each in alone] == [False, True, False]


def test_a_check_with_batches_is_asked_once() -> None:
    check = Batched()
    run_checks_on_many(Stage.PROMPT, PROMPTS, [check])
    assert check.batches == 1
