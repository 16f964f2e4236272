"""Measures how well a part of a picture fits into its own outline and into others: the figures of docs/provenance.md.

python -m benchmarks.marks.outlines

Pictures: those of benchmarks/marks/registry.py. Every part is saved as JPEG 70; its size is taken as a mark tells it,
up to 0.4 % wrong. Others are two pictures drawn at random for each part, with a fixed seed. The second table says to
how many parts, and to how many pictures with a piece of another one pasted in, credentials would be given back.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from PIL import Image, ImageOps

from benchmarks.marks.registry import drawn, photographs, recoded
from safety.marks.outline import CELLS, MIN_SCORE, MIN_SHARED, Fit, fit, outline, shades

Random = np.random.Generator
SHARES = {"crop to 90 %": 0.9, "crop to 80 %": 0.8, "crop to 65 %": 0.65, "crop to 50 %": 0.5}
MIRRORED, TURNED, BORDER = "crop to 80 %, mirrored", "crop to 70 %, turned by 90 degrees", "a border of 10 and 15 %"
SIZE_ERROR, QUALITY, OTHERS = 0.004, 70, 2
WHOLE, PASTED = "whole", (0.1, 0.15, 0.25, 0.4, 0.6)  # shares of the picture's area


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
            own.append(fit(small, known[number], cell, upright).score)
            strangers = random.choice([each for each in range(len(known)) if each != number], OTHERS, replace=False)
            others += [fit(small, known[each], cell, upright).score for each in strangers]
        missed = sum(score < MIN_SCORE for score in own)
        print(f"{name:36} {min(own):10.2f} {np.percentile(own, 5):4.2f} {np.median(own):7.2f} {missed:7d} "
              f"{max(others):13.2f} {np.percentile(others, 99):5.2f}", flush=True)  # fmt: skip

    print(f"{'edit':36} shared: least  5 %  median  most  given back")
    for name in (WHOLE, *SHARES, MIRRORED, TURNED, BORDER):
        _tell(name, [_fit_of(image, image, name, known[number], random) for number, image in enumerate(pictures)])
    for name in (WHOLE, "crop to 80 %"):
        for share in PASTED:
            fits = [
                _fit_of(image, pasted(image, _another(pictures, number, random), share, random), name, mine, random)
                for number, (image, mine) in enumerate(zip(pictures, known, strict=True))
            ]
            _tell(f"{name}, {share:.0%} pasted", fits)


def _tell(name: str, fits: list[Fit]) -> None:
    shared = [each.shared for each in fits if each.shared is not None]
    back = sum(each.score >= MIN_SCORE and (each.shared or 0.0) >= MIN_SHARED for each in fits)
    least, low, middle, most = np.percentile(shared, [0, 5, 50, 100])
    print(f"{name:36} {least:13.2f} {low:4.2f} {middle:7.2f} {most:5.2f} {back:5d} of {len(fits)}", flush=True)


def _fit_of(image: Image.Image, mixed: Image.Image, name: str, known: str, random: Random) -> Fit:
    part = mixed if name == WHOLE else edited(mixed, name, random)
    cell = cell_of(image, part, random)
    return fit(shades(recoded(part, QUALITY)), known, cell, name in SHARES or name in (WHOLE, BORDER))


def _another(pictures: list[Image.Image], number: int, random: Random) -> Image.Image:
    return pictures[(number + int(random.integers(1, len(pictures)))) % len(pictures)]


def pasted(image: Image.Image, other: Image.Image, share: float, random: Random) -> Image.Image:
    """Returns a picture with another one, made to fit, over a share of its area at a random place."""
    width, height = (round(side * share**0.5) for side in image.size)
    left, top = (int(random.integers(0, room + 1)) for room in (image.width - width, image.height - height))
    mixed = image.convert("RGB")
    mixed.paste(ImageOps.fit(other.convert("RGB"), (width, height)), (left, top))
    return mixed


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
