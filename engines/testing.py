"""Draws without a model, for tests: of the studio, and of checks and pages that are plugged into it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engines.diffusion.previews import blurred
from engines.interface import Availability, EngineCard, Preview, Progress, Range, StepObserver, StepState
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering

CARD = EngineCard(
    title="Shapes",
    model="shapes",
    licence="CC0-1.0",
    licence_url="",
    source="",
    guided=True,
    steps=Range(default=8, least=1, most=500),
    guidance=Range(default=4, least=1, most=10),
    size=Range(default=512, least=256, most=768),
    size_multiple=64,
    count=Range(default=1, least=1, most=4),
)
# Steps between two previews.
PREVIEW_EVERY = 4
STATE_SIDE = 128  # pixels of the picture after a step


@dataclass
class FakeEngine:
    """Draws coloured shapes, the same ones for the same seed, in as many steps as the request asks for.

    `pause` is the time of one step, in seconds. `drawn` counts the pictures, `stopped` the calls that `progress` or
    `preview` ended.
    """

    card: EngineCard = CARD
    pause: float = 0.0
    drawn: int = 0
    stopped: int = 0

    def availability(self) -> Availability:
        """Tells that the engine runs."""
        return Availability(True, True, "On the CPU.")

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
        observe: StepObserver | None = None,
    ) -> Generation:
        """Draws one RGB picture for each seed. Steers nothing. `request` is complete: no setting is None."""
        images = [_shapes(seed, request.width or 512, request.height or 512) for seed in seeds]
        steps = request.steps or 1
        try:
            for step in range(steps):
                if observe:
                    observe(tuple(_state(image, seed, step, steps) for image, seed in zip(images, seeds, strict=True)))
                progress("drawing", step, steps)
                time.sleep(self.pause)
                if preview and step % PREVIEW_EVERY == 1:
                    preview(tuple(blurred(image, image.size) for image in images))
            if observe:
                observe(tuple(_state(image, seed, steps, steps) for image, seed in zip(images, seeds, strict=True)))
        except Exception:
            self.stopped += 1
            raise
        self.drawn += len(images)
        pictures = [GeneratedPicture(image, seed, request.prompt) for image, seed in zip(images, seeds, strict=True)]
        return Generation(request, tuple(pictures), self.card.model, seconds=steps * self.pause)


def _shapes(seed: int, width: int, height: int) -> Image.Image:
    """Returns ellipses on a plain ground; `width` and `height` are in pixels."""
    image = Image.new("RGB", (width, height), (40 + seed % 80, 60 + seed % 50, 120))
    draw = ImageDraw.Draw(image)
    for number in range(1, 9):
        left, top = (seed * number * 37) % width, (seed * number * 53) % height
        draw.ellipse((left, top, left + 90, top + 90), fill=((seed * number) % 255, 90, 25 * number))
    return image


def _state(image: Image.Image, seed: int, done: int, total: int) -> StepState:
    """Returns a picture that comes out of noise, step by step; its latents are its colours, eight pixels a place."""
    small = image.resize((STATE_SIDE, STATE_SIDE))
    finished = np.asarray(small, np.float32) / 255.0
    noise = np.random.default_rng(seed).random(finished.shape, np.float32)
    pixels = noise + (finished - noise) * (done / total)
    latents = pixels[::8, ::8].transpose(2, 0, 1) * 2 - 1
    return StepState(done, total, latents.astype(np.float32), pixels.astype(np.float32))
