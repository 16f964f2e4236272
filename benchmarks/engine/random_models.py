"""Builds SDXL, FLUX.2 klein 4B and Z-Image with random weights: in the shapes that were published, or in miniature.

Widths, depths and channels are those of the configurations that their makers published; the tokenizers are made up, for
nothing is fetched, and cut a prompt into its letters. What such a model draws is noise, in the time and the memory that
the model itself takes.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

TURN = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}"
CLIP_TOKENS = 77
SMALL_SIDE = 64  # pixels that the miniatures draw


def _clip_tokenizer() -> Any:
    from transformers import CLIPTokenizer

    letters = string.ascii_lowercase
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    vocab = {token: at for at, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=CLIP_TOKENS)


def _byte_tokenizer() -> Any:
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    letters = sorted(ByteLevel.alphabet())
    vocab = {token: at for at, token in enumerate([*letters, "<|endoftext|>", "<|im_start|>", "<|im_end|>"])}
    return Qwen2Tokenizer(vocab=vocab, merges=[], chat_template=TURN)


def _clip_config(small: bool, width: int, layers: int, heads: int, act: str) -> Any:
    from transformers import CLIPTextConfig

    # The tokens that begin and end a text are those of the made-up tokenizer.
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    if small:
        width, layers, heads = 32, 1, 4
    return CLIPTextConfig(
        vocab_size=64 if small else 49_408,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=CLIP_TOKENS,
        projection_dim=width,
        hidden_act=act,
        **ends,
    )


def _qwen3_config(small: bool, layers: int) -> Any:
    """Returns the configuration of Qwen3-4B, or one as deep as `layers`: pipelines read certain layers."""
    from transformers import Qwen3Config

    if small:
        size = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2}
        return Qwen3Config(vocab_size=260, num_hidden_layers=layers, head_dim=8, max_position_embeddings=1024, **size)
    return Qwen3Config(
        vocab_size=151_936,
        hidden_size=2560,
        intermediate_size=9728,
        num_hidden_layers=36,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        max_position_embeddings=40_960,
        tie_word_embeddings=True,
    )


def _vae_shape(small: bool) -> dict[str, Any]:
    channels = (8, 16) if small else (128, 256, 512, 512)
    return {
        "block_out_channels": channels,
        "down_block_types": ("DownEncoderBlock2D",) * len(channels),
        "up_block_types": ("UpDecoderBlock2D",) * len(channels),
        "layers_per_block": 1 if small else 2,
        "norm_num_groups": 4 if small else 32,
    }


def _scheduler(kind: Any, **settings: Any) -> Any:
    """Returns a scheduler that reckons with float32 on the CPU, wherever and in whatever the weights are."""
    import torch

    with torch.device("cpu"), _default_dtype(torch.float32):
        return kind(**settings)


def sdxl(small: bool) -> Any:
    """Returns Stable Diffusion XL base 1.0."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    first = _clip_config(small, 768, 12, 12, "quick_gelu")
    second = _clip_config(small, 1280, 32, 20, "gelu")
    shape: dict[str, Any] = {
        "block_out_channels": (8, 16, 16) if small else (320, 640, 1280),
        "layers_per_block": 1 if small else 2,
        "transformer_layers_per_block": (1, 1, 1) if small else (1, 2, 10),
        "attention_head_dim": 4 if small else (5, 10, 20),
        "norm_num_groups": 4 if small else 32,
        "addition_time_embed_dim": 8 if small else 256,
        "sample_size": SMALL_SIDE // 2 if small else 128,
    }
    unet = UNet2DConditionModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=first.hidden_size + second.hidden_size,
        addition_embed_type="text_time",
        projection_class_embeddings_input_dim=6 * shape["addition_time_embed_dim"] + second.projection_dim,
        use_linear_projection=True,
        **shape,
    )
    settings = {"beta_start": 0.00085, "beta_end": 0.012, "steps_offset": 1, "timestep_spacing": "leading"}
    return StableDiffusionXLPipeline(
        vae=AutoencoderKL(latent_channels=4, scaling_factor=0.13025, sample_size=1024, **_vae_shape(small)),
        text_encoder=CLIPTextModel(first),
        text_encoder_2=CLIPTextModelWithProjection(second),
        tokenizer=_clip_tokenizer(),
        tokenizer_2=_clip_tokenizer(),
        unet=unet,
        scheduler=_scheduler(EulerDiscreteScheduler, beta_schedule="scaled_linear", **settings),
        add_watermarker=False,
    )


