"""What several workers of a training share: their values, and the clock by which all of them stop at the same step."""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor


@torch.no_grad()
def averaged(values: Iterable[Tensor], clock: float) -> float:
    """Put the mean of all workers' values (gradients, weights) in the place of each one's own; return that of clocks.

    A worker by itself keeps what it has.
    """
    if not dist.is_initialized():
        return clock
    own = list(values)
    flat = torch.cat([*(each.flatten() for each in own), torch.tensor([clock])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for each, part in zip(own, torch.split(flat[:-1], [each.numel() for each in own]), strict=True):
        each.copy_(part.view_as(each))
    return float(flat[-1])
