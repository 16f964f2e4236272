"""One class draws with every diffusers pipeline: same seed same picture, cancel, failures with a sentence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engines.cards import read_cards
from engines.diffusion.engine import DiffusionEngine
from engines.interface import silent
from safety.errors import Cancelled, EngineFailed, EngineUnavailable
from tests.engines.conftest import REQUEST, SIDE, card, distance, images, pipeline_of, stop_at

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def engine(request: pytest.FixtureRequest, tiny_models: Path) -> DiffusionEngine:
    return DiffusionEngine("tiny", card(request.param), tiny_models)


@pytest.fixture(scope="module")
def sd(tiny_models: Path) -> DiffusionEngine:
    return DiffusionEngine("tiny", card("sd"), tiny_models)


def draw(engine: DiffusionEngine, *seeds: int, **changes: Any) -> list[Image.Image]:
    return images(engine.generate(replace(REQUEST, **changes), seeds, silent))


def test_import_loads_neither_torch_nor_diffusers() -> None:
    code = "import sys, engines.diffusion; print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_one_picture_a_seed_of_the_size_asked_for(engine: DiffusionEngine) -> None:
    generation = engine.generate(REQUEST, [3, 4], silent)
    assert [image.size for image in images(generation)] == [(SIDE, SIDE)] * 2
    assert [image.mode for image in images(generation)] == ["RGB"] * 2
    assert [(picture.seed, picture.prompt) for picture in generation.pictures] == [
        (3, REQUEST.prompt),
        (4, REQUEST.prompt),
    ]
    assert (generation.model, generation.request) == (engine.card.model, REQUEST)


def test_same_seed_same_picture(engine: DiffusionEngine) -> None:
    assert draw(engine, 5)[0].tobytes() == draw(engine, 5)[0].tobytes()


def test_a_picture_of_a_batch_is_the_picture_of_its_seed_alone(engine: DiffusionEngine) -> None:
    batch = draw(engine, 5, 6, 7)
    alone = [draw(engine, seed)[0] for seed in (5, 6, 7)]
    assert [distance(*pair) <= 1 for pair in zip(batch, alone, strict=True)] == [True] * 3


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prompt": "a blue house"}, id="prompt"),
        pytest.param({"negative_prompt": "a tree"}, id="negative prompt"),
        pytest.param({"steps": 5}, id="steps"),
        pytest.param({"guidance": 9.0}, id="guidance"),
    ],
)
def test_every_setting_reaches_the_pipeline(engine: DiffusionEngine, changes: dict[str, Any]) -> None:
    assert draw(engine, 5)[0].tobytes() != draw(engine, 5, **changes)[0].tobytes()


def test_at_the_least_guidance_the_negative_prompt_draws_nothing(engine: DiffusionEngine) -> None:
    plain = draw(engine, 5, guidance=1.0)[0]
    assert plain.tobytes() == draw(engine, 5, guidance=1.0, negative_prompt="a tree")[0].tobytes()


def test_a_model_without_guidance_gets_no_negative_prompt(tiny_models: Path) -> None:
    plain = DiffusionEngine("tiny", card("sd", guided=False), tiny_models)
    assert draw(plain, 5)[0].tobytes() == draw(plain, 5, negative_prompt="a tree")[0].tobytes()


def test_progress_hears_of_loading_and_of_every_step(tiny_models: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    fresh = DiffusionEngine("tiny", card("sd"), tiny_models)
    fresh.generate(REQUEST, [1], lambda *step: heard.append(step))
    assert heard == [("loading the model", 0, 1), *(("drawing", done, 4) for done in range(5))]


@pytest.mark.parametrize("step", [0, 1, 2, 4])
def test_after_a_cancel_the_engine_draws_as_if_nothing_had_been(engine: DiffusionEngine, step: int) -> None:
    before = draw(engine, 5)[0]
    with pytest.raises(Cancelled):
        engine.generate(REQUEST, [9], stop_at(step))
    assert draw(engine, 5)[0].tobytes() == before.tobytes()


def test_a_person_who_waits_for_the_engine_can_cancel(sd: DiffusionEngine) -> None:
    drawing, done = threading.Event(), threading.Event()

    def hold(stage: str, _done: int, _total: int) -> None:
        drawing.set()
        done.wait(10)

    def impatient(stage: str, _done: int, _total: int) -> None:
        assert stage == "waiting for the engine: 1 before you"
        raise Cancelled("Stopped.")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sd.generate, REQUEST, [1], hold)
        assert drawing.wait(10)
        with pytest.raises(Cancelled):
            sd.generate(REQUEST, [2], impatient)
        done.set()
        assert len(first.result().pictures) == 1


def test_requests_of_several_threads_never_mix(engine: DiffusionEngine) -> None:
    alone = [draw(engine, seed, steps=2 + seed)[0].tobytes() for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: draw(engine, seed, steps=2 + seed)[0].tobytes(), range(4)))
    assert together == alone


def test_small_pictures_are_enlarged(tiny_models: Path) -> None:
    large = DiffusionEngine("tiny", card("sd", shown_at_least=128), tiny_models)
    assert draw(large, 1)[0].size == (128, 128)


def poison(weight: str, value: float) -> Callable[[Any], None]:
    def spoil(pipeline: Any) -> None:
        import torch

        with torch.no_grad():
            getattr(pipeline.vae.decoder.conv_out, weight).fill_(value)
            if weight == "weight":
                pipeline.vae.decoder.conv_out.bias.fill_(-9.0)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(poison("bias", float("nan")), id="nan"),
        pytest.param(poison("weight", 0.0), id="all black"),
    ],
)
def test_what_is_no_picture_is_a_numeric_failure(tiny_models: Path, spoil: Callable[[Any], None]) -> None:
    broken = DiffusionEngine("tiny", card("sd"), tiny_models)
    draw(broken, 1)
    spoil(pipeline_of(broken))
    with pytest.raises(EngineFailed, match="numeric failure") as caught:
        draw(broken, 1)
    assert "seed" in caught.value.advice


def test_what_the_pipeline_refuses_is_a_failure_with_advice(sd: DiffusionEngine) -> None:
    with pytest.raises(EngineFailed, match="could not draw") as caught:
        draw(sd, 1, width=SIDE + 1)
    assert caught.value.advice
    assert len(draw(sd, 1)) == 1  # still usable


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        pytest.param(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "smaller", id="gpu memory"),
        pytest.param(MemoryError(), "smaller", id="memory"),
        pytest.param(KeyError("added_cond_kwargs"), "seed", id="anything else"),
    ],
)
def test_what_the_model_raises_becomes_a_sentence(
    sd: DiffusionEngine, monkeypatch: pytest.MonkeyPatch, error: Exception, advice: str
) -> None:
    draw(sd, 1)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pipeline_of(sd).unet, "forward", fail)
    with pytest.raises(EngineFailed, match="could not draw") as caught:
        draw(sd, 1)
    assert advice in caught.value.advice


def copy(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into / "broken")
    return into / "broken"


def without_weights(folder: Path) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()


def pickled(folder: Path) -> None:
    import torch

    without_weights(folder)
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")


def cut_short(folder: Path) -> None:
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])


def with_its_own_code(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["evil", "Unet"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "unet" / "evil.py").write_text("raise SystemExit('the model ran its own code')")


def of_unknown_class(folder: Path) -> None:
    (folder / "model_index.json").write_text('{"_class_name": "NoSuchPipeline"}')


def not_json(folder: Path) -> None:
    (folder / "model_index.json").write_text("{")


@pytest.mark.parametrize("spoil", [without_weights, pickled, cut_short, with_its_own_code, of_unknown_class, not_json])
def test_a_broken_model_is_unavailable_with_advice(
    tiny_pipeline: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(copy(tiny_pipeline, tmp_path))
    engine = DiffusionEngine("tiny", card("broken"), tmp_path)
    with pytest.raises(EngineUnavailable, match="'tiny' cannot be loaded") as caught:
        draw(engine, 1)
    assert "broken" in caught.value.advice


def test_a_missing_model_is_unavailable_and_found_once_it_is_there(tiny_pipeline: Path, tmp_path: Path) -> None:
    engine = DiffusionEngine("tiny", card("later"), tmp_path)
    with pytest.raises(EngineUnavailable, match="'tiny' is missing") as caught:
        draw(engine, 1)
    assert "folder" in caught.value.advice
    shutil.copytree(tiny_pipeline, tmp_path / "later")
    assert len(draw(engine, 1)) == 1


def test_no_part_of_a_prompt_reaches_the_log(sd: DiffusionEngine, capfd: pytest.CaptureFixture[str]) -> None:
    draw(sd, 1, prompt="a very private wish " * 50)  # longer than the text encoder takes
    assert capfd.readouterr() == ("", "")


def test_the_embedded_model_draws(capfd: pytest.CaptureFixture[str]) -> None:
    pocket = read_cards(ROOT / "presets" / "engines.toml")["pocket"]
    if not (ROOT / "assets" / "models" / pocket.model / "model_index.json").is_file():
        pytest.skip("the embedded model's weights are not in this checkout")
    engine = DiffusionEngine("pocket", pocket, ROOT / "assets" / "models")
    side = int(pocket.size.default)
    request = replace(REQUEST, steps=4, guidance=pocket.guidance.default, width=side, height=side)
    batch = images(engine.generate(request, [7, 8], silent))
    alone = engine.generate(request, [8], silent).pictures[0].image
    assert min(alone.size) == pocket.shown_at_least
    assert distance(batch[1], alone) <= 6  # a level of the small picture, and what enlarging makes of it
    assert distance(batch[0], alone) > 2
    assert capfd.readouterr() == ("", "")
