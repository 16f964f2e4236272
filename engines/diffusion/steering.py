"""Chooses how one call of a pipeline is steered away from a concept, and steers it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engines.diffusion.denoiser import conditioning, denoiser_of, forward_override
from engines.diffusion.pipeline_args import concept_arguments, guidance_key
from engines.diffusion.safe_latent import SafeLatent, layout_of
from engines.interface import STRENGTHS, EngineCard
from safety.generation import Steering, SteeringResult

SLD, NEGATIVE = "sld", "negative prompt"


def choose_steering(
    card: EngineCard, pipeline: Any, arguments: dict[str, Any], steering: Steering | None
) -> SteeringResult | None:
    """Returns the method that can steer this call, or why there is none. None where no steering is wanted."""
    if steering is None:
        return None
    guidance = arguments.get(guidance_key(pipeline, card.guided)) or 0.0
    if not card.guided or getattr(pipeline.config, "is_distilled", False):
        return SteeringResult(steering, "", "This model runs without guidance: there is nothing to steer by.", True)
    if guidance <= 1.0:
        return SteeringResult(steering, "", "At guidance 1 there is nothing to steer by.", True)
    if steering.general and card.content == "filtered":
        return SteeringResult(
            steering, "", "Nothing in the prompt called for it, and the model was trained on filtered pictures."
        )
    what = f"the prompt touches on {steering.categories[0]}" if not steering.general else "whatever the prompt says"
    if layout_of(pipeline):
        return SteeringResult(steering, SLD, f"Safe Latent Diffusion, {steering.strength}: {what}.")
    if "negative_prompt" in arguments:
        return SteeringResult(steering, NEGATIVE, f"Words in the negative prompt: {what}.")
    unknown = "How this model keeps its predictions is not known, and it takes no negative prompt."
    return SteeringResult(steering, "", unknown, True)


@contextmanager
def steering_context(
    card: EngineCard, pipeline: Any, arguments: dict[str, Any], result: SteeringResult | None
) -> Iterator[dict[str, Any]]:
    """Yields the arguments to call the pipeline with, once, inside of this context."""
    if result is None or not result.method:
        yield arguments
    elif result.method == NEGATIVE:
        concept = result.steering.concept
        merged = [", ".join(filter(None, (own, concept))) for own in arguments["negative_prompt"]]
        yield {**arguments, "negative_prompt": merged}
    else:
        denoiser, key = denoiser_of(pipeline), guidance_key(pipeline, card.guided)
        concept_inputs = conditioning(pipeline, concept_arguments(arguments, result.steering.concept, key))
        strength = (STRENGTHS | card.steering)[result.steering.strength]
        steps, guidance = arguments["num_inference_steps"], arguments[key]
        safe_latent = SafeLatent(denoiser, concept_inputs, strength, steps, guidance)
        with forward_override(denoiser, safe_latent.forward):
            yield arguments
