"""Loads a diffusers pipeline from a folder or file: safetensors only, no code from the model, no checks of its own."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from engines.diffusion.denoiser import denoiser_of
from engines.diffusion.placement import Placement
from engines.interface import EngineCard
from safety.errors import EngineUnavailable

# The file that a folder in the layout of diffusers has, and the suffix of a model in a single file.
INDEX, SINGLE_FILE = "model_index.json", ".safetensors"
# The parts that are large enough for 4 bits to pay off.
FOUR_BIT_PARTS = ("transformer", "text_encoder", "text_encoder_2", "text_encoder_3")


def load_pipeline(name: str, card: EngineCard, path: Path, placement: Placement) -> Any:
    """Returns the pipeline, placed and silent. Never touches the network.

    Raises EngineUnavailable that names the fix.
    """
    single_file = path.suffix == SINGLE_FILE
    if not (path if single_file else path / INDEX).is_file():
        problem = f"there is no file {path}" if single_file else f"{path} has no {INDEX}"
        advice = "Put the model's diffusers folder (or its file) there, or choose another engine."
        raise EngineUnavailable(f"The model {name!r} is missing: {problem}.", advice)
    try:
        pipeline = _load(card, path, placement)
        place(pipeline, card, placement)
        return pipeline
    except EngineUnavailable:
        raise
    except Exception as error:  # whatever breaks while loading, there is no model to draw with
        advice = f"Replace {path} by a complete copy (safetensors weights), or choose another engine."
        raise EngineUnavailable(f"The model {name!r} cannot be loaded: {first_line(error)}", advice) from error


def _load(card: EngineCard, path: Path, placement: Placement) -> Any:
    import diffusers
    import torch

    silence()
    options: dict[str, Any] = {"dtype": getattr(torch, placement.dtype), "local_files_only": True}
    if path.suffix == SINGLE_FILE:
        pipeline_class = getattr(diffusers, card.pipeline)
        options |= {"torch_dtype": options.pop("dtype"), **_switched_off(pipeline_class)}
        return pipeline_class.from_single_file(str(path), config=card.config, **options)
    config = diffusers.DiffusionPipeline.load_config(str(path), local_files_only=True)
    options |= _switched_off(getattr(diffusers, config["_class_name"]))
    if placement.four_bit:
        options["quantization_config"] = _four_bit_config(diffusers, torch)
    if card.variant and any(path.rglob(f"*.{card.variant}.safetensors")):
        options["variant"] = card.variant
    # Only safetensors: a pickle can run code.
    return diffusers.AutoPipelineForText2Image.from_pretrained(
        str(path), use_safetensors=True, trust_remote_code=False, **options
    )


def silence() -> None:
    """Keeps diffusers and transformers from telling what they do."""
    import diffusers
    import transformers

    # Both log parts of long prompts and draw bars on the terminal; a prompt must not end up in a log.
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _switched_off(pipeline_class: Any) -> dict[str, Any]:
    """Returns the arguments that switch off what the pipeline would do on its own, of those that its class has.

    A pipeline's own safety checker blackens pictures without a word, and most pipelines have none. The studio's checks
    judge the pictures of every engine alike and say why. Likewise its own invisible mark.
    """
    arguments = {"safety_checker": None, "requires_safety_checker": False, "add_watermarker": False}
    parameters = inspect.signature(pipeline_class.__init__).parameters
    return {name: value for name, value in arguments.items() if name in parameters}


def _four_bit_config(diffusers: Any, torch: Any) -> Any:
    """Returns the configuration of NF4 weights (Dettmers et al., QLoRA, 2023)."""
    return diffusers.PipelineQuantizationConfig(
        quant_backend="bitsandbytes_4bit",
        quant_kwargs={
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": torch.bfloat16,
        },
        components_to_quantize=list(FOUR_BIT_PARTS),
    )


def place(pipeline: Any, card: EngineCard, placement: Placement) -> None:
    """Sets scheduler, device, offloading and what makes the pipeline fast, as card and placement say."""
    import diffusers

    pipeline.set_progress_bar_config(disable=True)
    if card.scheduler:
        scheduler_class = getattr(diffusers, card.scheduler)
        pipeline.scheduler = scheduler_class.from_config(pipeline.scheduler.config, **card.scheduler_settings)
    if placement.offload == "model":
        pipeline.enable_model_cpu_offload(device=placement.device)
    elif placement.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=placement.device)
    else:
        pipeline.to(placement.device)
    if placement.tiling and hasattr(pipeline.vae, "enable_tiling"):
        pipeline.vae.enable_tiling()
    if card.attention:
        denoiser_of(pipeline).set_attention_backend(card.attention)
    if card.compile:
        denoiser_of(pipeline).compile_repeated_blocks(fullgraph=True)


def apply_lora(pipeline: Any, file: Path, scale: float) -> None:
    """Adds a LoRA to the pipeline's weights. Raises EngineUnavailable where the package for it is missing."""
    try:
        pipeline.load_lora_weights(str(file.parent), weight_name=file.name, local_files_only=True)
        pipeline.fuse_lora(lora_scale=scale)
        pipeline.unload_lora_weights()
    except (ImportError, ValueError) as error:
        if "PEFT" in str(error).upper():
            raise EngineUnavailable("This model needs the package peft.", "Install it: pip install peft") from error
        raise


def first_line(error: Exception) -> str:
    """Returns the first line of an error's text, or its type where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
