"""What tests of engines share: a request, cards, and tiny pipelines of the real classes with random weights."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.diffusion.engine import DiffusionEngine
from engines.interface import EngineCard, Range
from safety.errors import Cancelled
from safety.generation import Generation, GenerationRequest
from tests.engines.diffusion import tiny_transformers

SIDE = 32  # pixels that the tiny pipelines draw
REQUEST = GenerationRequest("a red apple", engine="tiny", steps=4, guidance=4.0, width=SIDE, height=SIDE)


def card(model: str, **changes: Any) -> EngineCard:
    """The card of a tiny model."""
    settings: dict[str, Any] = {
        "title": "Tiny",
        "model": model,
        "licence": "MIT",
        "licence_url": "",
        "source": "",
        "guided": True,
        "steps": Range(default=4, least=1, most=10),
        "guidance": Range(default=4, least=1, most=12),
        "size": Range(default=SIDE, least=SIDE, most=SIDE),
        "count": Range(default=1, least=1, most=4),
        "shown_at_least": SIDE,
    }
    return EngineCard(**{**settings, **changes})


def pipeline_of(engine: DiffusionEngine) -> Any:
    """The pipeline of an engine that has drawn before."""
    assert engine.loaded
    return engine.loaded.pipeline


def images(generation: Generation) -> list[Image.Image]:
    return [picture.image for picture in generation.pictures]


def distance(image: Image.Image, other: Image.Image) -> int:
    """The largest difference of two pictures, in 8-bit levels."""
    return int(np.abs(np.asarray(image, dtype=int) - np.asarray(other, dtype=int)).max())


def stop_at(step: int) -> Callable[[str, int, int], None]:
    """Progress that cancels when so many steps are drawn."""

    def progress(stage: str, done: int, _total: int, /) -> None:
        if stage == "drawing" and done == step:
            raise Cancelled("Stopped.")

    return progress


def tokenizer() -> Any:
    from transformers import CLIPTokenizer

    letters = string.ascii_lowercase
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    return CLIPTokenizer(vocab={token: at for at, token in enumerate(tokens)}, merges=[], model_max_length=16)


def text_config() -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=54,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=4,
        max_position_embeddings=16,
        projection_dim=32,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def unet(**settings: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=SIDE // 2,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
        attention_head_dim=4,
        **settings,
    )


def vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
        sample_size=SIDE,
    )


def stable_diffusion() -> Any:
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
    from transformers import CLIPTextModel

    return StableDiffusionPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(text_config()),
        tokenizer=tokenizer(),
        unet=unet(cross_attention_dim=32),
        scheduler=DPMSolverMultistepScheduler(steps_offset=1),  # keeps state between steps
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl() -> Any:
    from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    denoiser = unet(
        cross_attention_dim=64,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=8 * 6 + 32,
    )
    return StableDiffusionXLPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(text_config()),
        text_encoder_2=CLIPTextModelWithProjection(text_config()),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=denoiser,
        scheduler=EulerAncestralDiscreteScheduler(),  # draws noise at every step
        add_watermarker=False,
    )


FAMILIES: dict[str, Callable[[], Any]] = {
    "sd": stable_diffusion,
    "sdxl": stable_diffusion_xl,
    "sd3": lambda: tiny_transformers.sd3(tokenizer(), text_config()),
    "flux": lambda: tiny_transformers.flux(tokenizer(), text_config()),
    "flux2": lambda: tiny_transformers.flux2(distilled=False),
    "flux2-distilled": lambda: tiny_transformers.flux2(distilled=True),
    "z-image": tiny_transformers.z_image,
    "qwen-image": tiny_transformers.qwen_image,
}


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Handing work this small from thread to thread takes longer than doing it."""
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def save(name: str, folder: Path) -> Path:
    import torch

    torch.manual_seed(0)
    FAMILIES[name]().save_pretrained(folder / name)
    return folder / name


@pytest.fixture(scope="session")
def tiny_pipeline(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Stable Diffusion pipeline that draws 32 x 32 pixels of noise in milliseconds."""
    return save("sd", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def tiny_models(tiny_pipeline: Path) -> Path:
    """A models folder with one tiny pipeline of each family."""
    for name in FAMILIES:
        if name != tiny_pipeline.name:
            save(name, tiny_pipeline.parent)
    return tiny_pipeline.parent
