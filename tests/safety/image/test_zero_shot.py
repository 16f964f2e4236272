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
from safety.image.config import ZeroShotConfig
from safety.image.torch_models import ClipModel
from safety.image.zero_shot import (
    FILE,
    AgreementCheck,
    HeadCalibration,
    PictureTextEncoder,
    ZeroShotCheck,
    ZeroShotClassifier,
    calibration_digest,
    read_calibration,
)
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from tests.safety.image.conftest import CONFIG, gradient

CALIBRATION = {name: HeadCalibration(at=50.0, width=5.0) for name in CONFIG.zero_shot_heads}


@dataclass
class FakeClip:
    """Every picture is what `shows` says; texts are unit vectors of their own, equal only to themselves."""

    shows: str

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._vector(text) for text in texts])

    def embed_picture(self, image: Image.Image) -> NDArray[np.float32]:
        return self._vector(self.shows)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.random.default_rng(zlib.crc32(text.encode())).normal(size=4096).astype(np.float32)
        return vector / np.linalg.norm(vector)


def zero_shot(encoder: PictureTextEncoder) -> ZeroShotCheck:
    heads = CONFIG.zero_shot_heads
    return ZeroShotCheck(CONFIG.zero_shot, heads, encoder, CALIBRATION, lambda text: "president" in text)


def verdict(encoder: PictureTextEncoder, policy: Policy, prompt: str = "", mode: str = "general") -> Verdict:
    check = zero_shot(encoder)
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
    assert zero_shot(FakeClip("the face of a child")).child_face_score(gradient()) > 0.9
    assert zero_shot(FakeClip("the face of an adult")).child_face_score(gradient()) < 0.1


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("a vase of flowers", 0.0), ("", None), ("a cup of coffee", 0.04)],
    ids=["as asked", "no prompt", "another"],
)
def test_agreement_counts_the_captions_that_fit_better(prompt: str, expected: float | None) -> None:
    check = AgreementCheck(CONFIG.agreement.captions, FakeClip("a vase of flowers"))
    scores = [finding.score for finding in check.detect(Picture(gradient(), prompt))]
    assert len(scores) == (expected is not None)
    assert expected is None or (scores[0] > 0) == (expected > 0)


def test_little_agreement_is_a_remark_and_never_more(policy: Policy) -> None:
    class Opposite(FakeClip):
        def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return -super().embed_texts(texts) if texts == ["a red apple"] else super().embed_texts(texts)

    check = AgreementCheck(CONFIG.agreement.captions, Opposite("a red apple"))
    decision = decide(run_checks(Stage.PICTURE, Picture(gradient(), "a red apple"), [check]), policy, "general")
    assert decision.verdict is Verdict.NOTE
    assert "25 of 25 other captions fit better" in decision.reasons[0].evidence


def calibrated(folder: Path, digest: str) -> Path:
    rows = "\n".join(f"[head.{name}]\nat = 50.0\nwidth = 5.0" for name in CONFIG.zero_shot_heads)
    (folder / FILE).write_text(f'digest = "{digest}"\npictures = 100\n{rows}\n')
    return folder


def test_a_calibration_counts_for_one_model_and_one_set_of_words_only(tmp_path: Path) -> None:
    model, heads = CONFIG.zero_shot, CONFIG.zero_shot_heads
    assert read_calibration(tmp_path, model, heads) == {}
    assert read_calibration(calibrated(tmp_path, calibration_digest(model, heads)), model, heads) == CALIBRATION
    other = model.model_copy(update={"revision": "0" * 40})
    assert read_calibration(tmp_path, other, heads) == {}
    changed = {**heads, "blood": heads["violence"]}
    assert read_calibration(tmp_path, model, changed) == {}


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
    return CONFIG.zero_shot.model_copy(update=changes)


def test_a_real_model_answers_the_same_each_time_and_differs_by_picture(tiny: ZeroShotConfig) -> None:
    clip = ClipModel(tiny)
    vector, words = clip.embed_picture(gradient()), clip.embed_texts(["a cat", "a dog"])
    assert vector.shape == (16,) and words.shape == (2, 16)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(ClipModel(tiny).embed_picture(gradient()), vector)
    assert not np.allclose(clip.embed_picture(Image.new("RGB", (64, 64), "red")), vector)


def test_a_real_model_goes_all_the_way(tiny: ZeroShotConfig, policy: Policy) -> None:
    clip = ClipModel(tiny)
    heads = CONFIG.zero_shot_heads
    blood = ZeroShotClassifier(heads, clip).margin("blood", clip.embed_picture(gradient()))
    calibration = {name: HeadCalibration(at=100.0, width=1.0) for name in heads}
    calibration["blood"] = HeadCalibration(at=blood, width=1.0)
    check = ZeroShotCheck(tiny, heads, clip, calibration, lambda text: False)
    check.load()
    (reason,) = decide(run_checks(Stage.PICTURE, Picture(gradient()), [check]), policy, "general").reasons
    assert reason.score == pytest.approx(0.5) and "blood" in reason.evidence


def test_the_script_that_calibrates_makes_a_file_that_counts(tiny: ZeroShotConfig, tmp_path: Path) -> None:
    from benchmarks.image.calibrate_zero_shot import margins, table

    config = CONFIG.model_copy(update={"zero_shot": tiny})
    for number in range(4):
        gradient(60 + 9 * number, 70).save(tmp_path / f"{number}.png")
    values = margins(config, ClipModel(tiny), sorted(tmp_path.glob("*.png")))
    (tmp_path / FILE).write_text(table(config, values, 0.25))
    calibration = read_calibration(tmp_path, tiny, config.zero_shot_heads)
    assert set(calibration) == set(config.zero_shot_heads)
    assert all(min(values[name]) <= head.at <= max(values[name]) for name, head in calibration.items())


def test_only_safetensors_are_loaded(tiny: ZeroShotConfig, policy: Policy) -> None:
    pickled = ClipModel(tiny.model_copy(update={"file": "weights.bin"}))
    assessment = run_checks(Stage.PICTURE, Picture(gradient()), [AgreementCheck(("a", "b"), pickled)])
    assert assessment.ran == ("agreement",)  # an upload has no prompt
    assessment = run_checks(Stage.PICTURE, Picture(gradient(), "a cat"), [AgreementCheck(("a", "b"), pickled)])
    assert "no safetensors file" in assessment.failed[0].why
