"""The one place that decides where and how a model runs, and says what it decided and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engines.hardware import Hardware
from engines.interface import EngineCard

ROOM = 1.5  # GB beside the weights for activations and the VAE, of about a megapixel
SEQUENTIAL = 3.0  # GB of GPU memory in which any of the listed models runs piece by piece
QUARTER = 0.33  # share of a part's 16-bit size that is left at 4 bits: scales and unquantised layers included
TIGHT = 3.0  # GB of free GPU memory beside the weights, below which the VAE decodes in tiles
Offload = Literal["", "model", "sequential"]


@dataclass(frozen=True, slots=True)
class Placement:
    """`device` is empty where the model does not run; `why` is a sentence for people either way."""

    device: Literal["", "cuda", "mps", "cpu"]
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    offload: Offload = ""  # parts, or layers, wait in main memory until they are needed
    four_bit: bool = False
    tiling: bool = False
    why: str = ""

    @property
    def runs(self) -> bool:
        return bool(self.device)


def decide(card: EngineCard, machine: Hardware) -> Placement:
    """By memory, fastest first: all on the GPU, part by part, at 4 bits, layer by layer, the CPU, not at all."""
    if machine.gpu == "cuda":
        return _cuda(card, machine)
    if machine.gpu == "mps" and _needs(card.memory_gb) <= machine.ram_free:
        return Placement("mps", "float16" if card.memory_gb else "float32", why=f"On {machine.gpu_name}.")
    return _cpu(card, machine)


def _cuda(card: EngineCard, machine: Hardware) -> Placement:
    # float16 overflows in many VAEs and gives black pictures.
    dtype: Literal["float32", "bfloat16"] = "bfloat16" if machine.bf16 else "float32"
    twice = 1.0 if machine.bf16 else 2.0
    whole, part = card.memory_gb * twice, (card.largest_gb or card.memory_gb) * twice
    free, on = machine.gpu_free, f"{machine.gpu_name}, {machine.gpu_free:.0f} GB free"
    in_ram = whole + ROOM <= machine.ram_free
    if _needs(whole) <= free:
        return Placement("cuda", dtype, tiling=free - whole < TIGHT, why=f"All on the GPU ({on}).")
    if _needs(part) <= free and in_ram:
        return Placement("cuda", dtype, "model", tiling=free - part < TIGHT, why=f"Part by part on the GPU ({on}).")
    if machine.quantiser and card.kind == "hub" and _needs(card.memory_gb * QUARTER) <= free:
        return Placement("cuda", dtype, "model", True, True, f"At 4 bits, part by part on the GPU ({on}).")
    if free >= SEQUENTIAL and in_ram:
        return Placement("cuda", dtype, "sequential", tiling=True, why=f"Layer by layer on the GPU, slowly ({on}).")
    return _cpu(card, machine)


def _cpu(card: EngineCard, machine: Hardware) -> Placement:
    # float32: bfloat16 is hundreds of times slower on CPUs without instructions for it.
    whole = 2.0 * card.memory_gb
    if _needs(whole) <= machine.ram_free or not card.memory_gb:
        return Placement("cpu", why="On the CPU." if not card.memory_gb else "On the CPU: minutes a picture.")
    gpu = f", nor has {machine.gpu_name} the memory ({machine.gpu_free:.0f} GB free)" if machine.gpu else ""
    return Placement(
        "", why=f"Too little memory: {_needs(whole):.0f} GB are needed, {machine.ram_free:.0f} GB are free{gpu}."
    )


def _needs(weights: float) -> float:
    return weights + ROOM if weights else 0.0
