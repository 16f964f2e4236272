"""Health tells the truth: it lets every check look, and says what does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from safety.checks import run_checks
from safety.errors import PresetError
from safety.health import CheckInfo, Health, State, examine
from safety.image import SWITCHED_OFF, picture_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Picture, Stage, Verdict
from tests.fakes_page import PromptedPictureCheck, WordCheck

ROOT = Path(__file__).parents[2]
MODELS, PRESETS = ROOT / "assets" / "models", ROOT / "presets"
PROMPTS = load_prompt_checks(PRESETS)
GREY = Image.new("RGB", (64, 64), "grey")
FILE = "picture_checks.toml"


@pytest.fixture
def presets(tmp_path: Path) -> Path:
    shutil.copytree(PRESETS, tmp_path / "presets")
    return tmp_path / "presets"


def edited(presets: Path, old: str, new: str) -> Path:
    text = (presets / FILE).read_text()
    assert old in text
    (presets / FILE).write_text(text.replace(old, new, 1))
    return presets


def states(health: Health) -> dict[str, State]:
    return {check.name: check.state for check in health.checks}


def test_what_ships_looks_and_what_is_not_installed_is_said() -> None:
    found = picture_checks(MODELS, PRESETS, PROMPTS)
    health = examine([WordCheck()], found.checks, found.info, GREY)
    assert health.sound
    seen = states(health)
    assert {seen[name] for name in ("words", "nudity", "gore", "minors", "copies")} == {State.LOOKS}
    assert {seen[name] for name in ("heads", "marqo", "falconsai", "freepik")} == {State.ABSENT}
    assert all(check.why and check.means for check in health.in_state(State.ABSENT))


def test_a_required_check_without_its_weights_fails_and_blocks(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "image_safety", tmp_path / "image_safety")
    (tmp_path / "image_safety" / "face_age.onnx").unlink()
    found = picture_checks(tmp_path, PRESETS, PROMPTS)
    health = examine([WordCheck()], found.checks, found.info, GREY)
    assert not health.sound
    (failing,) = health.in_state(State.FAILS)
    assert (failing.name, failing.required) == ("minors", True) and "face_age.onnx" in failing.why


def test_an_optional_check_that_is_made_required_blocks_until_it_is_there(presets: Path) -> None:
    edited(presets, "[classifier.marqo]", "[classifier.marqo]\nrequired = true")
    found = picture_checks(MODELS, presets, PROMPTS)
    decision = decide(run_checks(Stage.PICTURE, Picture(GREY), found.checks), load_policy(PRESETS), "general")
    assert decision.verdict is Verdict.BLOCK
    assert [reason.check for reason in decision.reasons] == ["marqo"]
    assert "marqo" in {check.name for check in examine([], found.checks, found.info, GREY).in_state(State.FAILS)}


def test_a_check_that_is_switched_off_is_told_as_that(presets: Path) -> None:
    edited(presets, "[agreement]", "[agreement]\nuse = false")
    found = picture_checks(MODELS, presets, PROMPTS)
    assert {each.name: each.absent for each in found.info}["agreement"] == SWITCHED_OFF


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "[gore]", "[gore]\nuse = false", "gore: a required check cannot be switched off", id="switched off"
        ),
        pytest.param("young_age = 18", "young_age = 12", "minors.young_age", id="too young"),
        pytest.param("sexual = 0.3", "sexual = 0.9", "minors.sexual", id="too loose"),
        pytest.param("child_face = 0.5", "child_face = 0.9", "minors.child_face", id="too loose for faces"),
        pytest.param("regions_from = 0.35\n", "", "nudity.regions_from", id="a score gone"),
        pytest.param("regions_from = 0.35", "regions_from = 1.1", "nudity.regions_from", id="no score"),
        pytest.param("[gore]", "[gores]", "gore", id="a check gone"),
        pytest.param('kind = "timm"', 'kind = "pickle"', "classifier.marqo.kind", id="unknown kind"),
        pytest.param('licence = "MIT"', 'licence = "MIT"\nrevision = "main"', "heads.revision", id="no commit"),
    ],
)
def test_a_bad_file_stops_the_start_and_names_file_and_key(presets: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(PresetError, match=FILE) as caught:
        picture_checks(MODELS, edited(presets, old, new), PROMPTS)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("prompts", "pictures"),
    [([], []), ([WordCheck()], []), ([], [PromptedPictureCheck()])],
    ids=["none", "no picture check", "no prompt check"],
)
def test_a_stage_without_a_check_is_not_sound(prompts: list[WordCheck], pictures: list[PromptedPictureCheck]) -> None:
    assert not examine(prompts, pictures, [CheckInfo("x", "", "", False, "gone")], GREY).sound
