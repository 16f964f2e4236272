"""The digest of what judges is another one as soon as anything differs that findings or verdicts may depend on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from safety.policy.adjustment import movable_keys, with_limits
from safety.policy.model import BASE_MODE
from studio import Studio, judgement_digest
from studio.judgement_digest import judgement_digest as digest_of
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS, WordCheck


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A studio whose presets and weights are copies, as two images have them."""
    presets = tmp_path / "presets"
    shutil.copytree(PRESETS, presets, ignore=shutil.ignore_patterns("lessons", "trust"))
    whole = fake_studio(tmp_path)
    return replace(whole, policy=whole.policy.model_copy(update={"folder": presets}))


def line_in(name: str) -> Callable[[Studio], Studio]:
    def change(studio: Studio) -> Studio:
        with (studio.policy.folder / name).open("a", encoding="utf-8") as file:
            file.write("\n# one more line\n")
        return studio

    return change


def without_a_check(studio: Studio) -> Studio:
    return replace(studio, checks=replace(studio.checks, picture=()))


def another_check(studio: Studio) -> Studio:
    return replace(studio, checks=replace(studio.checks, prompt=(WordCheck(name="others"),)))


def moved_limits(studio: Studio) -> Studio:
    key = next(key for key in movable_keys(studio.policy) if studio.policy.limits["prompt"][key].warn)  # type: ignore[index]
    warn = studio.policy.limits["prompt"][key].warn  # type: ignore[index]
    assert warn is not None
    return replace(studio, policy=with_limits(studio.policy, {BASE_MODE: {key: {"warn": warn - 0.01}}}, 0.1))


def another_policy(studio: Studio) -> Studio:
    return replace(studio, policy=studio.policy.model_copy(update={"digest": "0" * 64}))


CHANGES = [
    pytest.param(line_in("policy.toml"), id="limits"),
    pytest.param(line_in("modes/art.toml"), id="a mode"),
    pytest.param(line_in("lexicon/violence.toml"), id="a word list"),
    pytest.param(line_in("lexicon/surge.tsv"), id="a word list of others"),
    pytest.param(line_in("patterns.toml"), id="rules of several words"),
    pytest.param(line_in("hardlines.toml"), id="words of hard lines"),
    pytest.param(line_in("prompt_classifier.toml"), id="calibration"),
    pytest.param(line_in("picture_checks.toml"), id="thresholds of picture checks"),
    pytest.param(without_a_check, id="a check that is not installed"),
    pytest.param(another_check, id="another check"),
    pytest.param(moved_limits, id="limits adopted by an operator"),
    pytest.param(another_policy, id="a category of an operator, or an adopted head"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_findings_or_verdicts_changes_the_digest(
    studio: Studio, change: Callable[[Studio], Studio]
) -> None:
    before = digest_of(studio)
    assert digest_of(change(studio)) != before


def test_two_images_alike_have_one_digest(studio: Studio, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(studio.policy.folder, elsewhere)
    other = replace(studio, policy=studio.policy.model_copy(update={"folder": elsewhere}))
    assert digest_of(other) == digest_of(studio) == studio.judgement_digest


@pytest.mark.parametrize(
    ("place", "name"),
    [
        pytest.param("MODELS", "prompt_classifier/weights.toml", id="the pinned hash of weights"),
        pytest.param("PACKAGE", "prompt/lexicon.py", id="the program"),
    ],
)
def test_weights_and_program_are_in_the_digest(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    folder = tmp_path / place
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("one", "utf-8")
    monkeypatch.setattr(judgement_digest, place, folder)
    before = digest_of(studio)
    (folder / name).write_text("another", "utf-8")
    assert digest_of(studio) != before


def test_a_version_of_a_library_is_in_the_digest(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest_of(studio)
    monkeypatch.setattr(judgement_digest.metadata, "version", lambda name: "0.0.1")
    assert digest_of(studio) != before


def test_hash_lists_and_models_that_lie_elsewhere_are_in_the_digest(studio: Studio, tmp_path: Path) -> None:
    known, model = tmp_path / "known.txt", tmp_path / "model"
    known.write_text("0" * 64, "utf-8")
    model.mkdir()
    (model / "weights.bin").write_text("one", "utf-8")
    settings = studio.policy.folder / "picture_checks.toml"
    text = settings.read_text("utf-8").replace("[copies]", f'[copies]\nlists = [{{file = "{known}", {LIST}}}]', 1)
    settings.write_text(f'{text}\n[classifier.own]\nfolder = "{model}"\n{CLASSIFIER}', "utf-8")
    digests = [digest_of(studio)]
    known.write_text("f" * 64, "utf-8")
    digests.append(digest_of(studio))
    (model / "weights.bin").write_text("two", "utf-8")
    digests.append(digest_of(studio))
    assert len(set(digests)) == 3


LIST = 'category = "violence", title = "known"'
CLASSIFIER = """about = "a"
without = "b"
use = true
regions_from = 0.5
licence = "MIT"
licence_url = "https://example.org"
kind = "timm"
scores = {violence = ["one"]}
"""
