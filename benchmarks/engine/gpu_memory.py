"""Limits the memory of a GPU to less than it has, and says how much of it tensors take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from engines.hardware import GB, Hardware, measure

Row = dict[str, Any]


@dataclass
class LimitedMachine:
    """Measures the machine, and makes out that no more of its GPU's memory is there than `gpu_gb`."""

    gpu_gb: float = float("inf")

    def __call__(self) -> Hardware:
        """Returns the machine as it is now, within the limit. Weights that are drawn at random have no 4 bits."""
        real = replace(measure(), quantiser="")
        return replace(real, gpu_free=min(real.gpu_free, self.gpu_gb), gpu_total=min(real.gpu_total, self.gpu_gb))

    def enforce(self) -> None:
        """Lets torch take no more of the GPU's memory than the limit from now on: past it, a step fails."""
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
            total = torch.cuda.get_device_properties(0).total_memory / GB
            torch.cuda.set_per_process_memory_fraction(min(1.0, self.gpu_gb / total))
            torch.cuda.reset_peak_memory_stats()


@contextmanager
def limited(machine: LimitedMachine, gpu_gb: float) -> Iterator[None]:
    """Makes out that the GPU has no more memory than this."""
    machine.gpu_gb = gpu_gb
    try:
        yield
    finally:
        machine.gpu_gb = float("inf")
        machine.enforce()


def gpu_memory() -> Row:
    """Returns the memory of the GPU that tensors take now, and took at most since the last unloading, in GB."""
    import torch

    if not torch.cuda.is_available():
        return {}
    taken, peak = torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()
    return {"GB taken": round(taken / GB, 2), "GB at most": round(peak / GB, 2)}


def reset_peak() -> None:
    """Begins to look for the most memory anew."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
