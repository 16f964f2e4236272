"""Classifiers of an operator's choice: tiny random models of the real classes, saved on the spot as on the hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from safety.checks import run_checks
from safety.errors import WeightsError
from safety.image import torch_models
from safety.image.config import ClassifierConfig
from safety.image.custom import CustomClassifierCheck
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from tests.safety.image.conftest import gradient


def save_transformers(folder: Path) -> None:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    labels = {0: "normal", 1: "nsfw"}
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=16,
        id2label=labels, label2id={name: number for number, name in labels.items()},
    )  # fmt: skip
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)


def save_timm(folder: Path) -> None:
    import timm
    from safetensors.torch import save_file

    sizes = {"img_size": 32, "patch_size": 16, "embed_dim": 16, "depth": 1, "num_heads": 2}
    net = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=2, **sizes)
    save_file(net.state_dict(), folder / "model.safetensors")
    known = {"input_size": [3, 32, 32], "num_classes": 2, "label_names": ["normal", "nsfw"], "classifier": "head"}
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 2, "model_args": sizes, "pretrained_cfg": known}
    (folder / "config.json").write_text(json.dumps(config))


def config(kind: str, folder: str, label: str = "nsfw", **more: str) -> ClassifierConfig:
    fields = {"about": "", "without": "", "licence": "MIT", "licence_url": "", "kind": kind, "folder": folder, **more}
    scores = {"sexual": [label], "nudity": [label, "normal"]}
    return ClassifierConfig.model_validate({**fields, "regions_from": 0.35, "scores": scores})


@pytest.fixture(scope="module", params=[save_transformers, save_timm], ids=["transformers", "timm"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Kind and folder of a saved model."""
    save: Callable[[Path], None] = request.param
    folder = tmp_path_factory.mktemp("classifier")
    save(folder)
    return save.__name__.removeprefix("save_"), str(folder)


def test_a_saved_model_scores_a_picture_by_the_labels_of_its_settings(saved: tuple[str, str]) -> None:
    settings = config(*saved)
    assert torch_models.missing(settings, settings.kind) == ""
    scores = torch_models.TorchClassifier(settings).scores(gradient())
    assert list(scores) == ["normal", "nsfw"] and sum(scores.values()) == pytest.approx(1)
    check = CustomClassifierCheck("tiny", settings, torch_models.TorchClassifier(settings))
    check.load()
    sexual, nudity = check.detect(Picture(gradient()))
    assert (sexual.category, sexual.score) == ("sexual", pytest.approx(scores["nsfw"]))
    assert nudity.score == pytest.approx(1, abs=1e-5)


def test_a_label_that_the_model_has_not_blocks(saved: tuple[str, str], policy: Policy) -> None:
    wrong = config(*saved, label="NSFW")
    check = CustomClassifierCheck("tiny", wrong, torch_models.TorchClassifier(wrong))
    decision = decide(run_checks(Stage.PICTURE, Picture(gradient()), [check]), policy, "general")
    assert decision.verdict is Verdict.BLOCK
    assert "no label 'NSFW'" in policy.messages("en").render(decision)[0].text


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param({"folder": "/no/such/folder"}, "There is no folder", id="folder gone"),
        pytest.param({"repository": "a/b"}, "No folder and no revision", id="no commit named"),
        pytest.param({"repository": "a/b", "revision": "0" * 40}, "health --fetch", id="not downloaded"),
    ],
)
def test_a_model_that_is_not_here_says_why(more: dict[str, str], says: str, tmp_path: Path) -> None:
    settings = config("timm", more.pop("folder", ""), **more)
    assert says in torch_models.missing(settings, "timm")
    with pytest.raises(WeightsError):
        torch_models.TorchClassifier(settings).scores(Image.new("RGB", (8, 8)))


def test_a_package_that_is_not_installed_is_named() -> None:
    assert torch_models.missing(config("timm", ""), "no_such_package") == "Not installed: pip install no_such_package."