def flux2_klein(small: bool) -> Any:
    """Returns FLUX.2 klein 4B, distilled."""
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen3ForCausalLM

    text = _qwen3_config(small, 28)  # the pipeline reads layers 9, 18 and 27
    shape: dict[str, Any] = {
        "in_channels": 16 if small else 128,
        "num_layers": 1 if small else 5,
        "num_single_layers": 1 if small else 20,
        "attention_head_dim": 16 if small else 128,
        "num_attention_heads": 2 if small else 24,
        "axes_dims_rope": (4,) * 4 if small else (32,) * 4,
    }
    return Flux2KleinPipeline(
        scheduler=_scheduler(FlowMatchEulerDiscreteScheduler, shift=3.0, use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(latent_channels=shape["in_channels"] // 4, **_vae_shape(small)),
        text_encoder=Qwen3ForCausalLM(text),
        tokenizer=_byte_tokenizer(),
        transformer=Flux2Transformer2DModel(joint_attention_dim=3 * text.hidden_size, guidance_embeds=False, **shape),
        is_distilled=True,
    )


def z_image(small: bool) -> Any:
    """Returns Z-Image Turbo."""
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
    from transformers import Qwen3Model

    text = _qwen3_config(small, 2)
    shape: dict[str, Any] = {"in_channels": 16, "dim": 3840, "n_layers": 30, "n_refiner_layers": 2, "n_heads": 30}
    shape |= {"n_kv_heads": 30, "axes_dims": [32, 48, 48], "axes_lens": [1536, 512, 512]}
    if small:
        shape |= {"in_channels": 4, "dim": 32, "n_layers": 1, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2}
        shape |= {"axes_dims": [8, 4, 4], "axes_lens": [1024, 64, 64]}
    return ZImagePipeline(
        scheduler=_scheduler(FlowMatchEulerDiscreteScheduler, shift=3.0),
        vae=AutoencoderKL(
            latent_channels=shape["in_channels"],
            scaling_factor=0.3611,
            shift_factor=0.1159,
            use_quant_conv=False,
            use_post_quant_conv=False,
            **_vae_shape(small),
        ),
        text_encoder=Qwen3Model(text),
        tokenizer=_byte_tokenizer(),
        transformer=ZImageTransformer2DModel(cap_feat_dim=text.hidden_size, **shape),
    )


# By the names of their cards in presets/engines.toml.
MODELS: dict[str, Callable[[bool], Any]] = {"sdxl": sdxl, "flux2-klein-4b": flux2_klein, "z-image-turbo": z_image}


def build(name: str, small: bool, device: str, dtype: str) -> Any:
    """Returns the pipeline of a model, its weights drawn on `device` ("cuda", "cpu") as `dtype` ("bfloat16")."""
    import torch

    torch.manual_seed(0)
    with torch.device(device), _default_dtype(getattr(torch, dtype)):
        pipeline = MODELS[name](small)
    # What a class makes in its own precision (norms, tables) follows, as when it is loaded from files.
    pipeline.to(dtype=getattr(torch, dtype))
    return pipeline


@contextmanager
def _default_dtype(dtype: Any) -> Iterator[None]:
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def parameters(pipeline: Any) -> dict[str, int]:
    """Returns how many parameters each part of a pipeline has."""
    parts = {name: part for name, part in pipeline.components.items() if hasattr(part, "parameters")}
    return {name: sum(each.numel() for each in part.parameters()) for name, part in parts.items()}
