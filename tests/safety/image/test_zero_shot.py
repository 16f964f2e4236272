"""Questions in words: what counts, what is only a signal, and that nothing counts before it is calibrated."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from safety.checks import run_checks
from safety.image.config import ZeroShotConfig, read_picture_checks
from safety.image.torch_models import ClipModel
from safety.image.zero_shot import FILE, AgreementCheck, Clip, Fit, Questions, ZeroShotCheck, digest, read_fits
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from tests.safety.image.conftest import PRESETS, gradient

CARDS = read_picture_checks(PRESETS)
FITS = {name: Fit(at=50.0, width=5.0) for name in CARDS.head}


@dataclass
class FakeClip:
    """Every picture is what `shows` says; texts are unit vectors of their own, equal only to themselves."""

    shows: str

    def words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vector(text) for text in texts])

    def picture(self, image: Image.Image) -> NDArray[np.float32]:
        return self._vector(self.shows)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.random.default_rng(zlib.crc32(text.encode())).normal(size=4096).astype(np.float32)
        return vector / np.linalg.norm(vector)


def verdict(clip: Clip, policy: Policy, prompt: str = "", mode: str = "general") -> Verdict:
    check = ZeroShotCheck(CARDS.head, clip, FITS, lambda text: "president" in text)
    return decide(run_checks(Stage.PICTURE, Picture(gradient(), prompt), [check]), policy, mode).verdict


@pytest.mark.parametrize(
    ("shows", "prompt", "expected"),
    [
        pytest.param("a bloody wound", "", Verdict.BLOCK, id="blood"),
        pytest.param("a nazi salute", "", Verdict.BLOCK, id="hate symbol"),
        pytest.param("a pistol", "", Verdict.NOTE, id="weapons are remarked on"),
        pytest.param("a brand trademark", "", Verdict.NOTE, id="logo"),
        pytest.param("a photo of a child", "", Verdict.ALLOW, id="a child is nothing wrong"),
        pytest.param("a photograph", "a street", Verdict.ALLOW, id="photographs are fine"),
        pytest.param("a photograph", "the president resigns", Verdict.BLOCK, id="a public figure as a photograph"),
        pytest.param("a drawing", "the president resigns", Verdict.ALLOW, id="a public figure drawn"),
        pytest.param("a calm street", "", Verdict.ALLOW, id="nothing"),
    ],
)
def test_what_a_head_sees_means(policy: Policy, shows: str, prompt: str, expected: Verdict) -> None:
    assert verdict(FakeClip(shows), policy, prompt) is expected


def test_a_childs_face_is_a_signal_for_the_check_of_minors() -> None:
    check = ZeroShotCheck(CARDS.head, FakeClip("the face of a child"), FITS, lambda text: False)
    assert check.young(gradient()) > 0.9
    check = ZeroShotCheck(CARDS.head, FakeClip("the face of an adult"), FITS, lambda text: False)
    assert check.young(gradient()) < 0.1


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("a vase of flowers", 0.0), ("", None), ("a cup of coffee", 0.04)],
    ids=["as asked", "no prompt", "another"],
)
def test_agreement_counts_the_captions_that_fit_better(prompt: str, expected: float | None) -> None:
    check = AgreementCheck(CARDS.agreement.captions, FakeClip("a vase of flowers"))
    scores = [finding.score for finding in check.detect(Picture(gradient(), prompt))]
    assert len(scores) == (expected is not None)
    assert expected is None or (scores[0] > 0) == (expected > 0)


def test_little_agreement_is_a_remark_and_never_more(policy: Policy) -> None:
    class Opposite(FakeClip):
        def words(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return -super().words(texts) if texts == ["a red apple"] else super().words(texts)

    check = AgreementCheck(CARDS.agreement.captions, Opposite("a red apple"))
    decision = decide(run_checks(Stage.PICTURE, Picture(gradient(), "a red apple"), [check]), policy, "general")
    assert decision.verdict is Verdict.NOTE
    assert "25 of 25 other captions fit better" in decision.reasons[0].evidence


def calibration(folder: Path, of: str) -> Path:
    rows = "\n".join(f"[head.{name}]\nat = 50.0\nwidth = 5.0" for name in CARDS.head)
    (folder / FILE).write_text(f'digest = "{of}"\npictures = 100\n{rows}\n')
    return folder


def test_a_calibration_counts_for_one_model_and_one_set_of_words_only(tmp_path: Path) -> None:
    right = digest(CARDS.heads, CARDS.head)
    assert read_fits(tmp_path, CARDS.heads, CARDS.head) == {}
    assert read_fits(calibration(tmp_path, right), CARDS.heads, CARDS.head) == FITS
    other = CARDS.heads.model_copy(update={"revision": "0" * 40})
    assert read_fits(tmp_path, other, CARDS.head) == {}
    changed = {**CARDS.head, "blood": CARDS.head["violence"]}
    assert read_fits(tmp_path, CARDS.heads, changed) == {}


TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ZeroShotConfig:
    """A random open_clip model of the real classes, saved as one is on the hub."""
    open_clip = pytest.importorskip("open_clip")
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("clip")
    (folder / "Tiny-32.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder / "Tiny-32.json")
    torch.manual_seed(0)
    net = open_clip.create_model("Tiny-32")
    save_file({name: tensor.contiguous() for name, tensor in net.state_dict().items()}, folder / "weights.safetensors")
    changes = {"model": "Tiny-32", "folder": str(folder), "file": "weights.safetensors"}
    return CARDS.heads.model_copy(update=changes)


def test_a_real_model_answers_the_same_each_time_and_differs_by_picture(tiny: ZeroShotConfig) -> None:
    clip = ClipModel(tiny)
    vector, words = clip.picture(gradient()), clip.words(["a cat", "a dog"])
    assert vector.shape == (16,) and words.shape == (2, 16)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(ClipModel(tiny).picture(gradient()), vector)
    assert not np.allclose(clip.picture(Image.new("RGB", (64, 64), "red")), vector)


def test_a_real_model_goes_all_the_way(tiny: ZeroShotConfig, policy: Policy) -> None:
    clip = ClipModel(tiny)
    questions = Questions(CARDS.head, clip)
    blood = questions.margin("blood", clip.picture(gradient()))
    fits = {name: Fit(at=100.0, width=1.0) for name in CARDS.head} | {"blood": Fit(at=blood, width=1.0)}
    check = ZeroShotCheck(CARDS.head, clip, fits, lambda text: False)
    check.load()
    (reason,) = decide(run_checks(Stage.PICTURE, Picture(gradient()), [check]), policy, "general").reasons
    assert reason.score == pytest.approx(0.5) and "blood" in reason.evidence


def test_the_script_that_calibrates_makes_a_file_that_counts(tiny: ZeroShotConfig, tmp_path: Path) -> None:
    from benchmarks.image.calibrate_zero_shot import margins, table

    cards = CARDS.model_copy(update={"heads": tiny})
    for number in range(4):
        gradient(60 + 9 * number, 70).save(tmp_path / f"{number}.png")
    found = margins(cards, ClipModel(tiny), sorted(tmp_path.glob("*.png")))
    (tmp_path / FILE).write_text(table(cards, found, 0.25))
    fits = read_fits(tmp_path, tiny, cards.head)
    assert set(fits) == set(CARDS.head)
    assert all(min(found[name]) <= fit.at <= max(found[name]) for name, fit in fits.items())


def test_only_safetensors_are_loaded(tiny: ZeroShotConfig, policy: Policy) -> None:
    pickled = ClipModel(tiny.model_copy(update={"file": "weights.bin"}))
    assessment = run_checks(Stage.PICTURE, Picture(gradient()), [AgreementCheck(("a", "b"), pickled)])
    assert assessment.ran == ("agreement",)  # an upload has no prompt
    assessment = run_checks(Stage.PICTURE, Picture(gradient(), "a cat"), [AgreementCheck(("a", "b"), pickled)])
    assert "no safetensors file" in assessment.failed[0].why
