"""Categories by example: kept whole or not at all, and closed where they cannot look."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety.checks import run_checks
from safety.errors import PresetError
from safety.guard import Guard
from safety.policy.added_category import added_categories
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import classifier
from safety.prompt.classifier import PromptClassifierCheck, load_prompt_classifier
from safety.prompt.classifier_model import PromptClassifierModel
from safety.prompt.example_categories import ExampleCategory, ExampleCategoryCheck, read_categories
from safety.prompt.ordinary_prompts import FOLDER
from safety.records import Prompt, Stage, Verdict
from safety.resources import MODELS, PRESETS
from tests.example_prompts import GAMBLING, MORE_GAMBLING, ORDINARY, made_of


@pytest.fixture(scope="module")
def meaning() -> PromptClassifierCheck:
    return load_prompt_classifier(PRESETS, MODELS / classifier.FOLDER)


@pytest.fixture(scope="module")
def gambling(meaning: PromptClassifierCheck) -> ExampleCategory:
    return made_of(meaning, GAMBLING)


def test_the_check_finds_others_of_its_kind_and_names_the_nearest_examples(
    meaning: PromptClassifierCheck, gambling: ExampleCategory
) -> None:
    check = ExampleCategoryCheck(gambling, MODELS, meaning)
    for text in MORE_GAMBLING:
        (finding,) = check.detect(Prompt(text))
        assert (finding.check, finding.category) == ("category gambling", "gambling")
        assert finding.score >= 0.5
        assert any(example in finding.evidence for example in GAMBLING)
    for text in ORDINARY:
        (finding,) = check.detect(Prompt(text))
        assert finding.score < 0.5 and (finding.evidence == "" or finding.score >= 0.25)


def test_a_text_that_the_classifier_does_not_read_has_no_finding(
    meaning: PromptClassifierCheck, gambling: ExampleCategory
) -> None:
    assert list(ExampleCategoryCheck(gambling, MODELS, meaning).detect(Prompt(" "))) == []


def test_part_of_a_long_prompt_is_found(meaning: PromptClassifierCheck, gambling: ExampleCategory) -> None:
    long = "a quiet landscape with many trees and hills. " * 40 + MORE_GAMBLING[0] + ". " + MORE_GAMBLING[1]
    short = "a quiet landscape with many trees and hills. " * 40
    scores = [
        next(ExampleCategoryCheck(gambling, MODELS, meaning).detect(Prompt(text))).score for text in (long, short)
    ]
    assert scores[0] > scores[1]


def test_reading_features_changes_no_bit_of_the_scores(meaning: PromptClassifierCheck) -> None:
    plain = PromptClassifierModel(MODELS / classifier.FOLDER)
    for text in (*GAMBLING, *ORDINARY, "blood " * 300):
        read, beside = plain.read(text), meaning.model.read(text)
        assert read.logits.tobytes() == beside.logits.tobytes()
        assert read.shares.tobytes() == beside.shares.tobytes()
        assert read.marks.tobytes() == beside.marks.tobytes()
    assert beside.windows[0].features.shape == (384,) and not read.windows[0].features.size


def test_the_encoder_runs_once_for_classifier_and_category(
    meaning: PromptClassifierCheck, gambling: ExampleCategory, monkeypatch: pytest.MonkeyPatch
) -> None:
    meaning.clear_cache()
    runs: list[Any] = []
    session = meaning.model._parts()[1]
    monkeypatch.setattr(meaning.model, "_loaded", (meaning.model._parts()[0], Counted(session, runs)))
    list(meaning.detect(Prompt(MORE_GAMBLING[0])))
    before = len(runs)
    list(ExampleCategoryCheck(gambling, MODELS, meaning).detect(Prompt(MORE_GAMBLING[0])))
    assert before and len(runs) == before


class Counted:
    def __init__(self, session: Any, runs: list[Any]) -> None:
        self.session, self.runs = session, runs

    def run(self, *given: Any) -> Any:
        self.runs.append(given)
        return self.session.run(*given)


def nothing_but_zeros(folder: Path) -> None:
    (folder / FOLDER / "features.npz").write_bytes(b"\0" * 100)


def gone(folder: Path) -> None:
    (folder / FOLDER / "features.npz").unlink()


@pytest.mark.parametrize("harm", [nothing_but_zeros, gone])
def test_without_the_features_of_ordinary_prompts_nothing_passes(
    meaning: PromptClassifierCheck, gambling: ExampleCategory, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    (tmp_path / FOLDER).mkdir()
    for path in (MODELS / FOLDER).iterdir():
        (tmp_path / FOLDER / path.name).write_bytes(path.read_bytes())
    harm(tmp_path)
    policy = load_policy(PRESETS).with_categories(added_categories([gambling]))
    seen = run_checks(Stage.PROMPT, Prompt("a red apple"), [ExampleCategoryCheck(gambling, tmp_path, meaning)])
    decision = decide(seen, policy, "general")
    assert decision.verdict is Verdict.BLOCK
    assert "Install Safelight again" in policy.messages().render(decision)[0].text or "features.npz" in str(seen.failed)


def test_a_category_of_another_classifier_stops_and_says_what_to_do(
    meaning: PromptClassifierCheck, gambling: ExampleCategory
) -> None:
    head = gambling.head.model_copy(update={"classifier": "0" * 64})
    old = gambling.model_copy(update={"head": head})
    seen = run_checks(Stage.PROMPT, Prompt("a red apple"), [ExampleCategoryCheck(old, MODELS, meaning)])
    assert "another prompt classifier" in seen.failed[0].why


def test_what_is_kept_is_read_back(tmp_path: Path, gambling: ExampleCategory) -> None:
    (tmp_path / "gambling.json").write_text(gambling.model_dump_json(), "utf-8")
    (read,) = read_categories(tmp_path)
    assert read == gambling and read.digest == gambling.digest
    assert read.model_copy(update={"enabled": False}).digest == gambling.digest
    assert read.model_copy(update={"level": "block"}).digest != gambling.digest
    assert read_categories(tmp_path / "nowhere") == ()


NO_NUMBERS = base64.b64encode(np.full(96, np.nan, "<f4").tobytes()).decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"name": "betting"}, "betting", id="another name than its file"),
        pytest.param({"name": "Gambling!"}, "name", id="a name that cannot be"),
        pytest.param({"level": "hard"}, "level", id="a level that there is not"),
        pytest.param({"examples": GAMBLING[:6]}, "other examples", id="examples taken out"),
        pytest.param({"examples": GAMBLING[:4]}, "examples", id="too few examples"),
        pytest.param({"title": "{evidence}"}, "title", id="braces"),
        pytest.param({"share": 0}, "share", id="no share"),
        pytest.param({"head": {"weights": "!!"}}, "head", id="no base64"),
        pytest.param({"head": {"weights": NO_NUMBERS}}, "no numbers", id="weights that are no numbers"),
        pytest.param({"head": {"unit": 0}}, "unit", id="a unit of nothing"),
        pytest.param({"surprise": 1}, "surprise", id="a key that there is not"),
    ],
)
def test_a_file_that_was_changed_is_not_used(
    tmp_path: Path, gambling: ExampleCategory, change: dict[str, Any], words: str
) -> None:
    table = json.loads(gambling.model_dump_json())
    head = table["head"] | change.pop("head", {})
    (tmp_path / "gambling.json").write_text(json.dumps({**table, "head": head, **change}), "utf-8")
    with pytest.raises(PresetError) as caught:
        read_categories(tmp_path)
    assert "gambling.json" in str(caught.value) and words in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{}", b"[1]"])
def test_a_broken_file_is_not_used(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "gambling.json").write_bytes(data)
    with pytest.raises(PresetError, match="gambling.json"):
        read_categories(tmp_path)


def test_two_of_one_number_are_not_used(tmp_path: Path, gambling: ExampleCategory) -> None:
    for name in ("gambling", "betting"):
        one = gambling.model_copy(update={"name": name})
        (tmp_path / f"{name}.json").write_text(one.model_dump_json(), "utf-8")
    with pytest.raises(PresetError, match="one number"):
        read_categories(tmp_path)


def test_a_guard_for_programs_takes_a_folder_of_categories(tmp_path: Path, gambling: ExampleCategory) -> None:
    (tmp_path / "gambling.json").write_text(gambling.model_dump_json(), "utf-8")
    guard = Guard.load(categories=tmp_path)
    one, many = guard.check_prompt(MORE_GAMBLING[0]), guard.judge_many([MORE_GAMBLING[0]])[0]
    assert one.verdict is many.verdict is Verdict.WARN
    assert one.scores["gambling"] == many.scores["gambling"] >= 0.5
    assert Guard.load().check_prompt(MORE_GAMBLING[0]).verdict is Verdict.ALLOW
