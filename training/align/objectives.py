"""What an adapter is trained for: to prefer one picture to another, to leave a concept out, to keep the rest."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def errors(prediction: Tensor, target: Tensor) -> Tensor:
    """Returns the mean squared error of each prediction of a batch, shape (batch,)."""
    return (prediction.float() - target.float()).square().flatten(1).mean(1)


def preference_loss(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor], beta: float) -> Tensor:
    """Returns the loss of Diffusion-DPO (Wallace et al. 2024, arXiv 2311.12908, equation 14), a scalar.

    `policy` and `reference` hold the errors (pairs,) on the chosen and on the rejected picture, at the same noise and
    moment. It falls as the policy gets better on the chosen picture, against the reference, than on the rejected one.
    """
    gained = (policy[0] - reference[0]) - (policy[1] - reference[1])
    return -logsigmoid(-0.5 * beta * gained).mean()


def erased_target(empty: Tensor, concept: Tensor, strength: float) -> Tensor:
    """Returns the prediction that leads away from a concept: ESD (Gandikota et al. 2023, arXiv 2303.07345, equation 7).

    The weights of both predictions add up to 1, so that it holds for noise, velocity and flow alike.
    """
    with torch.no_grad():
        return empty - strength * (concept - empty)
