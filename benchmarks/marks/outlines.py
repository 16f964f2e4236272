"""Measures how well a part of a picture fits into its own outline and into others: the figures of docs/provenance.md.

python -m benchmarks.marks.outlines

Pictures: those of benchmarks/marks/registry.py. Every part is saved as JPEG 70; its size is taken as a mark tells it,
up to 0.4 % wrong. Others are two pictures drawn at random for each part, with a fixed seed.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from PIL import Image, ImageOps

from benchmarks.marks.registry import drawn, photographs, recoded
from safety.marks.outline import CELLS, MIN_SCORE, likeness, outline, shades

Random = np.random.Generator
SHARES = {"crop to 90 %": 0.9, "crop to 80 %": 0.8, "crop to 65 %": 0.65, "crop to 50 %": 0.5}
MIRRORED, TURNED, BORDER = "crop to 80 %, mirrored", "crop to 70 %, turned by 90 degrees", "a border of 10 and 15 %"
SIZE_ERROR, QUALITY, OTHERS = 0.004, 70, 2


def main() -> None:
    """Prints the table."""
    pictures = list((dict(drawn()) | dict(photographs())).values())
    known = [outline(image) for image in pictures]
    random = np.random.default_rng(29)
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(pictures)} pictures, from {MIN_SCORE} on a part")
    print(f"{'edit':36} own: least  5 %  median  missed; others: most  99 %")
    for name in (*SHARES, MIRRORED, TURNED, BORDER):
        own, others = [], []
        for number, image in enumerate(pictures):
            part = edited(image, name, random)
            cell = cell_of(image, part, random)
            upright = name in SHARES or name == BORDER
            small = shades(recoded(part, QUALITY))
            own.append(likeness(small, known[number], cell, upright))
            strangers = random.choice([each for each in range(len(known)) if each != number], OTHERS, replace=False)
            others += [likeness(small, known[each], cell, upright) for each in strangers]
        missed = sum(score < MIN_SCORE for score in own)
        print(f"{name:36} {min(own):10.2f} {np.percentile(own, 5):4.2f} {np.median(own):7.2f} {missed:7d} "
              f"{max(others):13.2f} {np.percentile(others, 99):5.2f}", flush=True)  # fmt: skip


def edited(image: Image.Image, name: str, random: Random) -> Image.Image:
    """Returns a part of a picture at a random place, mirrored or turned; or the picture with a white border."""
    if name == BORDER:
        near, far = 0.1, 0.15
        sides = (image.width * near, image.height * near, image.width * far, image.height * far)
        return ImageOps.expand(image, tuple(map(int, sides)), "white")
    share = SHARES.get(name, 0.8 if name == MIRRORED else 0.7)
    width, height = round(image.width * share), round(image.height * share)
    left, top = (int(random.integers(0, room + 1)) for room in (image.width - width, image.height - height))
    part = image.crop((left, top, left + width, top + height))
    return (
        ImageOps.mirror(part)
        if name == MIRRORED
        else part.transpose(Image.Transpose.ROTATE_90)
        if name == TURNED
        else part
    )


def cell_of(image: Image.Image, part: Image.Image, random: Random) -> tuple[float, float]:
    """Returns the size of a cell of the picture's outline in pixels of the part made small, as a mark tells it."""
    scale = shades(part).width / part.width * (1 + random.uniform(-SIZE_ERROR, SIZE_ERROR))
    return image.width / CELLS * scale, image.height / CELLS * scale


if __name__ == "__main__":
    main()
