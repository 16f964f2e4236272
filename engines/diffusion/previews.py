"""Shows blurred previews of a picture while it is drawn: a linear map from latents to colours, fitted to the VAE."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from engines.interface import Preview

log = logging.getLogger(__name__)
MIN_INTERVAL = 0.2  # seconds between two previews
# Pixels on the short side before blurring: an unchecked picture must not be made out.
MAX_DETAIL = 20
# Pixels on the long side. A blurred picture gains nothing from more.
MAX_SIDE = 256
# Pixels: the side of the colour chart that is encoded to fit the map, and of one of its patches.
CHART_SIDE, PATCH_SIDE = 128, 16


class Previews:
    """Makes the previews of one pipeline. The first one fits the map, which takes one pass of the VAE."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._colour_map: Any = None
        self._last = float("-inf")
        self._broken = False

    @property
    def broken(self) -> bool:
        """Tells whether a preview has failed: then there are no more of them."""
        return self._broken

    def show(self, tensors: dict[str, Any], size: tuple[int, int], preview: Preview) -> None:
        """Passes previews of `tensors["latents"]` on, at most one every MIN_INTERVAL seconds.

        `size` is that of the pictures, (width, height) in pixels. What fails here costs the previews, never the
        picture; what `preview` raises is raised.
        """
        now = time.monotonic()
        if self._broken or now - self._last < MIN_INTERVAL or "latents" not in tensors:
            return
        self._last = now
        try:
            pictures = self._draw(tensors["latents"], size)
        except Exception:  # a pipeline may keep its latents in a way that is not known here
            log.warning("no previews for %s", type(self._pipeline).__name__, exc_info=True)
            self._broken = True
            return
        # Outside of the try: it may raise Cancelled.
        preview(pictures)

    def _draw(self, latents: Any, size: tuple[int, int]) -> tuple[Image.Image, ...]:
        import torch

        with torch.no_grad():
            if self._colour_map is None:
                self._colour_map = fit_colour_map(self._pipeline.vae)
            planes = standardised(latent_planes(self._pipeline, latents, size))
            colours = torch.einsum("bchw,cr->bhwr", planes, self._colour_map[:-1]) + self._colour_map[-1]
        levels = (colours.clamp(0, 1) * 255).to(torch.uint8).numpy()
        return tuple(blurred(Image.fromarray(pixels), size) for pixels in levels)


def blurred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Returns a picture of `size`, at most MAX_SIDE, with so few colours of `image` that shapes are guessed at."""
    small = image.resize(scaled(image.size, MAX_DETAIL / min(image.size)), Image.Resampling.BOX)
    small = small.filter(ImageFilter.GaussianBlur(1.2))
    return small.resize(scaled(size, MAX_SIDE / max(size)), Image.Resampling.BICUBIC)


def scaled(size: tuple[int, int], share: float) -> tuple[int, int]:
    """Returns a share of a size, at least one pixel a side and never larger than the size."""
    share = min(1.0, share)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def latent_planes(pipeline: Any, latents: Any, size: tuple[int, int]) -> Any:
    """Returns latents as planes of the VAE's channels, shape (pictures, channels, height, width).

    Transformers of the FLUX and Qwen families keep them as a row of 2 x 2 patches, shape (pictures, patches,
    4 * channels).
    """
    # Models of video have a dimension of frames; here there is one.
    if latents.ndim == 5:
        return latents[:, :, 0]
    if latents.ndim == 4:
        return latents
    width, height = size
    side = pipeline.vae_scale_factor * 2
    rows, columns = height // side, width // side
    channels = latents.shape[2] // 4
    packed = latents.reshape(latents.shape[0], rows, columns, channels, 2, 2)
    return packed.permute(0, 3, 1, 4, 2, 5).reshape(latents.shape[0], channels, rows * 2, columns * 2)


def standardised(planes: Any) -> Any:
    """Returns planes as float32 on the CPU, each with mean 0 and standard deviation 1."""
    planes = planes.float().cpu()
    return (planes - planes.mean((2, 3), keepdim=True)) / planes.std((2, 3), keepdim=True).clamp_min(1e-6)


def fit_colour_map(vae: Any) -> Any:
    """Returns the linear map from standardised latents to colours 0..1, shape (channels + 1, 3); the last row is added.

    It is fitted by least squares on a chart of flat patches of random colours.
    """
    import torch

    patches = CHART_SIDE // PATCH_SIDE
    colours = torch.from_numpy(np.random.default_rng(0).random((patches, patches, 3), dtype=np.float32))
    chart = torch.nn.functional.interpolate(colours.permute(2, 0, 1)[None], (CHART_SIDE, CHART_SIDE), mode="nearest")
    weight = next(vae.parameters())
    pixels = (chart * 2 - 1).to(weight.device, weight.dtype)
    of_video = any(parameter.ndim == 5 for parameter in vae.parameters())
    encoded = vae.encode(pixels[:, :, None] if of_video else pixels)
    latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    planes = standardised(latent_planes(None, latents, (CHART_SIDE, CHART_SIDE)))
    rows = planes[0].flatten(1).T
    rows = torch.cat([rows, torch.ones(len(rows), 1)], 1)
    targets = torch.nn.functional.interpolate(chart, planes.shape[2:], mode="area")[0].flatten(1).T
    return torch.linalg.lstsq(rows, targets, driver="gelsd").solution
