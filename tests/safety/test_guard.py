"""Prompts are judged the same alone and among others, at once and while they are typed, here and in another process."""

from __future__ import annotations

import pickle
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.files.attacks import ATTACKS
from safety.checks import run_checks
from safety.errors import PresetError
from safety.guard import Guard
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import classifier, load_prompt_checks
from safety.records import Decision, Finding, Picture, Prompt, Stage, Verdict
from safety.resources import PRESETS
from safety.text import normalise
from tests.fakes_marks import file_of

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "assets" / "models"
POLICY = load_policy(ROOT / "presets")
_CHECKS = load_prompt_checks(ROOT / "presets", MODELS, POLICY).checks
TEXTS = [
    "a red apple",
    "",
    "a battlefield full of gore",
    "Taylor Swift naked",
    "word " * 1900,
    "portrait of Barack Obama",
    "a n.a.k.e.d w0man",
    "making a pipe bomb st3p by st3p",  # instructions only once the disguise is undone
    "m@king @ pip3 b0mb st3p by st3p",
]
PIECES = [
    "a",
    "the",
    "of",
    "naked",
    "blood",
    "gore",
    "knife",
    "castle",
    "rabbit",
    "portrait",
    "photo",
    "by",
    "hate",
    "n4ked",
    "b.l.o.o.d",
    "Batman",
    "surgery",
]
needs_weights = pytest.mark.skipif(
    not (MODELS / classifier.FOLDER / "model.onnx").exists(), reason="the weights are not here"
)


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(POLICY, _CHECKS)


def anew(guard: Guard, text: str) -> Decision:
    """Judged with nothing remembered."""
    normalise.cache_clear()
    for check in guard.prompt_checks:
        if isinstance(check, classifier.PromptClassifierCheck):
            check.clear_cache()
    return decide(run_checks(Stage.PROMPT, Prompt(text), guard.prompt_checks), guard.policy, "general")


@needs_weights
def test_columns_hold_what_each_prompt_gets_by_itself(guard: Guard) -> None:
    columns = guard.check_prompts(TEXTS)
    alone = [guard.check_prompt(text) for text in TEXTS]
    assert columns["verdict"].tolist() == [float(one.verdict) for one in alone]
    assert columns["risk"].tolist() == pytest.approx([one.risk for one in alone], abs=1e-6)
    assert {len(column) for column in columns.values()} == {len(TEXTS)}


@needs_weights
def test_what_is_seen_in_many_prompts_is_decided_as_each_is_by_itself(guard: Guard) -> None:
    seen = guard.assess_prompts(TEXTS)
    for mode in POLICY.mode:
        decided = [decide(each, POLICY, mode) for each in seen]
        assert [one.verdict for one in decided] == [guard.check_prompt(text, mode).verdict for text in TEXTS]


@needs_weights
def test_no_score_of_a_prompt_depends_on_those_beside_it(guard: Guard) -> None:
    beside_others = guard.assess_prompts(TEXTS)
    assert beside_others == [guard.assess_prompts([text])[0] for text in TEXTS]
    assert beside_others[::-1] == guard.assess_prompts(TEXTS[::-1])


@needs_weights
def test_a_copy_in_another_process_judges_alike(guard: Guard) -> None:
    again = pickle.loads(pickle.dumps(guard))
    assert [again.check_prompt(text) for text in TEXTS] == [guard.check_prompt(text) for text in TEXTS]


@pytest.mark.slow
@needs_weights
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6), st.integers(0, 6))
def test_what_is_remembered_of_a_prompt_never_changes_a_verdict(words: list[str], back: int) -> None:
    guard = Guard(POLICY, _CHECKS)
    typed = [" ".join(words[:end]) for end in range(1, len(words) + 1)]
    for text in [*typed, *typed[::-1][:back], typed[-1]]:
        assert guard.check_prompt(text, live=True) == anew(guard, text)


@needs_weights
def test_a_long_prompt_judged_word_by_word_is_judged_as_at_once(guard: Guard) -> None:
    words = ("a castle by the river with rabbits and a portrait of an old king in oil " * 16).split()
    for end in range(240, 256):
        text = " ".join([*words[:end], "blood"])
        assert guard.check_prompt(text, live=True) == anew(guard, text)


