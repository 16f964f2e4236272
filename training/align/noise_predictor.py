"""A pipeline's denoiser as training needs it: its inputs, its noising, and what it should have predicted.

The pipeline itself encodes prompts and draws latents, so that latents have its own form (packed into patches, where it
packs them). Only the noising differs between families: that of diffusion (Ho et al. 2020) and that of rectified flow
(Liu et al. 2022, arXiv 2209.03003).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from engines.diffusion.denoiser import STATE, denoiser_of, first_inputs, prediction_of

DIFFUSION, FLOW = "diffusion", "flow"
FAMILIES = {
    "StableDiffusionPipeline": DIFFUSION,
    "StableDiffusionXLPipeline": DIFFUSION,
    "StableDiffusion3Pipeline": FLOW,
    "FluxPipeline": FLOW,
    "Flux2KleinPipeline": FLOW,
}
SAMPLES, TIMES = ("sample", "hidden_states", "x"), ("timestep", "t")

Inputs = dict[str, Any]


class NoisePredictor:
    """Predicts for noised latents under prompts, as the pipeline would be asked while it draws.

    A moment is 0..1, from clean to noise. Raises ValueError for a pipeline whose noising is not known here.
    """

    def __init__(self, pipeline: Any, width: int, height: int) -> None:
        family = FAMILIES.get(type(pipeline).__name__)
        if family is None:
            raise ValueError(f"{type(pipeline).__name__} cannot be trained here; {', '.join(FAMILIES)} can")
        self.pipeline, self.denoiser, self.flow = pipeline, denoiser_of(pipeline), family == FLOW
        self._call = {"width": width, "height": height, "guidance_scale": 1.0, "num_inference_steps": 1}
        self._schedule = None if self.flow else DDPMScheduler.from_config(pipeline.scheduler.config)
        self._known: dict[str, Inputs] = {}
        first = self._first("")
        self._sample = next(name for name in SAMPLES if name in first)
        self._time = next(name for name in TIMES if name in first)
        # Some pipelines hand their denoiser the times that the scheduler has, some a thousandth of them.
        scheduled = float(pipeline.scheduler.timesteps[0])
        self._unit = float(first[self._time].flatten()[0]) / scheduled if self.flow else 1.0

    def _first(self, prompt: str) -> Inputs:
        generator = torch.Generator("cpu").manual_seed(0)
        with torch.no_grad():
            return first_inputs(self.pipeline, {**self._call, "prompt": [prompt], "generator": [generator]})

    def conditioning(self, prompts: Sequence[str]) -> Inputs:
        """Returns the denoiser's inputs for one prediction a prompt, but for the state. Encodes each prompt once."""
        for prompt in prompts:
            if prompt not in self._known:
                first = self._first(prompt)
                self._known[prompt] = {name: value for name, value in first.items() if name not in STATE}
        stacked: Inputs = _stacked([self._known[prompt] for prompt in prompts])
        return stacked

    def draw(self, prompt: str, seeds: Sequence[int], steps: int, guidance: float) -> Tensor:
        """Returns the latents that the pipeline draws, one a seed, in the form that its denoiser works on."""
        held: list[Tensor] = []

        def hold(_pipeline: Any, _index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            held[:] = [tensors["latents"]]
            return tensors

        arguments = {
            **self._call,
            "prompt": [prompt] * len(seeds),
            "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            "num_inference_steps": steps,
            "guidance_scale": guidance,
            # What is returned is no longer packed as the denoiser takes it; what the last step leaves is.
            "output_type": "latent",
            "callback_on_step_end": hold,
        }
        with torch.no_grad():
            self.pipeline(**arguments)
        return held[0]

    def noised(self, latents: Tensor, noise: Tensor, moments: Tensor) -> Tensor:
        """Returns latents (batch, ...) with as much noise as each moment (batch,) says."""
        if self._schedule:
            noised: Tensor = self._schedule.add_noise(latents, noise, self._steps(moments))
            return noised
        share = moments.view(-1, *[1] * (latents.ndim - 1))
        return (1 - share) * latents + share * noise

    def target(self, latents: Tensor, noise: Tensor, moments: Tensor) -> Tensor:
        """Returns what a perfect denoiser predicts: noise, velocity or flow, as the scheduler's settings say."""
        if not self._schedule:
            return noise - latents
        kind = self._schedule.config.prediction_type
        if kind == "v_prediction":
            velocity: Tensor = self._schedule.get_velocity(latents, noise, self._steps(moments))
            return velocity
        return latents if kind == "sample" else noise

    def predict(self, noised: Tensor, moments: Tensor, conditioning: Inputs) -> Tensor:
        """Returns the denoiser's prediction, of the shape of `noised`."""
        times = moments * 1000 * self._unit if self.flow else self._steps(moments)
        state = {self._sample: noised, self._time: times.to(noised.dtype) if self.flow else times}
        prediction: Tensor = prediction_of(self.denoiser(**{**conditioning, **state}))
        return prediction

    def _steps(self, moments: Tensor) -> Tensor:
        total = self.pipeline.scheduler.config.num_train_timesteps
        steps: Tensor = (moments * total).long().clamp(max=total - 1)
        return steps


def _stacked(inputs: Sequence[Any]) -> Any:
    """Returns inputs of several predictions as one: what has a row a prediction is joined, the rest must be equal.

    Raises ValueError where prompts were encoded to different lengths.
    """
    first = inputs[0]
    if isinstance(first, dict):
        return {name: _stacked([each[name] for each in inputs]) for name in first}
    if not isinstance(first, Tensor):
        return first
    if first.ndim and first.shape[0] == 1:
        if len({each.shape for each in inputs}) > 1:
            raise ValueError("this pipeline encodes prompts to different lengths; train it in batches of one prompt")
        return torch.cat(list(inputs))
    return first
