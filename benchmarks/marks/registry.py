"""Measures the registry's fingerprint and the reader of other makers' marks: the figures of docs/provenance.md.

python -m benchmarks.marks.registry

Pictures: photographs of scikit-image and scikit-learn, and 64 that the embedded model drew
(docs/pocket-contact-sheet.jpg).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from benchmarks.marks.pictures import SAMPLES, sample_files
from safety.marks.similarity import (
    MAX_EDITED_DISTANCE,
    MAX_SAME_DISTANCE,
    MIN_OTHER_DISTANCE,
    appearance,
    distance,
    fingerprint,
)
from safety.marks.third_party import MIN_SCORE, PAYLOADS, block_votes, detect, payload_score

ROOT = Path(__file__).parents[2]
Edit = Callable[[Image.Image], Image.Image]
# Of the contact sheet, in pixels: width and height of a cell, left and top margin, side of the picture.
CELL = (168, 198, 20, 10, 128)


def main() -> None:
    """Prints both tables."""
    pictures = dict(drawn()) | dict(photographs())
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(pictures)} pictures")
    print_fingerprints(pictures)
    print_third_party(pictures)


def drawn() -> list[tuple[str, Image.Image]]:
    """Returns the 64 pictures of the embedded model's contact sheet with their names, RGB, at 512 px."""
    sheet = Image.open(ROOT / "docs" / "pocket-contact-sheet.jpg").convert("RGB")
    width, height, left, top, side = CELL
    corners = [(x * width + left, y * height + top) for y in range(8) for x in range(8)]
    return [
        (f"pocket {number}", sheet.crop((x, y, x + side, y + side)).resize((512, 512), Image.Resampling.BICUBIC))
        for number, (x, y) in enumerate(corners)
    ]


def photographs() -> list[tuple[str, Image.Image]]:
    """Returns the sample photographs with their names, RGB."""
    files = [
        path for package, (folder, names) in SAMPLES.items() for path in sample_files(package, folder, names.split())
    ]
    return [(path.stem, Image.open(path).convert("RGB")) for path in files if "motorcycle_right" not in path.name]


def print_fingerprints(pictures: dict[str, Image.Image]) -> None:
    """Prints distances between different pictures, and between each picture and its edits."""
    known = {name: fingerprint(image) for name, image in pictures.items()}
    unrelated = [distance(poses(pictures[first]), known[second]) for first, second in combinations(pictures, 2)]
    print(f"strangers, {len(unrelated)} pairs: least {min(unrelated)}, 1 % {np.percentile(unrelated, 1):.0f}, "
          f"at most {MAX_EDITED_DISTANCE}: {sum(bits <= MAX_EDITED_DISTANCE for bits in unrelated)}")  # fmt: skip
    limits = f"<={MAX_SAME_DISTANCE}  <={MAX_EDITED_DISTANCE}  >={MIN_OTHER_DISTANCE}"
    print(f"{'edit':16} median  90 %  most  {limits}")
    for name, edit in EDITS.items():
        bits = np.array([distance(poses(edit(image)), known[title]) for title, image in pictures.items()])
        shares = [
            share.mean()
            for share in (bits <= MAX_SAME_DISTANCE, bits <= MAX_EDITED_DISTANCE, bits >= MIN_OTHER_DISTANCE)
        ]
        print(f"{name:16} {np.median(bits):6.0f} {np.percentile(bits, 90):5.0f} {bits.max():5d} "
              + " ".join(f"{100 * share:4.0f} %" for share in shares))  # fmt: skip


def poses(image: Image.Image) -> tuple[str, ...]:
    """Returns the fingerprints of an RGB picture in all poses."""
    return appearance(image, None, image.size).hashes


