"""Draws what the evaluation asks for: the shipped pipeline, fixed seeds, several prompts at a time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoPipelineForText2Image, StableDiffusionPipeline
from tqdm import tqdm

BATCH = 16  # prompts


@dataclass(frozen=True, slots=True)
class Artist:
    """A loaded pipeline and its settings."""

    pipeline: StableDiffusionPipeline
    steps: int = 20
    guidance: float = 4.0

    @classmethod
    def open(cls, model: Path, steps: int, guidance: float) -> "Artist":
        """Load a diffusers folder in float32."""
        pipeline = AutoPipelineForText2Image.from_pretrained(model, torch_dtype=torch.float32)
        pipeline.set_progress_bar_config(disable=True)
        return cls(pipeline, steps, guidance)

    def draw(self, prompts: Sequence[str], what: str = "", seeds: Sequence[int] | None = None) -> np.ndarray:
        """Draw each prompt once, by its seed or else its place: uint8 of shape (prompts, 128, 128, 3)."""
        seeds = range(len(prompts)) if seeds is None else seeds
        pictures = []
        for at in tqdm(range(0, len(prompts), BATCH), desc=what, leave=False):
            drawn = self.pipeline(
                list(prompts[at : at + BATCH]),
                num_inference_steps=self.steps,
                guidance_scale=self.guidance,
                generator=[torch.Generator().manual_seed(seed) for seed in seeds[at : at + BATCH]],
                output_type="np",
            )
            pictures.append(np.rint(drawn.images * 255).astype(np.uint8))
        return np.concatenate(pictures)

    @torch.no_grad()
    def round_trip(self, pictures: np.ndarray) -> np.ndarray:
        """Encode and decode uint8 pictures: what the autoencoder alone leaves of them."""
        vae, back = self.pipeline.vae, []
        for at in range(0, len(pictures), BATCH):
            pixels = torch.from_numpy(pictures[at : at + BATCH]).permute(0, 3, 1, 2).float() / 127.5 - 1
            out = vae.decode(vae.encode(pixels).latents).sample.clamp(-1, 1)
            back.append(((out + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())
        return np.concatenate(back)


def peak() -> float:
    """Peak memory of this process in GB. Linux's getrusage would count the parent's until the start."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def once(model: str, steps: int, guidance: float) -> None:
    """Draw a warm-up picture and a timed one; print seconds and peak gigabytes of this process."""
    torch.set_num_threads(2)
    artist = Artist.open(Path(model), steps, guidance)
    artist.draw(["a dog"])
    start = time.perf_counter()
    artist.draw(["a red apple on a blue background"])
    print(time.perf_counter() - start, peak())
