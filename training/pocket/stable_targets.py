"""Targets that vary less: what is to be expected of a noisy picture, given all the pictures that could be meant.

A caption leaves much open. At the first moments of drawing, where next to nothing can be seen, the right answer is the
mean of all pictures that show what is said; one picture of them, drawn by chance, says the same on average, but so
loudly that a small network needs many times as many samples to hear a thing's shape. So the target is the mean of
several, each weighted by how well it fits what can be seen (Xu, Tong, Jaakkola 2023, arXiv 2302.00670, Stable Target
Field). Later, where the picture can be seen, that is the one which was drawn.
"""

import torch
from torch import Tensor


def expected(noisy: Tensor, latents: Tensor, others: Tensor, there: Tensor, alphas: Tensor) -> Tensor:
    """Returns what to expect of noisy latents, (batch, 8, 16, 16).

    noisy, latents: (batch, 8, 16, 16), the second those that were made noisy. others: (batch, many, 8, 16, 16), what
    could have been meant as well; there: (batch, many), bool, which of these count. alphas: (batch), cumulated.
    """
    known = torch.cat([latents[:, None], others], 1)
    counts = torch.cat([torch.ones_like(there[:, :1]), there], 1)
    seen = alphas.sqrt()[:, None, None, None, None] * known
    away = (noisy[:, None] - seen).square().flatten(2).sum(2)
    fit = -away / (2 * (1 - alphas)[:, None])
    weights = fit.masked_fill(~counts, -torch.inf).softmax(1)
    return (weights[:, :, None, None, None] * known).sum(1)


def velocity(latents: Tensor, meant: Tensor, plain: Tensor, alphas: Tensor) -> Tensor:
    """Returns the target of v-prediction for what is to be expected, from the plain one of the latents themselves.

    v = sqrt(alpha) noise - sqrt(1 - alpha) latents, and the noise is what is left of the noisy ones, so that v moves by
    (latents - meant) / sqrt(1 - alpha).
    """
    return plain + (latents - meant) / (1 - alphas).sqrt()[:, None, None, None]
