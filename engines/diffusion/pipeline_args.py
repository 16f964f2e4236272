"""What a pipeline is called with. Pipelines differ in what they take and in what their guidance is called."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from safety.generation import GenerationRequest


def takes(pipeline: Any) -> set[str]:
    return set(inspect.signature(pipeline.__call__).parameters)


def guidance_key(pipeline: Any, guided: bool) -> str:
    """FLUX and Qwen embed a `guidance_scale` of distillation; their real guidance is `true_cfg_scale`."""
    return "true_cfg_scale" if guided and "true_cfg_scale" in takes(pipeline) else "guidance_scale"


def settings(pipeline: Any, request: GenerationRequest, seeds: Sequence[int], guided: bool) -> dict[str, Any]:
    """The keyword arguments for one call that draws every seed. `request` is complete."""
    import torch

    known = takes(pipeline)
    given: dict[str, Any] = {
        "prompt": [request.prompt] * len(seeds),
        "num_inference_steps": request.steps,
        "width": request.width,
        "height": request.height,
        # One generator a picture, on the CPU: the same seed gives the same picture in any batch, on any device.
        "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds],
        "output_type": "np",  # floats: after rounding to bytes a NaN would look like black
    }
    if not guided:
        given["true_cfg_scale"] = 1.0  # Qwen's default is 4
    given[guidance_key(pipeline, guided)] = request.guidance
    if guided:
        given["negative_prompt"] = [request.negative_prompt] * len(seeds)
    return {key: value for key, value in given.items() if key in known}


def for_concept(given: dict[str, Any], concept: str, key: str) -> dict[str, Any]:
    """The same call for a concept instead of the prompt, and without guidance: one half, one step."""
    import torch

    count = len(given["prompt"])
    plain = {name: value for name, value in given.items() if name not in ("negative_prompt", "callback_on_step_end")}
    generators = [torch.Generator("cpu").manual_seed(0) for _ in range(count)]
    return {**plain, "prompt": [concept] * count, "generator": generators, "num_inference_steps": 1, key: 1.0}
