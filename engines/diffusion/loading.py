"""From a folder or file to a diffusers pipeline: safetensors only, no code from the model, no checks of its own."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from engines.diffusion.denoiser import denoiser_of
from engines.diffusion.placement import Placement
from engines.interface import EngineCard
from safety.errors import EngineUnavailable

INDEX, SINGLE = "model_index.json", ".safetensors"
PARTS = ("transformer", "text_encoder", "text_encoder_2", "text_encoder_3")  # what 4 bits pay off for


def load_pipeline(name: str, card: EngineCard, where: Path, plan: Placement) -> Any:
    """The pipeline as the plan says, silent. Never touches the network. Raises EngineUnavailable that names the fix."""
    single = where.suffix == SINGLE
    if not (where if single else where / INDEX).is_file():
        what = f"there is no file {where}" if single else f"{where} has no {INDEX}"
        advice = "Put the model's diffusers folder (or its file) there, or choose another engine."
        raise EngineUnavailable(f"The model {name!r} is missing: {what}.", advice)
    try:
        pipeline = _load(card, where, plan)
        _place(pipeline, card, plan)
        return pipeline
    except EngineUnavailable:
        raise
    except Exception as error:  # whatever breaks while loading, there is no model to draw with
        advice = f"Replace {where} by a complete copy (safetensors weights), or choose another engine."
        raise EngineUnavailable(f"The model {name!r} cannot be loaded: {first_line(error)}", advice) from error


def _load(card: EngineCard, where: Path, plan: Placement) -> Any:
    import diffusers
    import torch
    import transformers

    # Both log parts of long prompts and draw bars on the terminal; a prompt must not end up in a log.
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    options: dict[str, Any] = {"dtype": getattr(torch, plan.dtype), "local_files_only": True}
    if where.suffix == SINGLE:
        kind = getattr(diffusers, card.pipeline)
        options |= {"torch_dtype": options.pop("dtype")}
        return kind.from_single_file(str(where), config=card.config, **options, **_unwanted(kind))
    config = diffusers.DiffusionPipeline.load_config(str(where), local_files_only=True)
    kind = getattr(diffusers, config["_class_name"])
    if plan.four_bit:
        options["quantization_config"] = _four_bit(diffusers, torch)
    if card.variant and any(where.rglob(f"*.{card.variant}.safetensors")):
        options["variant"] = card.variant
    pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(
        str(where),
        use_safetensors=True,  # a pickle can run code
        trust_remote_code=False,
        **options,
        **_unwanted(kind),
    )
    return pipeline


def _unwanted(kind: Any) -> dict[str, Any]:
    """What is switched off, of what the class has.

    A pipeline's own safety checker blackens pictures without a word, and most pipelines have none. The studio's checks
    judge the pictures of every engine alike and say why. Likewise its own invisible mark.
    """
    unwanted = {"safety_checker": None, "requires_safety_checker": False, "add_watermarker": False}
    known = inspect.signature(kind.__init__).parameters
    return {key: value for key, value in unwanted.items() if key in known}


def _four_bit(diffusers: Any, torch: Any) -> Any:
    return diffusers.PipelineQuantizationConfig(
        quant_backend="bitsandbytes_4bit",
        quant_kwargs={
            "load_in_4bit": True,
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_compute_dtype": torch.bfloat16,
        },
        components_to_quantize=list(PARTS),
    )


def _place(pipeline: Any, card: EngineCard, plan: Placement) -> None:
    """Device, offloading and what makes it fast, as card and plan say."""
    import diffusers

    pipeline.set_progress_bar_config(disable=True)
    if card.scheduler:
        kind = getattr(diffusers, card.scheduler)
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config, **card.scheduler_settings)
    if plan.offload == "model":
        pipeline.enable_model_cpu_offload(device=plan.device)
    elif plan.offload == "sequential":
        pipeline.enable_sequential_cpu_offload(device=plan.device)
    else:
        pipeline.to(plan.device)
    if plan.tiling and hasattr(pipeline.vae, "enable_tiling"):
        pipeline.vae.enable_tiling()
    if card.attention:
        denoiser_of(pipeline).set_attention_backend(card.attention)
    if card.compile:
        denoiser_of(pipeline).compile_repeated_blocks(fullgraph=True)


def apply_lora(pipeline: Any, file: Path, scale: float) -> None:
    """A LoRA over the pipeline's weights. Raises EngineUnavailable where the package for it is missing."""
    try:
        pipeline.load_lora_weights(str(file.parent), weight_name=file.name, local_files_only=True)
        pipeline.fuse_lora(lora_scale=scale)
        pipeline.unload_lora_weights()
    except (ImportError, ValueError) as error:
        if "PEFT" in str(error).upper():
            raise EngineUnavailable("This model needs the package peft.", "Install it: pip install peft") from error
        raise


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its type where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
