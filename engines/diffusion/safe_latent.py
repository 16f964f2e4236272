"""Safe Latent Diffusion as one wrapper round any denoiser with classifier-free guidance.

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
    bound,
    denoiser_of,
    half_of,
    prediction_of,
    side_by_side,
    with_prediction,
)
from engines.interface import Strength

# diffusers' deprecated copy has a scale of 20 for weak; the paper and its authors' code have 200.
STRENGTHS = {
    "weak": Strength(warm_up=15, scale=200.0, threshold=0.0),
    "medium": Strength(warm_up=10, scale=1000.0, threshold=0.01, momentum=0.3, keep=0.4),
    "strong": Strength(warm_up=7, scale=2000.0, threshold=0.025, momentum=0.5, keep=0.7),
    "max": Strength(warm_up=0, scale=5000.0, threshold=1.0, momentum=0.5, keep=0.7),
}


def each_element(set_to: Strength, cond: Any, uncond: Any, concept: Any) -> Any:
    """mu of equations 5 and 6, of the shape of a prediction."""
    import torch

    towards = cond - concept
    mu = torch.clamp(towards.abs() * set_to.scale, max=1.0)
    return torch.where(towards >= set_to.threshold, torch.zeros_like(mu), mu)


def whole_picture(set_to: Strength, cond: Any, uncond: Any, concept: Any) -> Any:
    """One mu a picture, shape (n, 1, ...): 1 where the prompt asks for what the concept is, 0 where for something else.

    How far apart the two are is measured against how far the concept is from nothing, and units cancel out.
    """
    parts = tuple(range(1, cond.ndim))
    apart = (cond - concept).square().sum(parts, keepdim=True)
    reach = (concept - uncond).square().sum(parts, keepdim=True)
    return (set_to.scale * (set_to.threshold - apart / reach.clamp_min(TINY))).clamp(0.0, 1.0)


GATES = {"element": each_element, "picture": whole_picture}
TINY = 1e-12  # a concept that moves nothing: it is far from everything


class Layout(Enum):
    """How a pipeline asks its denoiser for the two predictions of guidance."""

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
    """None for a denoiser whose order of predictions is not known."""
    return LAYOUTS.get(type(denoiser_of(pipeline)).__name__)


class SafeLatent:
    """Steers one call of a pipeline. Holds the momentum, so: one object a call."""

    def __init__(self, denoiser: Any, concept: dict[str, Any], strength: Strength, steps: int, guidance: float) -> None:
        self._denoiser, self._concept, self._strength = denoiser, concept, strength
        self._warm_up, self._guidance = strength.warm_up_of(steps), guidance
        self._layout = LAYOUTS[type(denoiser).__name__]
        self._original = denoiser.forward
        self._step = 0
        self._momentum: Any = 0.0
        self._asked: Any = None  # the prompt's prediction, until its counterpart comes

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Stands in for the denoiser's own."""
        if self._layout is not Layout.TWO_CALLS:
            return self._halved(args, kwargs)
        out = self._original(*args, **kwargs)
        return with_prediction(out, self._paired(prediction_of(out), bound(self._denoiser, args, kwargs)))

    def _halved(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call for all three predictions, shape (3 n, ...), where the inputs can be laid side by side; else two."""
        import torch

        given = bound(self._denoiser, args, kwargs)
        whole = batch_of(next(given[name] for name in STATE if name in given))
        if together := side_by_side(given, self._concept, whole):
            out = self._original(**together)
            first, second, concept = prediction_of(out).split(whole // 2)
        else:
            out = self._original(*args, **kwargs)
            first, second = prediction_of(out).split(whole // 2)
            concept = self._of_concept({name: half_of(given[name], whole) for name in STATE if name in given}, given)
        cond, uncond = (first, second) if self._layout is Layout.COND_FIRST else (second, first)
        cond = cond - self._gamma(cond, uncond, concept)
        return with_prediction(out, torch.cat([cond, uncond] if self._layout is Layout.COND_FIRST else [uncond, cond]))

    def _paired(self, one: Any, given: dict[str, Any]) -> Any:
        if self._asked is None:
            self._asked = one
            return one
        cond, self._asked = self._asked, None
        state = {name: given[name] for name in STATE if name in given}
        gamma = self._gamma(cond, one, self._of_concept(state, given))
        return one + self._guidance / (self._guidance - 1.0) * gamma

    def _of_concept(self, state: dict[str, Any], given: dict[str, Any]) -> Any:
        same = {name: value for name, value in given.items() if name not in STATE and name not in self._concept}
        return prediction_of(self._original(**{**same, **self._concept, **state}))

    def _gamma(self, cond: Any, uncond: Any, concept: Any) -> Any:
        """What is to be taken off the prompt's prediction at this step."""
        set_to = self._strength
        gamma = GATES[set_to.gate](set_to, cond, uncond, concept) * (concept - uncond)
        gamma = gamma + set_to.momentum * self._momentum
        self._momentum = set_to.keep * self._momentum + (1.0 - set_to.keep) * gamma
        self._step += 1
        return gamma if self._step > self._warm_up else 0.0