def print_third_party(pictures: dict[str, Image.Image]) -> None:
    """Prints how often known payloads are found in marked pictures, and the highest score of unmarked ones."""
    unmarked = [crop for image in pictures.values() for crop in crops(image)]
    best = [max(payload_score(block_votes(np.asarray(crop)), bits) for bits in PAYLOADS.values()) for crop in unmarked]
    print(f"unmarked, {len(best)} crops x {len(PAYLOADS)} payloads: highest score {max(best):.1f} of {MIN_SCORE}")
    for tool, bits in PAYLOADS.items():
        marked = [dwt_dct(image.resize((512, 512)), bits) for image in list(pictures.values())[::3]]
        whole = [library_reads(image, bits) for image in marked]
        before = [tool in [mark.tool for mark in detect(np.asarray(image))] for image in marked]
        after = [tool in [mark.tool for mark in detect(np.asarray(recoded(image, 95)))] for image in marked]
        print(f"{tool}, {len(marked)} marked: found {np.mean(before):.0%}, after JPEG 95 {np.mean(after):.0%}; "
              f"the library reads {np.mean(whole):.0%} whole")  # fmt: skip


def crops(image: Image.Image) -> list[Image.Image]:
    """Returns the picture, up to eight pieces of 256 to 384 px, and the picture at 700 px."""
    random = np.random.default_rng(image.width)
    pieces = [image]
    for side in (256, 320, 384, 256, 320, 384, 300, 350):
        if min(image.size) > side:
            left, top = (int(random.integers(0, length - side)) for length in image.size)
            pieces.append(image.crop((left, top, left + side, top + side)))
    return [piece for piece in pieces if piece.width * piece.height >= 256 * 256] + [image.resize((700, 700))]


def dwt_dct(image: Image.Image, bits: str) -> Image.Image:
    """Marks an RGB picture with a payload as invisible-watermark does."""
    encoder = _library().EmbedMaxDct([int(bit) for bit in bits], wmLen=len(bits))
    return Image.fromarray(encoder.encode(np.asarray(image)[..., ::-1].copy())[..., ::-1].copy())


def library_reads(image: Image.Image, bits: str) -> bool:
    """Returns whether invisible-watermark reads the whole payload back."""
    payload = _library().EmbedMaxDct([], wmLen=len(bits)).decode(np.asarray(image)[..., ::-1].copy())
    return bool((payload == np.array([bit == "1" for bit in bits])).all())


def _library() -> Any:
    """Loads invisible-watermark's dwtDct without the package, which imports torch."""
    package = importlib.util.find_spec("imwatermark")
    assert package and package.submodule_search_locations
    spec = importlib.util.spec_from_file_location("dwt_dct", Path(package.submodule_search_locations[0]) / "maxDct.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recoded(image: Image.Image, quality: int) -> Image.Image:
    """Returns an RGB picture as JPEG of this quality leaves it."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def cropped(share: float) -> Edit:
    """Crops a picture to this share of each side, around its middle."""

    def edit(image: Image.Image) -> Image.Image:
        left, top = (round(side * (1 - share) / 2) for side in image.size)
        return image.crop((left, top, image.width - left, image.height - top))

    return edit


def _box(image: Image.Image) -> Image.Image:
    """Covers a tenth of a picture with a white box."""
    out = image.copy()
    width, height = image.size
    ImageDraw.Draw(out).rectangle((width * 0.1, height * 0.6, width * 0.6, height * 0.8), fill="white")
    return out


EDITS: dict[str, Edit] = {
    "JPEG 30": lambda image: recoded(image, 30),
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "brightness 1.3": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "blur 2": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "box on 10 %": _box,
    "crop 98 %": cropped(0.98),
    "crop 95 %": cropped(0.95),
    "crop 90 %": cropped(0.90),
    "crop 70 %": cropped(0.70),
    "turn 1": lambda image: image.rotate(1),
    "turn 5": lambda image: image.rotate(5),
    "stretch 4 %": lambda image: image.resize((round(image.width * 1.04), image.height)),
}


if __name__ == "__main__":
    main()
