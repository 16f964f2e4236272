"""Safe Latent Diffusion: equal to the reference on SD 1.5, equation 3 in every family, and nothing left behind."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.diffusion.denoiser import bound, denoiser_of, side_by_side
from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.pipeline_args import guidance_key, settings
from engines.diffusion.safe_latent import LAYOUTS, STRENGTHS, Layout, layout_of, whole_picture
from engines.diffusion.steering import plan, steered
from engines.interface import Strength, silent
from safety.generation import GenerationRequest, Steering, SteeringResult
from tests.engines.conftest import SIDE, stable_diffusion
from tests.engines.diffusion.test_engine import REQUEST, card, distance

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
    asked = GenerationRequest("a red apple", steps=50, guidance=7.5, width=SIDE, height=SIDE)

    def given() -> dict[str, Any]:
        return settings(plain, asked, [3], guided=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = safe(
            **given(),
            sld_guidance_scale=chosen.scale,
            sld_warmup_steps=chosen.warm_up,
            sld_threshold=chosen.threshold,
            sld_momentum_scale=chosen.momentum,
            sld_mom_beta=chosen.keep,
        ).images
    by = SteeringResult(Steering(("violence",), "blood and gore", strength), "sld", "")
    with steered(card("sd"), plain, given(), by) as adjusted:
        got = plain(**adjusted).images
    off, moved = np.abs(got - want).max(), np.abs(got - plain(**given()).images).max()
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
            self.predictions.append(np.stack([one.numpy(force=True) for one in value]))
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
    spy, pipeline = Spy(), engines[family]._pipeline
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
    plain = engines[family].generate(REQUEST, [5, 6], silent).images
    again = engines[family].generate(REQUEST, [5, 6], silent, steering=same).images
    assert max(distance(*pair) for pair in zip(plain, again, strict=True)) <= 1


@pytest.mark.parametrize("family", GUIDED)
def test_a_steered_picture_differs_and_leaves_nothing_behind(engines: dict[str, DiffusionEngine], family: str) -> None:
    engine = engines[family]
    plain = engine.generate(REQUEST, [5], silent).images[0]
    made = engine.generate(REQUEST, [5], silent, steering=BLOOD)
    assert made.steered and (made.steered.method, made.steered.steering) == ("sld", BLOOD)
    assert made.images[0].tobytes() != plain.tobytes()
    assert engine.generate(REQUEST, [5], silent).images[0].tobytes() == plain.tobytes()
    assert "forward" not in denoiser_of(engine._pipeline).__dict__


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
    set_to = Strength.model_validate(WHOLE["strong"])
    for unit in (1.0, 0.001):  # whatever a model's predictions are measured in
        seen = whole_picture(set_to, unit * torch.tensor([prompt]), unit * nothing, unit * concept)
        assert seen.shape == (1, 1, 1) and seen.item() == pytest.approx(mu, abs=0.01)


def test_a_card_may_have_its_own_settings(engines: dict[str, DiffusionEngine]) -> None:
    pipeline = engines["sd"]._pipeline
    own = card("sd", steering=WHOLE)

    def drawn(prompt: str, concept: str, guidance: float = 4.0) -> Any:
        given = settings(
            pipeline, GenerationRequest(prompt, steps=4, guidance=guidance, width=SIDE, height=SIDE), [3], True
        )
        by = SteeringResult(Steering(("violence",), concept, "strong"), "sld", "")
        with steered(own, pipeline, given, by) as adjusted:
            return pipeline(**adjusted).images

    # Asked for the concept, it draws what it draws for no words at all; asked for something else, it is left alone.
    nothing = pipeline(
        **settings(pipeline, GenerationRequest("", steps=4, guidance=1.0, width=SIDE, height=SIDE), [3], True)
    )
    assert np.abs(drawn("blood", "blood") - nothing.images).max() <= 1e-3


def test_warm_ups_follow_the_number_of_steps() -> None:
    assert [one.warm_up_of(50) for one in STRENGTHS.values()] == [15, 10, 7, 0]
    assert [one.warm_up_of(20) for one in STRENGTHS.values()] == [6, 4, 3, 0]


def test_weak_has_the_scale_of_the_paper_and_not_of_the_deprecated_copy() -> None:
    assert STRENGTHS["weak"].scale == 200.0


def why(engine: DiffusionEngine, steering: Steering = BLOOD, **changes: Any) -> str:
    given = settings(engine._pipeline, REQUEST, [1], guided=True)
    by = plan(card("sd", **changes), engine._pipeline, given, steering)
    assert by is not None and by.method == ""
    return by.why


def test_where_nothing_is_steered_the_reason_is_said(
    engines: dict[str, DiffusionEngine], tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sd = engines["sd"]
    assert "without guidance" in why(sd, guided=False)
    general = Steering(("violence", "hate"), "blood, flags", "medium", general=True)
    assert "filtered pictures" in why(sd, general, content="filtered")
    at_one = settings(sd._pipeline, GenerationRequest("x", steps=2, guidance=1.0), [1], guided=True)
    assert "guidance 1" in plan(card("sd"), sd._pipeline, at_one, BLOOD).why  # type: ignore[union-attr]
    distilled = loaded(tiny_models, "flux2-distilled")
    assert "without guidance" in why(distilled)
    assert distilled.generate(REQUEST, [1], silent, steering=BLOOD).steered.method == ""  # type: ignore[union-attr]
    monkeypatch.delitem(LAYOUTS, "Flux2Transformer2DModel")
    assert layout_of(engines["flux2"]._pipeline) is None
    assert "not known" in why(engines["flux2"])


def test_a_denoiser_that_is_not_known_gets_words_in_the_negative_prompt(
    engines: dict[str, DiffusionEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(LAYOUTS, "UNet2DConditionModel")
    pipeline = engines["sd"]._pipeline
    request = GenerationRequest("x", steps=2, guidance=4.0, negative_prompt="a tree")
    given = settings(pipeline, request, [1, 2], guided=True)
    by = plan(card("sd"), pipeline, given, BLOOD)
    assert by and by.method == "negative prompt"
    with steered(card("sd"), pipeline, given, by) as adjusted:
        assert adjusted["negative_prompt"] == ["a tree, blood"] * 2
    words = engines["sd"].generate(REQUEST, [5], silent, steering=BLOOD)
    assert words.images[0].tobytes() != engines["sd"].generate(REQUEST, [5], silent).images[0].tobytes()


@pytest.mark.parametrize("family", ["flux", "qwen-image"])
def test_true_guidance_is_what_the_request_asks_for(engines: dict[str, DiffusionEngine], family: str) -> None:
    pipeline = engines[family]._pipeline
    assert guidance_key(pipeline, guided=True) == "true_cfg_scale"
    assert settings(pipeline, REQUEST, [1], guided=True)["true_cfg_scale"] == REQUEST.guidance
    assert settings(pipeline, REQUEST, [1], guided=False)["true_cfg_scale"] == 1.0


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3"])
def test_three_predictions_are_asked_for_in_one_call_where_the_inputs_fit(
    engines: dict[str, DiffusionEngine], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy()
    spy.on(engines[family]._pipeline, monkeypatch)
    engines[family].generate(REQUEST, [5, 6], silent, steering=BLOOD)
    assert len(spy.predictions) == len(spy.handed) == 4


@pytest.mark.parametrize(
    ("given", "concept", "fits"),
    [
        pytest.param({"text": np.ones((4, 2))}, {"text": np.ones((2, 3))}, False, id="another length of text"),
        pytest.param({"mask": np.ones((4, 2))}, {}, False, id="nothing known of the concept's"),
        pytest.param({"size": np.ones((7, 2))}, {"size": np.zeros((7, 2))}, False, id="no entry a prediction"),
        pytest.param({"name": "a"}, {"name": "b"}, False, id="other words"),
        pytest.param({"texts": [1, 2, 3, 4]}, {"texts": [5, 6]}, True, id="a list"),
        pytest.param({"more": {"flag": None}}, {"more": {"flag": None}}, True, id="the same in a dictionary"),
    ],
)
def test_inputs_that_do_not_fit_are_not_laid_side_by_side(
    given: dict[str, Any], concept: dict[str, Any], fits: bool
) -> None:
    assert (side_by_side(given, concept, 4) is not None) is fits


def test_arguments_are_known_by_name_however_they_are_given(engines: dict[str, DiffusionEngine]) -> None:
    given = bound(denoiser_of(engines["sd"]._pipeline), (1, 2), {"encoder_hidden_states": 3})
    assert given == {"sample": 1, "timestep": 2, "encoder_hidden_states": 3}
