"""All prompt checks are built once, and share what others take from them."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest

from safety import config
from safety.policy.model import Policy, load_policy
from safety.prompt import PromptChecks, load_prompt_checks
from safety.records import Prompt
from tests.safety.prompt.conftest import PRESETS

MODELS = PRESETS.parent / "assets" / "models"
needs_weights = pytest.mark.skipif(
    not (MODELS / "prompt_classifier" / "model.onnx").exists(), reason="the weights are not here"
)


def test_the_checks_are_built_from_the_presets_folder(prompt_checks: PromptChecks) -> None:
    names = {check.name for check in prompt_checks.checks}
    assert {"child safety", "intimate imagery", "lexicon", "patterns"} <= names
    assert not [finding for check in prompt_checks.checks for finding in check.detect(Prompt("a red apple"))]


def test_every_check_that_needs_no_model_is_live(prompt_checks: PromptChecks) -> None:
    assert all(check.live for check in prompt_checks.checks)


def test_what_others_take_belongs_to_the_checks(prompt_checks: PromptChecks) -> None:
    assert prompt_checks.demographics in prompt_checks.checks
    assert prompt_checks.names_public_figure("Barack Obama") and not prompt_checks.names_public_figure("Ann Miller")
    assert prompt_checks.speaks_of_minors("a boy and his dog") and not prompt_checks.speaks_of_minors("a dog")


def test_no_file_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: Counter[str] = Counter()

    def counted(path: Path) -> dict[str, object]:
        reads[path.name] += 1
        return read_toml(path)

    read_toml = config.read_toml
    monkeypatch.setattr(config, "read_toml", counted)
    load_prompt_checks(PRESETS, MODELS)
    # Its two tables belong to two checks.
    assert reads.pop("hardlines.toml") == 2
    assert {"people.toml", "harmless.toml", "prompt_classifier.toml"} <= set(reads)
    assert set(reads.values()) == {1}


def test_a_copy_in_another_process_finds_the_same(prompt_checks: PromptChecks) -> None:
    copy = pickle.loads(pickle.dumps(prompt_checks))
    for text in (
        "a battlefield full of gore",
        "portrait of Barack Obama",
        "a doctor",
        "eine schwarze Katze schläft am Fenster",
    ):
        found = [list(check.detect(Prompt(text))) for check in prompt_checks.checks]
        assert any(found), text
        assert found == [list(check.detect(Prompt(text))) for check in copy.checks]


@needs_weights
def test_words_are_marked_where_a_policy_says_what_it_warns_of() -> None:
    def marked(*policy: Policy) -> list[str]:
        checks = load_prompt_checks(PRESETS, MODELS, *policy).checks
        (model,) = (check for check in checks if check.name == "meaning")
        return [text[span.start : span.end] for finding in model.detect(Prompt(text)) for span in finding.spans]

    text = "in a quiet park a man is stabbed to death, oil painting"
    assert marked() == []
    assert any("stabbed to death" in phrase for phrase in marked(load_policy(PRESETS)))
