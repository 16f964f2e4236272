"""Measures the memory and the GPU of this machine, without loading torch."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

GB = 1e9
# A container's own memory limit, which the kernel's figure for the machine does not show.
CGROUP = Path("/sys/fs/cgroup")
GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits")
# The compute capability of the first NVIDIA GPUs that have bfloat16.
MIN_BF16_CAPABILITY = 8.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """Holds what there is to draw with. Memory in GB (10^9 bytes): what is free now, and in all.

    `gpu` is "" (none), "cuda" or "mps"; mps shares the main memory. `quantiser` names the package that loads weights at
    4 bits, "" where there is none.
    """

    ram_free: float
    ram_total: float
    gpu: str = ""
    gpu_name: str = ""
    gpu_free: float = 0.0
    gpu_total: float = 0.0
    bf16: bool = False
    quantiser: str = ""


def measure(zero_gpu: bool = False) -> Hardware:
    """Returns the hardware as it is now. `zero_gpu`: a Space lends a GPU while one function runs."""
    free, total = _memory()
    quantiser = "bitsandbytes" if find_spec("bitsandbytes") else ""
    if zero_gpu:
        return Hardware(free, total, "cuda", "ZeroGPU", 48.0, 48.0, True, quantiser)
    if nvidia := _nvidia():
        name, gpu_total, gpu_free, capability = nvidia
        return Hardware(free, total, "cuda", name, gpu_free, gpu_total, capability >= MIN_BF16_CAPABILITY, quantiser)
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Hardware(free, total, "mps", "Apple GPU", free, total, True)
    return Hardware(free, total)


def _memory() -> tuple[float, float]:
    """Returns the main memory that is free and in all, in GB, within a container's limit."""
    memory = psutil.virtual_memory()
    free, total = memory.available / GB, memory.total / GB
    try:
        limit = int((CGROUP / "memory.max").read_text()) / GB
        used = int((CGROUP / "memory.current").read_text()) / GB
    except (OSError, ValueError):
        # There is no limit (the file says "max"), or this is no Linux.
        return free, total
    return min(free, max(0.0, limit - used)), min(total, limit)


def _nvidia() -> tuple[str, float, float, float] | None:
    """Returns name, memory in all and free (GB) and compute capability of the first GPU; None if none answers."""
    if not shutil.which(GPU_QUERY[0]):
        return None
    try:
        output = subprocess.run(GPU_QUERY, capture_output=True, text=True, timeout=10, check=True).stdout
        name, total, free, capability = (part.strip() for part in output.splitlines()[0].split(","))
        return name, int(total) * 2**20 / GB, int(free) * 2**20 / GB, float(capability)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
