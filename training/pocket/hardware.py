"""What this computer is quick at: measured, not guessed."""

import time

import torch


def speed(dtype: torch.dtype, edge: int = 512) -> float:
    """Multiply two square matrices a few times and return the best billions of operations a second.

    The best, because a core that was taken away in between says nothing about its instructions.
    """
    one = torch.randn(edge, edge).to(dtype)
    one @ one  # the first call chooses a kernel
    times = []
    for _ in range(20):
        start = time.perf_counter()
        one @ one
        times.append(time.perf_counter() - start)
    return 2 * edge**3 / min(times) / 1e9


def device() -> str:
    """Name what to train on: a GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def autocast(edge: int = 256, place: str = "cpu") -> torch.autocast:
    """Use bfloat16 on a GPU, and where the processor has instructions for it; elsewhere it can be 500 times slower.

    edge: of matrices as large as those that the training multiplies.
    """
    if place != "cpu":
        return torch.autocast(place, torch.bfloat16)
    quick = speed(torch.bfloat16, edge) > 1.2 * speed(torch.float32, edge)
    return torch.autocast("cpu", torch.bfloat16, enabled=quick)
