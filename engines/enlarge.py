"""Small models draw small pictures; people and checks get them large enough to look at."""

from __future__ import annotations

from PIL import Image


def enlarge(image: Image.Image, short_side: int) -> Image.Image:
    """The picture with a short side of at least `short_side` pixels, by Lanczos. Never made smaller."""
    shortest = min(image.size)
    if shortest >= short_side:
        return image
    width, height = (round(side * short_side / shortest) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)
