"""From a card to a diffusers pipeline: safetensors only, no code from the model, no picture checks of its own."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from engines.interface import EngineCard
from safety.errors import EngineUnavailable


def load_pipeline(name: str, card: EngineCard, models_dir: Path) -> Any:
    """The card's pipeline on the best device here, silent.

    A card without a revision names a folder (relative to `models_dir`) and never touches the network.
    Raises EngineUnavailable that names the fix.
    """
    folder = models_dir / card.model
    if not card.revision and not (folder / "model_index.json").is_file():
        raise EngineUnavailable(
            f"The model {name!r} is missing: {folder} has no model_index.json.",
            "Put the model's diffusers folder there, or choose another engine.",
        )
    where = {"revision": card.revision} if card.revision else {"local_files_only": True}
    try:
        return _load(card.model if card.revision else str(folder), where)
    except Exception as error:  # whatever breaks while loading, there is no model to draw with
        advice = (
            "Check the connection to the hub, or set `model` in presets/engines.toml to a local folder."
            if card.revision
            else f"Replace {folder} by a complete copy (safetensors weights), or choose another engine."
        )
        raise EngineUnavailable(f"The model {name!r} cannot be loaded: {first_line(error)}", advice) from error


def _load(model: str, where: dict[str, Any]) -> Any:
    import diffusers
    import transformers

    # Both log parts of long prompts and draw bars on the terminal; a prompt must not end up in a log.
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    device, dtype = choose_device()
    config = diffusers.DiffusionPipeline.load_config(model, **where)
    known = inspect.signature(getattr(diffusers, config["_class_name"]).__init__).parameters
    # A pipeline's own safety checker blackens pictures without a word, and most pipelines have none. The
    # studio's checks judge the pictures of every engine alike and say why. Likewise its own invisible mark.
    unwanted = {"safety_checker": None, "requires_safety_checker": False, "add_watermarker": False}
    pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(
        model,
        dtype=dtype,
        use_safetensors=True,  # a pickle can run code
        trust_remote_code=False,
        **{key: value for key, value in unwanted.items() if key in known},
        **where,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def choose_device() -> tuple[str, Any]:
    """Device and dtype to draw with: bfloat16 where a GPU has it, else float32 (float16 overflows in many VAEs)."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if torch.backends.mps.is_available():
        return "mps", torch.float32
    return "cpu", torch.float32


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its type where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
