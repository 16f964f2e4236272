"""Builds the arguments of a call. Pipelines differ in what they take and in what their guidance is called."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from safety.generation import GenerationRequest


def parameters_of(pipeline: Any) -> set[str]:
    """Returns the names of the arguments that the pipeline takes."""
    return set(inspect.signature(pipeline.__call__).parameters)


def guidance_key(pipeline: Any, guided: bool) -> str:
    """Returns the name of the argument for classifier-free guidance.

    FLUX and Qwen embed a `guidance_scale` of distillation; their real guidance is `true_cfg_scale`.
    """
    return "true_cfg_scale" if guided and "true_cfg_scale" in parameters_of(pipeline) else "guidance_scale"


def pipeline_arguments(pipeline: Any, request: GenerationRequest, seeds: Sequence[int], guided: bool) -> dict[str, Any]:
    """Returns the keyword arguments for one call that draws every seed. `request` is complete."""
    import torch

    parameters = parameters_of(pipeline)
    arguments: dict[str, Any] = {
        "prompt": [request.prompt] * len(seeds),
        "num_inference_steps": request.steps,
        "width": request.width,
        "height": request.height,
        # One generator a picture, on the CPU: the same seed gives the same picture in any batch, on any device.
        "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds],
        # Floats: after rounding to bytes a NaN would look like black.
        "output_type": "np",
    }
    if not guided:
        # Qwen's default is 4.
        arguments["true_cfg_scale"] = 1.0
    arguments[guidance_key(pipeline, guided)] = request.guidance
    if guided:
        arguments["negative_prompt"] = [request.negative_prompt] * len(seeds)
    return {name: value for name, value in arguments.items() if name in parameters}


def concept_arguments(arguments: dict[str, Any], concept: str, guidance: str) -> dict[str, Any]:
    """Returns the arguments for a concept instead of the prompt, for one step without guidance.

    `guidance` is the name of the argument for guidance: at 1 the denoiser is asked for one prediction a picture.
    """
    import torch

    count = len(arguments["prompt"])
    others = {name: arguments[name] for name in arguments if name not in ("negative_prompt", "callback_on_step_end")}
    generators = [torch.Generator("cpu").manual_seed(0) for _ in range(count)]
    return {**others, "prompt": [concept] * count, "generator": generators, "num_inference_steps": 1, guidance: 1.0}
