"""A single file by its path, a LoRA added to a model, another scheduler: what a card may ask for beside a folder."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.loading import apply_lora
from engines.interface import silent
from safety.errors import EngineUnavailable
from tests.engines.conftest import REQUEST, card, pipeline_of

pytestmark = pytest.mark.slow


def test_a_single_file_is_read_with_its_class_and_configuration_and_without_the_network(
    tiny_pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    arguments: dict[str, Any] = {}

    def from_single_file(path: str, **options: Any) -> Any:
        arguments.update(options, path=path)
        return diffusers.AutoPipelineForText2Image.from_pretrained(str(tiny_pipeline), dtype=options["torch_dtype"])

    monkeypatch.setattr(diffusers.StableDiffusionPipeline, "from_single_file", from_single_file)
    file = tmp_path / "mine.safetensors"
    file.touch()
    own_card = card(str(file), pipeline="StableDiffusionPipeline", config=str(tiny_pipeline))
    assert len(DiffusionEngine("mine", own_card, tmp_path).generate(REQUEST, [1], silent).pictures) == 1
    assert arguments["path"] == str(file) and arguments["config"] == str(tiny_pipeline)
    assert arguments["local_files_only"]
    assert arguments["safety_checker"] is None and not arguments["requires_safety_checker"]


def test_a_single_file_that_is_missing_is_named(tmp_path: Path) -> None:
    own_card = card("mine.safetensors", pipeline="StableDiffusionPipeline", config="x")
    with pytest.raises(EngineUnavailable, match="there is no file .*mine.safetensors"):
        DiffusionEngine("mine", own_card, tmp_path).generate(REQUEST, [1], silent)


def test_another_scheduler_is_the_cards(tiny_pipeline: Path) -> None:
    own_card = card("sd", scheduler="EulerDiscreteScheduler", scheduler_settings={"timestep_spacing": "trailing"})
    engine = DiffusionEngine("tiny", own_card, tiny_pipeline.parent)
    engine.generate(REQUEST, [1], silent)
    scheduler = pipeline_of(engine).scheduler
    assert (type(scheduler).__name__, scheduler.config.timestep_spacing) == ("EulerDiscreteScheduler", "trailing")


def test_a_lora_changes_the_picture(tiny_pipeline: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    import torch
    from diffusers import StableDiffusionPipeline

    engine = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    plain = np.asarray(engine.generate(REQUEST, [1], silent).pictures[0].image, dtype=int)
    other = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    other.generate(REQUEST, [1], silent)
    unet = pipeline_of(other).unet
    torch.manual_seed(0)
    unet.add_adapter(peft.LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    StableDiffusionPipeline.save_lora_weights(tmp_path, unet_lora_layers=peft.get_peft_model_state_dict(unet))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apply_lora(pipeline_of(engine), next(tmp_path.glob("*.safetensors")), 1.0)
    assert np.abs(np.asarray(engine.generate(REQUEST, [1], silent).pictures[0].image, dtype=int) - plain).max() > 0


@pytest.mark.parametrize("error", [ValueError("PEFT backend is required for this method."), ImportError("peft")])
def test_a_lora_without_its_package_names_the_fix(tmp_path: Path, error: Exception) -> None:
    class Pipeline:
        def load_lora_weights(self, *_: Any, **__: Any) -> None:
            raise error

    with pytest.raises(EngineUnavailable, match="peft") as caught:
        apply_lora(Pipeline(), tmp_path / "x.safetensors", 1.0)
    assert "pip install peft" in caught.value.advice
