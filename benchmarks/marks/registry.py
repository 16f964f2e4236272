"""What the registry's fingerprint and the reader of other makers' marks are worth: the figures of docs/provenance.md.

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

from benchmarks.marks.pictures import SAMPLES, _sample_files
from safety.marks.fingerprint import EDITED, SAME, STRANGER, distance, fingerprint
from safety.marks.third_party import LEAST_SCORE, PAYLOADS, find, score, votes

ROOT = Path(__file__).parents[2]
Edit = Callable[[Image.Image], Image.Image]
CELL = (168, 198, 20, 10, 128)  # of the contact sheet: width, height, left and top margin, side of the picture


def main() -> None:
    pictures = dict(drawn()) | dict(photographs())
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(pictures)} pictures")
    print_fingerprints(pictures)
    print_foreign(pictures)


def drawn() -> list[tuple[str, Image.Image]]:
    """The 64 pictures of the embedded model's contact sheet, at 512 px."""
    sheet = Image.open(ROOT / "docs" / "pocket-contact-sheet.jpg").convert("RGB")
    wide, high, left, top, side = CELL
    places = [(x * wide + left, y * high + top) for y in range(8) for x in range(8)]
    return [
        (f"pocket {number}", sheet.crop((x, y, x + side, y + side)).resize((512, 512), Image.Resampling.BICUBIC))
        for number, (x, y) in enumerate(places)
    ]


def photographs() -> list[tuple[str, Image.Image]]:
    files = [
        path for package, (inside, names) in SAMPLES.items() for path in _sample_files(package, inside, names.split())
    ]
    return [(path.stem, Image.open(path).convert("RGB")) for path in files if "motorcycle_right" not in path.name]


def print_fingerprints(pictures: dict[str, Image.Image]) -> None:
    known = {name: fingerprint(image) for name, image in pictures.items()}
    strangers = [distance(pictures[one], known[other]) for one, other in combinations(pictures, 2)]
    print(f"strangers, {len(strangers)} pairs: least {min(strangers)}, 1 % {np.percentile(strangers, 1):.0f}, "
          f"at most {EDITED}: {sum(far <= EDITED for far in strangers)}")  # fmt: skip
    print(f"{'edit':16} median  90 %  most  <={SAME}  <={EDITED}  >={STRANGER}")
    for name, edit in EDITS.items():
        far = np.array([distance(edit(image), known[title]) for title, image in pictures.items()])
        shares = ((far <= SAME).mean(), (far <= EDITED).mean(), (far >= STRANGER).mean())
        print(f"{name:16} {np.median(far):6.0f} {np.percentile(far, 90):5.0f} {far.max():5d} "
              + " ".join(f"{100 * share:4.0f} %" for share in shares))  # fmt: skip


def print_foreign(pictures: dict[str, Image.Image]) -> None:
    unmarked = [crop for image in pictures.values() for crop in crops(image)]
    best = [max(score(votes(np.asarray(crop)), bits) for bits in PAYLOADS.values()) for crop in unmarked]
    print(f"unmarked, {len(best)} crops x {len(PAYLOADS)} payloads: highest score {max(best):.1f} of {LEAST_SCORE}")
    for tool, bits in PAYLOADS.items():
        marked = [dwt_dct(image.resize((512, 512)), bits) for image in list(pictures.values())[::3]]
        whole = [library_reads(image, bits) for image in marked]
        found = [tool in [one.tool for one in find(image)] for image in marked]
        after = [tool in [one.tool for one in find(recoded(image, 95))] for image in marked]
        print(f"{tool}, {len(marked)} marked: found {np.mean(found):.0%}, after JPEG 95 {np.mean(after):.0%}; "
              f"the library reads {np.mean(whole):.0%} whole")  # fmt: skip


def crops(image: Image.Image) -> list[Image.Image]:
    """The picture and up to eight pieces of 256 to 384 px, as they are and enlarged."""
    chance = np.random.default_rng(image.width)
    pieces = [image]
    for side in (256, 320, 384, 256, 320, 384, 300, 350):
        if min(image.size) > side:
            left, top = (int(chance.integers(0, length - side)) for length in image.size)
            pieces.append(image.crop((left, top, left + side, top + side)))
    return [piece for piece in pieces if piece.width * piece.height >= 256 * 256] + [image.resize((700, 700))]


def dwt_dct(image: Image.Image, bits: str) -> Image.Image:
    coder = _library().EmbedMaxDct([int(bit) for bit in bits], wmLen=len(bits))
    return Image.fromarray(coder.encode(np.asarray(image)[..., ::-1].copy())[..., ::-1].copy())


def library_reads(image: Image.Image, bits: str) -> bool:
    read = _library().EmbedMaxDct([], wmLen=len(bits)).decode(np.asarray(image)[..., ::-1].copy())
    return bool((read == np.array([bit == "1" for bit in bits])).all())


def _library() -> Any:
    """invisible-watermark's dwtDct without the package, which imports torch."""
    package = importlib.util.find_spec("imwatermark")
    assert package and package.submodule_search_locations
    spec = importlib.util.spec_from_file_location("dwt_dct", Path(package.submodule_search_locations[0]) / "maxDct.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recoded(image: Image.Image, quality: int) -> Image.Image:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def cropped(share: float) -> Edit:
    """A share of each side, from the middle."""

    def edit(image: Image.Image) -> Image.Image:
        left, top = (round(side * (1 - share) / 2) for side in image.size)
        return image.crop((left, top, image.width - left, image.height - top))

    return edit


def _box(image: Image.Image) -> Image.Image:
    out = image.copy()
    wide, high = image.size
    ImageDraw.Draw(out).rectangle((wide * 0.1, high * 0.6, wide * 0.6, high * 0.8), fill="white")
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
