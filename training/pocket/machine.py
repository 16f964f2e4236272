"""What this computer is quick at: measured, not guessed."""

import time

import torch


def speed(dtype: torch.dtype, edge: int = 512) -> float:
    """Multiply two square matrices and return billions of operations a second."""
    one = torch.randn(edge, edge).to(dtype)
    one @ one  # the first call chooses a kernel
    start = time.perf_counter()
    one @ one
    return 2 * edge**3 / (time.perf_counter() - start) / 1e9


def autocast() -> torch.autocast:
    """Use bfloat16 where the processor has instructions for it; elsewhere it can be 500 times slower."""
    quick = speed(torch.bfloat16, 128) > 1.2 * speed(torch.float32, 128)
    return torch.autocast("cpu", torch.bfloat16, enabled=quick)