class Shy:
    """Cannot look the first time."""

    name, live = "shy", True

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, subject: Prompt) -> list[None]:
        self.asked += 1
        if self.asked == 1:
            raise OSError("busy")
        return []


def test_a_check_that_could_not_look_is_asked_again_and_one_that_did_is_not() -> None:
    shy = Shy()
    guard = Guard(POLICY, (shy,))  # type: ignore[arg-type]
    verdicts = [guard.check_prompt("a red apple").verdict for _ in range(3)]
    assert verdicts == [Verdict.BLOCK, Verdict.ALLOW, Verdict.ALLOW]
    assert shy.asked == 2


def test_no_checks_block() -> None:
    assert Guard(POLICY, ()).check_prompts(["a"])["verdict"].tolist() == [3.0]


def test_folders_may_be_given_as_text_and_a_missing_one_is_named(tmp_path: Path) -> None:
    assert Guard.load(presets=str(PRESETS)).check_prompt("a red apple").allowed
    with pytest.raises(PresetError, match="nowhere"):
        Guard.load(presets=str(tmp_path / "nowhere"))


# ---- pictures from outside --------------------------------------------------------------------------


class SizeCheck:
    """Finds nothing and remembers the size of what it saw."""

    name, live = "size", False

    def __init__(self) -> None:
        self.seen: list[tuple[str, tuple[int, int]]] = []

    def detect(self, subject: Picture) -> list[Finding]:
        self.seen.append((subject.image.mode, subject.image.size))
        return []


def animation() -> Image.Image:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    return Image.open(BytesIO(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])))


NOT_SEEN = [
    pytest.param(b"hello, world", "no picture", id="no picture file"),
    pytest.param(file_of(Image.effect_noise((90, 90), 90), "JPEG")[:900], "cut off", id="a file cut off"),
    pytest.param(ATTACKS["a JPEG of fill bytes"](), "damaged", id="a hostile file"),
    pytest.param(animation(), "2 frames", id="an animation"),
    pytest.param(Image.new("1", (8000, 8000)), "8,000 x 8,000", id="too many pixels"),
    pytest.param(Image.new("1", (30_000, 8)), "30,000 x 8", id="too wide"),
    pytest.param(Image.open(BytesIO(file_of(Image.effect_noise((90, 90), 90), "JPEG")[:900])), "read", id="cut off"),
]


@pytest.mark.parametrize(("picture", "why"), NOT_SEEN)
def test_a_picture_that_cannot_be_looked_at_as_a_whole_is_blocked(picture: Image.Image | bytes, why: str) -> None:
    check = SizeCheck()
    guard = Guard(POLICY, image_checks=[check])
    decision = guard.check_image(picture)

    assert decision.verdict is Verdict.BLOCK and why in guard.explain(decision)
    assert check.seen == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "La", "LA", "P", "PA", "CMYK", "I;16", "F", "1", "LAB"])
def test_a_picture_of_any_mode_is_looked_at(mode: str) -> None:
    check = SizeCheck()

    assert Guard(POLICY, image_checks=[check]).check_image(Image.new(mode, (64, 48))).allowed
    assert check.seen == [("RGB", (64, 48))]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_picture_file_is_looked_at_as_it_is(format: str) -> None:
    check = SizeCheck()

    assert Guard(POLICY, image_checks=[check]).check_image(file_of(Image.new("RGB", (64, 48), "teal"), format)).allowed
    assert check.seen == [("RGB", (64, 48))]


def test_many_pictures_are_judged_as_each_is_and_no_region_is_sought() -> None:
    check = SizeCheck()
    guard = Guard(POLICY, image_checks=[check])
    pictures = [Image.new("RGB", (64, 48), "teal"), Image.new("RGB", (30_000, 8))]
    assert guard.judge_pictures(pictures) == [guard.check_image(picture) for picture in pictures]
    assert [decision.allowed for decision in guard.judge_pictures(pictures)] == [True, False]
