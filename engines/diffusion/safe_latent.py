"""Steers by Safe Latent Diffusion: one wrapper round any denoiser with classifier-free guidance.

Schramowski et al., CVPR 2023 (arXiv 2211.05105). With predictions e_c for the prompt, e_u for the empty (or negative)
prompt, e_s for the unwanted concept, and guidance s:

    e     = e_u + s (e_c - e_u - gamma)                                   (3)
    gamma = mu (e_s - e_u) + momentum_scale nu                            (4, 7)
    mu    = min(1, scale |e_c - e_s|) where e_c - e_s < threshold, else 0 (5, 6)
    nu    = keep nu + (1 - keep) gamma                                    (8)

Equation 3 is ordinary guidance with e_c - gamma in place of e_c, so gamma is taken off what the denoiser returns, and
the pipeline stays as it is. Pipelines that call the denoiser twice a step (prompt first) get e_u + s / (s - 1) gamma
in place of e_u, which is the same picture. All others are asked for the three predictions in one call, which takes
less time than a second one.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from engines.diffusion.denoiser import (
    STATE,
    batch_of,
    combined_inputs,
    denoiser_of,
    first_half,
    named_inputs,
    prediction_of,
    with_prediction,
)
from engines.interface import SteeringStrength

# Keeps the ratio of picture_gate finite for a concept that moves nothing: it is far from every prompt.
TINY = 1e-12


def element_gate(strength: SteeringStrength, cond: Any, uncond: Any, concept: Any) -> Any:
    """Returns mu of equations 5 and 6, of the shape of a prediction."""
    import torch

    difference = cond - concept
    mu = torch.clamp(difference.abs() * strength.scale, max=1.0)
    return torch.where(difference >= strength.threshold, torch.zeros_like(mu), mu)


def picture_gate(strength: SteeringStrength, cond: Any, uncond: Any, concept: Any) -> Any:
    """Returns one mu a picture, shape (n, 1, ...): 1 where the prompt asks for the concept, 0 for something else.

    The distance between the two is measured against that of the concept from nothing, so that units cancel out. This
    gate is not the paper's (docs/decisions/0014).
    """
    axes = tuple(range(1, cond.ndim))
    distance = (cond - concept).square().sum(axes, keepdim=True)
    reach = (concept - uncond).square().sum(axes, keepdim=True)
    return (strength.scale * (strength.threshold - distance / reach.clamp_min(TINY))).clamp(0.0, 1.0)


GATES = {"element": element_gate, "picture": picture_gate}


class Layout(Enum):
    """Names how a pipeline asks its denoiser for the two predictions of guidance."""

    UNCOND_FIRST = "one call, the empty prompt's half first"
    COND_FIRST = "one call, the prompt's half first"
    TWO_CALLS = "two calls, the prompt's first"


# Read in the pipelines' source and tried. A denoiser that is not listed is not steered: a wrong guess would steer
# towards the concept.
LAYOUTS = {
    "UNet2DConditionModel": Layout.UNCOND_FIRST,
    "SD3Transformer2DModel": Layout.UNCOND_FIRST,
    "ZImageTransformer2DModel": Layout.COND_FIRST,
    "FluxTransformer2DModel": Layout.TWO_CALLS,
    "Flux2Transformer2DModel": Layout.TWO_CALLS,
    "QwenImageTransformer2DModel": Layout.TWO_CALLS,
}


def layout_of(pipeline: Any) -> Layout | None:
    """Returns the layout of the pipeline's denoiser; None where the order of its predictions is not known."""
    return LAYOUTS.get(type(denoiser_of(pipeline)).__name__)


class SafeLatent:
    """Steers one call of a pipeline. It holds the momentum of that call: every call needs its own.

    `concept` is the conditioning of the concept, as `denoiser.conditioning` returns it.
    """

    def __init__(
        self, denoiser: Any, concept: dict[str, Any], strength: SteeringStrength, steps: int, guidance: float
    ) -> None:
        self._denoiser, self._concept, self._strength = denoiser, concept, strength
        self._warm_up, self._guidance = strength.warm_up_of(steps), guidance
        self._layout = LAYOUTS[type(denoiser).__name__]
        self._original = denoiser.forward
        self._step = 0
        self._momentum: Any = 0.0
        # With two calls a step: the prompt's prediction, until that of the empty prompt comes.
        self._cond: Any = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the denoiser's output, steered; takes the place of the denoiser's own `forward`."""
        if self._layout is not Layout.TWO_CALLS:
            return self._halves(args, kwargs)
        output = self._original(*args, **kwargs)
        inputs = named_inputs(self._denoiser, args, kwargs)
        return with_prediction(output, self._one_of_two(prediction_of(output), inputs))

    def _halves(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Returns the output of a call for both predictions.

        It is one call for all three predictions, shape (3 n, ...), where the inputs fit together; else two calls.
        """
        import torch

        inputs = named_inputs(self._denoiser, args, kwargs)
        batch = batch_of(next(inputs[name] for name in STATE if name in inputs))
        if combined := combined_inputs(inputs, self._concept, batch):
            output = self._original(**combined)
            first, second, concept = prediction_of(output).split(batch // 2)
        else:
            output = self._original(*args, **kwargs)
            first, second = prediction_of(output).split(batch // 2)
            state = {name: first_half(inputs[name], batch) for name in STATE if name in inputs}
            concept = self._concept_prediction(state, inputs)
        cond_first = self._layout is Layout.COND_FIRST
        cond, uncond = (first, second) if cond_first else (second, first)
        cond = cond - self._gamma(cond, uncond, concept)
        return with_prediction(output, torch.cat([cond, uncond] if cond_first else [uncond, cond]))

    def _one_of_two(self, prediction: Any, inputs: dict[str, Any]) -> Any:
        """Returns the prompt's prediction as it is, and that of the empty prompt, which comes next, steered."""
        if self._cond is None:
            self._cond = prediction
            return prediction
        cond, self._cond = self._cond, None
        state = {name: inputs[name] for name in STATE if name in inputs}
        gamma = self._gamma(cond, prediction, self._concept_prediction(state, inputs))
        return prediction + self._guidance / (self._guidance - 1.0) * gamma

    def _concept_prediction(self, state: dict[str, Any], inputs: dict[str, Any]) -> Any:
        """Returns the denoiser's prediction for the concept at this state."""
        others = {name: value for name, value in inputs.items() if name not in STATE and name not in self._concept}
        return prediction_of(self._original(**{**others, **self._concept, **state}))

    def _gamma(self, cond: Any, uncond: Any, concept: Any) -> Any:
        """Returns what is taken off the prompt's prediction at this step; 0 during the warm-up."""
        strength = self._strength
        gamma = GATES[strength.gate](strength, cond, uncond, concept) * (concept - uncond)
        gamma = gamma + strength.momentum * self._momentum
        self._momentum = strength.keep * self._momentum + (1.0 - strength.keep) * gamma
        self._step += 1
        return gamma if self._step > self._warm_up else 0.0
