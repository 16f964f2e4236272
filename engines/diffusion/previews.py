"""A blurred look at a picture while it develops: a linear map from latents to colours, fitted to the model's VAE."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

log = logging.getLogger(__name__)
Preview = Callable[[tuple[Image.Image, ...]], None]  # hears of blurred RGB pictures, one a seed, at most SHOWN px wide
EVERY = 0.2  # seconds between two previews
DETAIL = 20  # pixels on the short side before blurring: an unchecked picture must not be made out
SHOWN = 256  # pixels on the long side: a blurred picture gains nothing from more
CHART = 128  # pixels, side of the chart that is encoded to fit the map
PATCH = 16  # pixels, side of one patch of it


class Previews:
    """Previews of one pipeline. The first one encodes a colour chart to fit the map; that takes one pass of the VAE."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._map: Any = None
        self._last = float("-inf")
        self._broken = False

    def show(self, tensors: dict[str, Any], size: tuple[int, int], preview: Preview) -> None:
        """At most one every EVERY seconds. What fails here costs the previews, never the picture."""
        now = time.monotonic()
        if self._broken or now - self._last < EVERY or "latents" not in tensors:
            return
        self._last = now
        try:
            pictures = self._draw(tensors["latents"], size)
        except Exception:  # a pipeline may keep its latents in a way that is not known here
            log.warning("no previews for %s", type(self._pipeline).__name__, exc_info=True)
            self._broken = True
            return
        preview(pictures)  # outside of try: it may raise Cancelled

    def _draw(self, latents: Any, size: tuple[int, int]) -> tuple[Image.Image, ...]:
        import torch

        with torch.no_grad():
            if self._map is None:
                self._map = fit(self._pipeline.vae)
            planes = grid(self._pipeline, latents, size).float().cpu()
            planes = (planes - planes.mean((2, 3), keepdim=True)) / planes.std((2, 3), keepdim=True).clamp_min(1e-6)
            colours = torch.einsum("bchw,cr->bhwr", planes, self._map[:-1]) + self._map[-1]
        levels = (colours.clamp(0, 1) * 255).to(torch.uint8).numpy()
        return tuple(blurred(Image.fromarray(one), size) for one in levels)


def blurred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """So few colours that shapes are guessed at, spread smoothly over at most SHOWN pixels."""
    small = image.resize(scaled(image.size, DETAIL / min(image.size)), Image.Resampling.BOX)
    small = small.filter(ImageFilter.GaussianBlur(1.2))
    return small.resize(scaled(size, SHOWN / max(size)), Image.Resampling.BICUBIC)


def scaled(size: tuple[int, int], share: float) -> tuple[int, int]:
    """Never larger than it is."""
    share = min(1.0, share)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def grid(pipeline: Any, latents: Any, size: tuple[int, int]) -> Any:
    """Latents as planes of the VAE's channels, (pictures, channels, height, width).

    Transformers of the FLUX and Qwen families keep them as a row of 2 x 2 patches.
    """
    if latents.ndim == 5:  # video models: the only frame
        return latents[:, :, 0]
    if latents.ndim == 4:
        return latents
    width, height = size
    side = pipeline.vae_scale_factor * 2
    rows, columns = height // side, width // side
    channels = latents.shape[2] // 4
    packed = latents.reshape(latents.shape[0], rows, columns, channels, 2, 2)
    return packed.permute(0, 3, 1, 4, 2, 5).reshape(latents.shape[0], channels, rows * 2, columns * 2)


def fit(vae: Any) -> Any:
    """Least squares from standardised latents to colours 0..1, shape (channels + 1, 3), on a chart of flat patches."""
    import torch

    patches = np.random.default_rng(0).random((CHART // PATCH, CHART // PATCH, 3), dtype=np.float32)
    pixels = torch.from_numpy(patches).permute(2, 0, 1)[None]
    chart = torch.nn.functional.interpolate(pixels, (CHART, CHART), mode="nearest")
    weight = next(vae.parameters())
    given = (chart * 2 - 1).to(weight.device, weight.dtype)
    video = any(one.ndim == 5 for one in vae.parameters())
    encoded = vae.encode(given[:, :, None] if video else given)
    latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    planes = grid(None, latents, (CHART, CHART)).float().cpu()
    planes = (planes - planes.mean((2, 3), keepdim=True)) / planes.std((2, 3), keepdim=True).clamp_min(1e-6)
    rows = planes[0].flatten(1).T
    rows = torch.cat([rows, torch.ones(len(rows), 1)], 1)
    seen = torch.nn.functional.interpolate(chart, planes.shape[2:], mode="area")[0].flatten(1).T
    return torch.linalg.lstsq(rows, seen, driver="gelsd").solution
