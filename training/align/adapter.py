"""The adapter that is trained: a LoRA (Hu et al. 2021, arXiv 2106.09685) on the denoiser, by peft.

It is written in the form that diffusers loads, with an engine card that the studio reads (docs/engines.md) and the list
of what it was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
import torch
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

from engines.diffusion.denoiser import denoiser_of
from engines.interface import EngineCard, Lora

NAME = "align"
WEIGHTS, CARD = "pytorch_lora_weights.safetensors", "engine.toml"
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")


def attach(pipeline: Any, rank: int, targets: Sequence[str] = ATTENTION) -> list[torch.nn.Parameter]:
    """Adds an adapter that changes nothing yet, and returns what of it is trained; all else is frozen.

    `targets` end the names of the layers that it changes. Raises ValueError where no layer has such a name.
    """
    denoiser = denoiser_of(pipeline)
    denoiser.requires_grad_(False)
    denoiser.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=list(targets)), adapter_name=NAME)
    return [parameter for parameter in denoiser.parameters() if parameter.requires_grad]


@contextmanager
def without(pipeline: Any) -> Iterator[None]:
    """Takes the adapter out of the way: the denoiser is the reference that it was, and learns nothing."""
    denoiser = denoiser_of(pipeline)
    denoiser.disable_adapters()
    try:
        with torch.no_grad():
            yield
    finally:
        denoiser.enable_adapters()


def save(pipeline: Any, folder: Path) -> Path:
    """Writes the adapter's weights in the form that diffusers loads, and returns their file."""
    denoiser = denoiser_of(pipeline)
    state = convert_state_dict_to_diffusers(get_peft_model_state_dict(denoiser, adapter_name=NAME))
    part = "unet" if denoiser is getattr(pipeline, "unet", None) else "transformer"
    pipeline.save_lora_weights(folder, **{f"{part}_lora_layers": state}, safe_serialization=True)
    return folder / WEIGHTS


def write_card(folder: Path, name: str, card: EngineCard, note: str) -> Path:
    """Writes the card of the model with its adapter: what SAFELIGHT_ENGINES can name. Returns its file."""
    lora = Lora(model=str(folder.resolve()), file=WEIGHTS)
    changed = card.model_copy(update={"lora": lora, "title": f"{card.title} ({name})", "note": note})
    document = tomlkit.document()
    document.add(tomlkit.comment("A model with an adapter on it. SAFELIGHT_ENGINES names this file (docs/engines.md)."))
    document.add(name, tomlkit.item(changed.model_dump(mode="json", exclude_defaults=True)))
    path = folder / CARD
    path.write_text(tomlkit.dumps(document), "utf-8")
    return path
