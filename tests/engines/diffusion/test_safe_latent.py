"""Safe Latent Diffusion: equal to the reference on SD 1.5, equation 3 in every family, and nothing left behind."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.diffusion.denoiser import combined_inputs, denoiser_of, named_inputs
from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.pipeline_args import guidance_key, pipeline_arguments
from engines.diffusion.safe_latent import LAYOUTS, Layout, layout_of, picture_gate
from engines.diffusion.steering import choose_steering, steering_context
from engines.interface import STRENGTHS, SteeringStrength, silent
from safety.generation import GenerationRequest, Steering, SteeringResult
from tests.engines.conftest import REQUEST, SIDE, card, distance, images, pipeline_of, stable_diffusion

pytestmark = pytest.mark.slow

BLOOD = Steering(("violence",), "blood", "max")
GUIDED = ["sd", "sdxl", "sd3", "flux", "flux2", "z-image", "qwen-image"]


def loaded(models: Path, family: str) -> DiffusionEngine:
    engine = DiffusionEngine("tiny", card(family), models)
    engine.generate(REQUEST, [1], silent)
    return engine


@pytest.fixture(scope="module")
def engines(tiny_models: Path) -> dict[str, DiffusionEngine]:
    return {family: loaded(tiny_models, family) for family in GUIDED}


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    """A tiny SD 1.5 as a plain pipeline, and the same parts in diffusers' deprecated safe one."""
    import torch
    from diffusers import DDIMScheduler, StableDiffusionPipelineSafe

    torch.manual_seed(0)
    plain = stable_diffusion()
    plain.scheduler = DDIMScheduler(steps_offset=1, clip_sample=False)
    parts = {name: plain.components[name] for name in ("vae", "text_encoder", "tokenizer", "unet", "scheduler")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        safe = StableDiffusionPipelineSafe(
            **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
        )
    safe.safety_concept = "blood and gore"
    for pipeline in (plain, safe):
        pipeline.set_progress_bar_config(disable=True)
    return plain, safe


@pytest.mark.parametrize("strength", STRENGTHS)
def test_it_equals_the_reference_pipeline_on_stable_diffusion(pair: tuple[Any, Any], strength: str) -> None:
    plain, safe = pair
    chosen = STRENGTHS[strength]
    request = GenerationRequest("a red apple", steps=50, guidance=7.5, width=SIDE, height=SIDE)

    def arguments() -> dict[str, Any]:
        return pipeline_arguments(plain, request, [3], guided=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = safe(
            **arguments(),
            sld_guidance_scale=chosen.scale,
            sld_warmup_steps=chosen.warm_up,
            sld_threshold=chosen.threshold,
            sld_momentum_scale=chosen.momentum,
            sld_mom_beta=chosen.keep,
        ).images
    result = SteeringResult(Steering(("violence",), "blood and gore", strength), "sld", "")
    with steering_context(card("sd"), plain, arguments(), result) as adjusted:
        got = plain(**adjusted).images
    off, moved = np.abs(got - want).max(), np.abs(got - plain(**arguments()).images).max()
    print(f"{strength}: off {off:.1e}, moved {moved:.1e}")
    assert off <= 5e-4
    assert moved > 5 * off  # it did steer


@dataclass
class Spy:
    """Notes what the bare denoiser gives and what the scheduler is handed."""

    predictions: list[Any] = field(default_factory=list)
    handed: list[Any] = field(default_factory=list)

    def on(self, pipeline: Any, patch: pytest.MonkeyPatch) -> None:
        denoiser, step = denoiser_of(pipeline), pipeline.scheduler.step
        forward = denoiser.forward

        def noted(*args: Any, **kwargs: Any) -> Any:
            out = forward(*args, **kwargs)
            value = out[0] if isinstance(out, tuple) else out.sample
            self.predictions.append(np.stack([prediction.numpy(force=True) for prediction in value]))
            return out

        def handed(prediction: Any, *args: Any, **kwargs: Any) -> Any:
            self.handed.append(prediction.numpy(force=True))
            return step(prediction, *args, **kwargs)

        patch.setitem(denoiser.__dict__, "forward", noted)
        patch.setitem(pipeline.scheduler.__dict__, "step", handed)

    def of_step(self, layout: Layout, at: int) -> tuple[Any, Any, Any]:
        """Predictions for prompt, empty prompt and concept at one step."""
        if layout is Layout.TWO_CALLS:
            return tuple(self.predictions[3 * at : 3 * at + 3])
        first, second, concept = self._halves(at)
        return (first, second, concept) if layout is Layout.COND_FIRST else (second, first, concept)

    def _halves(self, at: int) -> list[Any]:
        if len(self.predictions) == len(self.handed):
            return np.split(self.predictions[at], 3)  # all in one call
        both, concept = self.predictions[2 * at : 2 * at + 2]
        return [*np.split(both, 2), concept]


@pytest.mark.parametrize("family", [family for family in GUIDED if family != "qwen-image"])
def test_what_the_scheduler_gets_is_equation_3(
    engines: dict[str, DiffusionEngine], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, pipeline = Spy(), pipeline_of(engines[family])
    spy.on(pipeline, monkeypatch)
    engines[family].generate(REQUEST, [5, 6], silent, steering=BLOOD)
    scale = 1.0 + 4.0 if family == "z-image" else 4.0  # Z-Image adds its guidance to the prompt's prediction
    sign = -1.0 if family == "z-image" else 1.0
    chosen, momentum = STRENGTHS["max"], 0.0
    for at, handed in enumerate(spy.handed):
        cond, uncond, concept = spy.of_step(LAYOUTS[type(denoiser_of(pipeline)).__name__], at)
        mu = np.where(cond - concept < chosen.threshold, np.minimum(1.0, chosen.scale * np.abs(cond - concept)), 0.0)
        gamma = mu * (concept - uncond) + chosen.momentum * momentum
        momentum = chosen.keep * momentum + (1 - chosen.keep) * gamma
        want = sign * (uncond + scale * (cond - uncond - gamma))
        assert np.abs(handed.reshape(want.shape) - want).max() <= 2e-4 * max(1.0, np.abs(want).max())
    assert len(spy.handed) == 4


@pytest.mark.parametrize("family", GUIDED)
def test_a_concept_that_is_the_prompt_itself_changes_nothing(engines: dict[str, DiffusionEngine], family: str) -> None:
    same = Steering(("violence",), REQUEST.prompt, "max")
    plain = images(engines[family].generate(REQUEST, [5, 6], silent))
    again = images(engines[family].generate(REQUEST, [5, 6], silent, steering=same))
    assert max(distance(*pair) for pair in zip(plain, again, strict=True)) <= 1


@pytest.mark.parametrize("family", GUIDED)
def test_a_steered_picture_differs_and_leaves_nothing_behind(engines: dict[str, DiffusionEngine], family: str) -> None:
    engine = engines[family]
    plain = engine.generate(REQUEST, [5], silent).pictures[0].image
    generation = engine.generate(REQUEST, [5], silent, steering=BLOOD)
    assert generation.steered and (generation.steered.method, generation.steered.steering) == ("sld", BLOOD)
    assert generation.pictures[0].image.tobytes() != plain.tobytes()
    assert engine.generate(REQUEST, [5], silent).pictures[0].image.tobytes() == plain.tobytes()
    assert "forward" not in denoiser_of(pipeline_of(engine)).__dict__


WHOLE = {"strong": {"warm_up": 0, "scale": 4.0, "threshold": 1.0, "gate": "picture"}}


@pytest.mark.parametrize(
    ("prompt", "mu"),
    [
        pytest.param([[2.0, 0.0], [0.0, 0.0]], 1.0, id="the concept itself"),
        pytest.param([[2.0, 1.7], [0.0, 0.0]], 1.0, id="the concept and a little more"),
        pytest.param([[2.0, 1.9], [0.0, 0.0]], 0.39, id="the concept and as much again"),
        pytest.param([[0.0, 0.0], [0.0, 0.0]], 0.0, id="nothing"),
        pytest.param([[0.0, 2.0], [0.0, 0.0]], 0.0, id="something else"),
        pytest.param([[-2.0, 0.0], [0.0, 0.0]], 0.0, id="its opposite"),
    ],
)
def test_the_gate_of_whole_pictures_opens_for_what_is_near_the_concept(prompt: list[list[float]], mu: float) -> None:
    import torch

    concept, nothing = torch.tensor([[[2.0, 0.0], [0.0, 0.0]]]), torch.zeros(1, 2, 2)
    strength = SteeringStrength.model_validate(WHOLE["strong"])
    for unit in (1.0, 0.001):  # whatever a model's predictions are measured in
        gate = picture_gate(strength, unit * torch.tensor([prompt]), unit * nothing, unit * concept)
        assert gate.shape == (1, 1, 1) and gate.item() == pytest.approx(mu, abs=0.01)


def test_a_card_may_have_its_own_settings(engines: dict[str, DiffusionEngine]) -> None:
    pipeline = pipeline_of(engines["sd"])
    own = card("sd", steering=WHOLE)

    def drawn(prompt: str, concept: str, guidance: float = 4.0) -> Any:
        arguments = pipeline_arguments(
            pipeline, GenerationRequest(prompt, steps=4, guidance=guidance, width=SIDE, height=SIDE), [3], True
        )
        result = SteeringResult(Steering(("violence",), concept, "strong"), "sld", "")
        with steering_context(own, pipeline, arguments, result) as adjusted:
            return pipeline(**adjusted).images

    # Asked for the concept, it draws what it draws for no words at all; asked for something else, it is left alone.
    nothing = pipeline(
        **pipeline_arguments(pipeline, GenerationRequest("", steps=4, guidance=1.0, width=SIDE, height=SIDE), [3], True)
    )
    assert np.abs(drawn("blood", "blood") - nothing.images).max() <= 1e-3


def test_warm_ups_follow_the_number_of_steps() -> None:
    assert [strength.warm_up_of(50) for strength in STRENGTHS.values()] == [15, 10, 7, 0]
    assert [strength.warm_up_of(20) for strength in STRENGTHS.values()] == [6, 4, 3, 0]


def test_weak_has_the_scale_of_the_paper_and_not_of_the_deprecated_copy() -> None:
    assert STRENGTHS["weak"].scale == 200.0


def reason_not_steered(engine: DiffusionEngine, steering: Steering = BLOOD, **changes: Any) -> str:
    arguments = pipeline_arguments(pipeline_of(engine), REQUEST, [1], guided=True)
    result = choose_steering(card("sd", **changes), pipeline_of(engine), arguments, steering)
    assert result is not None and result.method == ""
    return result.why


def test_where_nothing_is_steered_the_reason_is_said(
    engines: dict[str, DiffusionEngine], tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sd = engines["sd"]
    assert "without guidance" in reason_not_steered(sd, guided=False)
    general = Steering(("violence", "hate"), "blood, flags", "medium", general=True)
    assert "filtered pictures" in reason_not_steered(sd, general, content="filtered")
    at_one = pipeline_arguments(pipeline_of(sd), GenerationRequest("x", steps=2, guidance=1.0), [1], guided=True)
    assert "guidance 1" in choose_steering(card("sd"), pipeline_of(sd), at_one, BLOOD).why  # type: ignore[union-attr]
    distilled = loaded(tiny_models, "flux2-distilled")
    assert "without guidance" in reason_not_steered(distilled)
    assert distilled.generate(REQUEST, [1], silent, steering=BLOOD).steered.method == ""  # type: ignore[union-attr]
    monkeypatch.delitem(LAYOUTS, "Flux2Transformer2DModel")
    assert layout_of(pipeline_of(engines["flux2"])) is None
    assert "not known" in reason_not_steered(engines["flux2"])


def test_a_denoiser_that_is_not_known_gets_words_in_the_negative_prompt(
    engines: dict[str, DiffusionEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(LAYOUTS, "UNet2DConditionModel")
    pipeline = pipeline_of(engines["sd"])
    request = GenerationRequest("x", steps=2, guidance=4.0, negative_prompt="a tree")
    arguments = pipeline_arguments(pipeline, request, [1, 2], guided=True)
    result = choose_steering(card("sd"), pipeline, arguments, BLOOD)
    assert result and result.method == "negative prompt"
    with steering_context(card("sd"), pipeline, arguments, result) as adjusted:
        assert adjusted["negative_prompt"] == ["a tree, blood"] * 2
    words = engines["sd"].generate(REQUEST, [5], silent, steering=BLOOD)
    assert words.pictures[0].image.tobytes() != engines["sd"].generate(REQUEST, [5], silent).pictures[0].image.tobytes()


@pytest.mark.parametrize("family", ["flux", "qwen-image"])
def test_true_guidance_is_what_the_request_asks_for(engines: dict[str, DiffusionEngine], family: str) -> None:
    pipeline = pipeline_of(engines[family])
    assert guidance_key(pipeline, guided=True) == "true_cfg_scale"
    assert pipeline_arguments(pipeline, REQUEST, [1], guided=True)["true_cfg_scale"] == REQUEST.guidance
    assert pipeline_arguments(pipeline, REQUEST, [1], guided=False)["true_cfg_scale"] == 1.0


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3"])
def test_three_predictions_are_asked_for_in_one_call_where_the_inputs_fit(
    engines: dict[str, DiffusionEngine], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy()
    spy.on(pipeline_of(engines[family]), monkeypatch)
    engines[family].generate(REQUEST, [5, 6], silent, steering=BLOOD)
    assert len(spy.predictions) == len(spy.handed) == 4


@pytest.mark.parametrize(
    ("arguments", "concept", "fits"),
    [
        pytest.param({"text": np.ones((4, 2))}, {"text": np.ones((2, 3))}, False, id="another length of text"),
        pytest.param({"mask": np.ones((4, 2))}, {}, False, id="nothing known of the concept's"),
        pytest.param({"size": np.ones((7, 2))}, {"size": np.zeros((7, 2))}, False, id="no entry a prediction"),
        pytest.param({"name": "a"}, {"name": "b"}, False, id="other words"),
        pytest.param({"texts": [1, 2, 3, 4]}, {"texts": [5, 6]}, True, id="a list"),
        pytest.param({"more": {"flag": None}}, {"more": {"flag": None}}, True, id="the same in a dictionary"),
    ],
)
def test_inputs_that_do_not_fit_are_not_laid_combined_inputs(
    arguments: dict[str, Any], concept: dict[str, Any], fits: bool
) -> None:
    assert (combined_inputs(arguments, concept, 4) is not None) is fits


def test_arguments_are_known_by_name_however_they_are_given(engines: dict[str, DiffusionEngine]) -> None:
    arguments = named_inputs(denoiser_of(pipeline_of(engines["sd"])), (1, 2), {"encoder_hidden_states": 3})
    assert arguments == {"sample": 1, "timestep": 2, "encoder_hidden_states": 3}
