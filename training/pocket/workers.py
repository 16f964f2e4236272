"""What several workers of a training share: gradients, and the clock by which all of them stop at the same step."""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor


def averaged(parameters: Iterable[Tensor], clock: float) -> float:
    """Put the mean of all workers' gradients in the place of each one's own; return the mean of their clocks.

    A worker by itself keeps what it has.
    """
    if not dist.is_initialized():
        return clock
    grads = [each.grad for each in parameters if each.grad is not None]
    flat = torch.cat([*(grad.flatten() for grad in grads), torch.tensor([clock])])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for grad, part in zip(grads, torch.split(flat[:-1], [grad.numel() for grad in grads]), strict=True):
        grad.copy_(part.view_as(grad))
    return float(flat[-1])
