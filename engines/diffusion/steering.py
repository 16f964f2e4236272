"""How one call of a pipeline is steered away from a concept, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engines.diffusion.denoiser import conditioning, denoiser_of, replaced
from engines.diffusion.pipeline_args import for_concept, guidance_key
from engines.diffusion.safe_latent import STRENGTHS, SafeLatent, layout_of
from engines.interface import EngineCard
from safety.generation import Steering, SteeringResult

SLD, NEGATIVE = "sld", "negative prompt"


def plan(card: EngineCard, pipeline: Any, given: dict[str, Any], steering: Steering | None) -> SteeringResult | None:
    """Decides by what can be done. None where the mode stops nothing."""
    if steering is None:
        return None
    guidance = given.get(guidance_key(pipeline, card.guided)) or 0.0
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
    if "negative_prompt" in given:
        return SteeringResult(steering, NEGATIVE, f"Words in the negative prompt: {what}.")
    unknown = "How this model keeps its predictions is not known, and it takes no negative prompt."
    return SteeringResult(steering, "", unknown, True)


@contextmanager
def steered(
    card: EngineCard, pipeline: Any, given: dict[str, Any], by: SteeringResult | None
) -> Iterator[dict[str, Any]]:
    """The settings to call the pipeline with, inside this context."""
    if by is None or not by.method:
        yield given
    elif by.method == NEGATIVE:
        merged = [", ".join(filter(None, (own, by.steering.concept))) for own in given["negative_prompt"]]
        yield {**given, "negative_prompt": merged}
    else:
        denoiser, key = denoiser_of(pipeline), guidance_key(pipeline, card.guided)
        concept = conditioning(pipeline, for_concept(given, by.steering.concept, key))
        strength = (STRENGTHS | card.steering)[by.steering.strength]
        wrapper = SafeLatent(denoiser, concept, strength, given["num_inference_steps"], given[key])
        with replaced(denoiser, wrapper.forward):
            yield given
