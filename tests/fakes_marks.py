"""Pictures like those of the embedded model, and a registry that remembers what it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from safety.generation import ExportRecord

GROUNDS = ["white", "#1e50c8", "black", "#f0c83c", "#148c3c", "#c8281e", "#808080", "#faebd7"]


def flat_art(seed: int, side: int = 512) -> Image.Image:
    """A few plain shapes on a plain ground, drawn at 128 px and enlarged by Lanczos."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (512, 512), GROUNDS[seed % len(GROUNDS)])
    draw = ImageDraw.Draw(image)
    for number in range(int(random.integers(2, 6))):
        (left, top), (width, height) = random.integers(60, 330, 2).tolist(), random.integers(60, 200, 2).tolist()
        shape = draw.ellipse if number % 2 else draw.rectangle
        shape((left, top, left + width, top + height), fill=tuple(random.integers(0, 256, 3).tolist()))
    return image.resize((128, 128), Image.Resampling.LANCZOS).resize((side, side), Image.Resampling.LANCZOS)


def photograph(seed: int, width: int = 512, height: int = 512) -> Image.Image:
    """Colour noise whose spectrum falls as that of photographs does."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(random.normal(size=(3, height, width)))
    spectrum /= 0.004 + np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    values = np.fft.irfft2(spectrum, (height, width))
    values = 128 + 50 * (values - values.mean()) / values.std()
    return Image.fromarray(values.clip(0, 255).astype(np.uint8).transpose(1, 2, 0).copy())


def file_of(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def recoded(image: Image.Image, format: str, quality: int) -> Image.Image:
    return Image.open(BytesIO(file_of(image, format, quality=quality))).convert("RGB")


@dataclass
class Memory:
    """A registry in memory, newest first."""

    known: list[ExportRecord] = field(default_factory=list)

    def find(self, stamps: Iterable[str], sha256: str) -> ExportRecord | None:
        wanted = set(stamps)
        same = [one for one in self.known if one.sha256 == sha256]
        return next(iter(same + [one for one in self.known if one.stamp in wanted]), None)
