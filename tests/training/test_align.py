"""Adapters: trained on tiny pipelines of several families, written, and loaded by the studio's own engine."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.loading import load_pipeline
from engines.diffusion.placement import Placement
from engines.interface import silent
from safety.errors import EngineUnavailable, PresetError
from tests.engines.conftest import REQUEST, SIDE, card, distance, images
from training.align.adapter import CARD, WEIGHTS, save, write_card
from training.align.noise_predictor import NoisePredictor
from training.align.objectives import erased_target, preference_loss
from training.align.pairs import Drawn, Latents, Material, Pair
from training.align.train import Recipe, Trainer, read_command_line, train

pytestmark = pytest.mark.slow

TRAINABLE = ("sd", "sdxl", "sd3", "flux", "flux2")
MATERIAL = Material(
    tuple(Pair("a red apple", Drawn("a red apple", seed), Drawn("a pear", seed), "rule") for seed in (1, 2)),
    (Drawn("a plum", 5),),
)
QUICK = Recipe(steps=2, batch=2, rate=0.05, rank=2)


def pipeline_of(folder: Path, family: str) -> Any:
    return load_pipeline(family, card(family), folder / family, Placement("cpu"))


def drawn_by(folder: Path, **changes: Any) -> tuple[Any, str]:
    """The first picture of an engine with such a card, and what it says its weights are."""
    engine = DiffusionEngine("tiny", card(**changes), folder)
    generation = engine.generate(REQUEST, [3], silent)
    return images(generation)[0], generation.model


@pytest.mark.parametrize("family", TRAINABLE)
def test_an_adapter_of_each_family_is_trained_written_and_loaded(
    family: str, tiny_models: Path, tmp_path: Path
) -> None:
    pipeline = pipeline_of(tiny_models, family)
    train(pipeline, card(family), MATERIAL, QUICK)
    assert save(pipeline, tmp_path).name == WEIGHTS
    before, plain = drawn_by(tiny_models, model=family)
    after, named = drawn_by(tiny_models, model=family, lora={"model": str(tmp_path), "file": WEIGHTS})
    assert distance(before, after) > 0
    assert plain == family and named.startswith(f"{family}+{tmp_path.name}@")


def test_erasing_trains_without_pairs(tiny_models: Path) -> None:
    pipeline = pipeline_of(tiny_models, "sd")
    loss = train(pipeline, card("sd"), Material((), MATERIAL.kept), QUICK, ["a red apple"])
    assert loss >= 0
    moved = [value for name, value in pipeline.unet.named_parameters() if "lora_B" in name and value.abs().sum() > 0]
    assert moved


def test_a_family_that_is_not_known_is_refused_by_name(tiny_models: Path) -> None:
    with pytest.raises(ValueError, match="ZImagePipeline cannot be trained here; StableDiffusionPipeline"):
        NoisePredictor(pipeline_of(tiny_models, "z-image"), SIDE, SIDE)


@pytest.mark.parametrize("family", TRAINABLE)
def test_training_asks_the_denoiser_what_drawing_asks_it(family: str, tiny_models: Path) -> None:
    pipeline = pipeline_of(tiny_models, family)
    predictor = NoisePredictor(pipeline, SIDE, SIDE)
    latents = predictor.draw("a plum", [4], 2, 1.0)
    asked = predictor.predict(latents, torch.ones(1), predictor.conditioning(["a plum"]))
    assert asked.shape == latents.shape
    one, two = predictor.conditioning(["a plum", "a pear"]), predictor.conditioning(["a plum"])
    both = predictor.predict(torch.cat([latents, latents]), torch.ones(2), one)
    alone = predictor.predict(latents, torch.ones(1), two)
    assert torch.allclose(both[:1], alone, atol=1e-4)


def test_noise_alone_is_left_at_the_last_moment(tiny_models: Path) -> None:
    predictor = NoisePredictor(pipeline_of(tiny_models, "sd3"), SIDE, SIDE)
    latents, noise = torch.randn(2, 4, 16, 16), torch.randn(2, 4, 16, 16)
    assert torch.equal(predictor.noised(latents, noise, torch.tensor([0.0, 1.0]))[1], noise[1])
    assert torch.equal(predictor.noised(latents, noise, torch.tensor([0.0, 1.0]))[0], latents[0])
    assert torch.equal(predictor.target(latents, noise, torch.ones(2)), noise - latents)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 0.5))
def test_the_loss_of_preference_falls_as_the_chosen_picture_gains(one: float, other: float, gain: float) -> None:
    reference = (torch.tensor([one]), torch.tensor([other]))
    before = preference_loss(reference, reference, 10.0)
    after = preference_loss((reference[0] - gain, reference[1]), reference, 10.0)
    assert float(before) == pytest.approx(0.6931, abs=1e-3)
    assert float(after) <= float(before) + 1e-6


def test_what_is_erased_lies_on_the_other_side_of_nothing() -> None:
    empty, concept = torch.zeros(1, 2), torch.ones(1, 2)
    assert torch.equal(erased_target(empty, concept, 1.0), -concept)
    assert torch.equal(erased_target(empty, concept, 0.0), empty)


def test_the_reference_stays_what_it_was_while_the_adapter_learns(tiny_models: Path) -> None:
    pipeline = pipeline_of(tiny_models, "sd")
    predictor = NoisePredictor(pipeline, SIDE, SIDE)
    latents = Latents(predictor, 2, 1.0)
    latents.draw([Drawn("a plum", 1), Drawn("a pear", 1)])
    trainer = Trainer(predictor, latents, QUICK)
    before = {name: value.clone() for name, value in pipeline.unet.named_parameters() if "lora" not in name}
    trainer.run(lambda: trainer.erasing([Drawn("a plum", 1)]), [Drawn("a pear", 1)])
    after = dict(pipeline.unet.named_parameters())
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_the_anchor_adds_the_error_on_what_is_preferred(tiny_models: Path) -> None:
    pipeline = pipeline_of(tiny_models, "sd")
    predictor = NoisePredictor(pipeline, SIDE, SIDE)
    latents = Latents(predictor, 2, 1.0)
    latents.draw([picture for pair in MATERIAL.pairs for picture in (pair.chosen, pair.rejected)])
    trainer, losses = Trainer(predictor, latents, QUICK), []
    for anchor in (0.0, 1.0, 3.0):
        trainer.recipe = replace(QUICK, anchor=anchor)
        trainer.dice.manual_seed(0)
        losses.append(float(trainer.preferring(MATERIAL).detach()))
    # An adapter that changes nothing yet prefers neither: the loss of preference is log 2.
    assert losses[0] == pytest.approx(math.log(2), abs=1e-4)
    assert losses[1] - losses[0] > 0
    assert losses[2] - losses[0] == pytest.approx(3 * (losses[1] - losses[0]), rel=1e-3)


def test_material_is_read_as_it_was_written(tmp_path: Path) -> None:
    MATERIAL.write(tmp_path)
    assert Material.read(tmp_path) == MATERIAL


def test_of_peoples_pairs_those_of_the_part_and_the_engine_are_read_with_their_weight(tmp_path: Path) -> None:
    row = {"prompt": "a plum", "chosen": {"prompt": "a plum", "seed": 1}, "rejected": {"prompt": "a plum", "seed": 2}}
    rows = [
        row | {"engine": "pocket", "part": "train", "weight": 0.5},
        row | {"engine": "pocket", "part": "held-out", "weight": 0.25},
        row | {"engine": "another", "part": "train", "weight": 1.0},
        row,
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
    assert [pair.weight for pair in Material.read(tmp_path, "pocket").pairs] == [0.5, 1.0]
    assert [pair.weight for pair in Material.read(tmp_path, "pocket", "held-out").pairs] == [0.25]
    assert len(Material.read(tmp_path).pairs) == 3


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", json.dumps({"prompt": "a plum"})], ids=["no JSON", "a list", "a picture is missing"]
)
def test_a_bad_line_of_pairs_is_named(line: str, tmp_path: Path) -> None:
    MATERIAL.write(tmp_path)
    with (tmp_path / "pairs.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(PresetError, match=r"pairs\.jsonl, line 3: it needs chosen, prompt, rejected"):
        Material.read(tmp_path)


def test_the_card_that_is_written_is_one_that_the_studio_reads(tmp_path: Path) -> None:
    path = write_card(tmp_path, "tiny-aligned", card("sd"), "With an adapter.")
    assert path.name == CARD
    (read,) = read_cards(path).values()
    assert read.lora and read.lora.file == WEIGHTS and read.title == "Tiny (tiny-aligned)"


def test_an_adapter_that_is_not_there_says_so(tiny_models: Path) -> None:
    with pytest.raises(EngineUnavailable, match="needs nowhere, which is not here"):
        drawn_by(tiny_models, model="sd", lora={"model": "nowhere", "file": WEIGHTS})


def test_an_adapter_that_could_run_code_is_refused(tmp_path: Path) -> None:
    path = write_card(tmp_path, "tiny", card("sd"), "")
    path.write_text(path.read_text().replace(WEIGHTS, "weights.bin"))
    with pytest.raises(PresetError, match=r"tiny\.lora\.file: an adapter must be \.safetensors"):
        read_cards(path)


def test_erasing_needs_a_concept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_command_line(["erase", "--data", "x", "--out", "y"])
    assert "erase needs --concept" in capsys.readouterr().err
