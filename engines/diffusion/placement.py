"""Decides where and how a model runs by its card and the memory that is free, and says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engines.hardware import Hardware
from engines.interface import EngineCard

# GB beside the weights, for activations and the VAE of about a megapixel.
HEADROOM_GB = 1.5
# GB of GPU memory in which any of the listed models runs layer by layer.
MIN_SEQUENTIAL_GB = 3.0
# Share of a part's 16-bit size that is left at 4 bits, scales and unquantised layers included.
FOUR_BIT_SHARE = 0.33
# GB of free GPU memory beside the weights, below which the VAE decodes in tiles.
MIN_UNTILED_GB = 3.0
Offload = Literal["", "model", "sequential"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Tells where and how a model runs. `device` is "" where it does not; `why` is a sentence for people either way.

    `offload` names what waits in main memory until it is needed: "model" its parts, "sequential" its layers. `tiling`
    lets the VAE decode in tiles.
    """

    device: Literal["", "cuda", "mps", "cpu"]
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    offload: Offload = ""
    four_bit: bool = False
    tiling: bool = False
    why: str = ""

    @property
    def runs(self) -> bool:
        """Tells whether the model runs at all."""
        return bool(self.device)


def choose_placement(card: EngineCard, hardware: Hardware) -> Placement:
    """Returns the fastest placement that the memory allows.

    In this order: all on the GPU, part by part, at 4 bits, layer by layer, on the CPU, not at all.
    """
    if hardware.gpu == "cuda":
        return _on_cuda(card, hardware)
    if hardware.gpu == "mps" and _needed(card.memory_gb) <= hardware.ram_free:
        return Placement("mps", "float16" if card.memory_gb else "float32", why=f"On {hardware.gpu_name}.")
    return _on_cpu(card, hardware)


def _on_cuda(card: EngineCard, hardware: Hardware) -> Placement:
    # float16 overflows in many VAEs and gives black pictures.
    dtype: Literal["float32", "bfloat16"] = "bfloat16" if hardware.bf16 else "float32"
    factor = 1.0 if hardware.bf16 else 2.0
    whole, part = card.memory_gb * factor, (card.largest_gb or card.memory_gb) * factor
    free, gpu = hardware.gpu_free, f"{hardware.gpu_name}, {hardware.gpu_free:.0f} GB free"
    fits_in_ram = whole + HEADROOM_GB <= hardware.ram_free
    if _needed(whole) <= free:
        return Placement("cuda", dtype, tiling=free - whole < MIN_UNTILED_GB, why=f"All on the GPU ({gpu}).")
    if _needed(part) <= free and fits_in_ram:
        tiling = free - part < MIN_UNTILED_GB
        return Placement("cuda", dtype, "model", tiling=tiling, why=f"Part by part on the GPU ({gpu}).")
    if hardware.quantiser and card.kind == "hub" and _needed(card.memory_gb * FOUR_BIT_SHARE) <= free:
        return Placement("cuda", dtype, "model", True, True, f"At 4 bits, part by part on the GPU ({gpu}).")
    if free >= MIN_SEQUENTIAL_GB and fits_in_ram:
        return Placement("cuda", dtype, "sequential", tiling=True, why=f"Layer by layer on the GPU, slowly ({gpu}).")
    return _on_cpu(card, hardware)


def _on_cpu(card: EngineCard, hardware: Hardware) -> Placement:
    # In float32: bfloat16 is hundreds of times slower on CPUs without instructions for it.
    whole = 2.0 * card.memory_gb
    if _needed(whole) <= hardware.ram_free or not card.memory_gb:
        return Placement("cpu", why="On the CPU." if not card.memory_gb else "On the CPU: minutes a picture.")
    gpu = f", nor has {hardware.gpu_name} the memory ({hardware.gpu_free:.0f} GB free)" if hardware.gpu else ""
    return Placement(
        "", why=f"Too little memory: {_needed(whole):.0f} GB are needed, {hardware.ram_free:.0f} GB are free{gpu}."
    )


def _needed(weights_gb: float) -> float:
    """Returns the memory for weights of a size, in GB; 0 for a model that is small enough for any machine."""
    return weights_gb + HEADROOM_GB if weights_gb else 0.0
