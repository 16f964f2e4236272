"""What this machine has to draw with, read without loading torch."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

GB = 1e9
CGROUP = Path("/sys/fs/cgroup")  # a container's own limit, which the kernel's figure for the machine does not show
ASK = ("nvidia-smi", "--query-gpu=name,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits")
BF16_FROM = 8.0  # compute capability of the first NVIDIA GPUs that have bfloat16


@dataclass(frozen=True, slots=True)
class Hardware:
    """Memory in GB: `free` now, `total` at all. `gpu` is "" (none), "cuda" or "mps"; mps shares the main memory."""

    ram_free: float
    ram_total: float
    gpu: str = ""
    gpu_name: str = ""
    gpu_free: float = 0.0
    gpu_total: float = 0.0
    bf16: bool = False
    quantiser: str = ""  # a package that loads weights at 4 bits


def measure(zero_gpu: bool = False) -> Hardware:
    """Returns what this machine has just now. `zero_gpu`: its GPU is only lent while a function runs (ZeroGPU)."""
    free, total = _memory()
    quantiser = "bitsandbytes" if find_spec("bitsandbytes") else ""
    if zero_gpu:
        return Hardware(free, total, "cuda", "ZeroGPU", 48.0, 48.0, True, quantiser)
    if row := _nvidia():
        name, gpu_total, gpu_free, capability = row
        return Hardware(free, total, "cuda", name, gpu_free, gpu_total, capability >= BF16_FROM, quantiser)
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Hardware(free, total, "mps", "Apple GPU", free, total, True)
    return Hardware(free, total)


def _memory() -> tuple[float, float]:
    memory = psutil.virtual_memory()
    free, total = memory.available / GB, memory.total / GB
    try:
        most = int((CGROUP / "memory.max").read_text()) / GB
        used = int((CGROUP / "memory.current").read_text()) / GB
    except (OSError, ValueError):  # no limit ("max"), or no Linux
        return free, total
    return min(free, max(0.0, most - used)), min(total, most)


def _nvidia() -> tuple[str, float, float, float] | None:
    """Name, memory in all and free, compute capability of the first GPU; None if there is none that answers."""
    if not shutil.which(ASK[0]):
        return None
    try:
        told = subprocess.run(ASK, capture_output=True, text=True, timeout=10, check=True).stdout
        name, total, free, capability = (part.strip() for part in told.splitlines()[0].split(","))
        return name, int(total) * 2**20 / GB, int(free) * 2**20 / GB, float(capability)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
