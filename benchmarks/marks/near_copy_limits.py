"""Measures the limits of near-copies (safety/marks/near_copy.py): the figures of docs/operating.md.

python -m benchmarks.marks.near_copy_limits --folder FOLDER

Pictures: what the embedded model draws for each of WORDS with SEEDS seeds (kept in FOLDER), the 64 of its contact
sheet, and the photographs that come with scikit-image and scikit-learn; each as it was drawn, and with the visible
label. Copies are made of the labelled file, as those that go round are, and compared with all that a removed picture is
known by.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from benchmarks.marks import registry
from safety.generation import Descriptor, GenerationRequest
from safety.marks.label import LabelStyle
from safety.marks.near_copy import MIN_QUALITY, Nearness, describe, nearest
from safety.marks.visible import Corner, labelled

ROOT = Path(__file__).parents[2]
SEEDS = 3
MOST = 1024  # pixels of the longer side of photographs
STEPS = 5  # a quarter of the usual number: what counts is that the pictures are those of one model
WORDS = ("a cat", "a red apple on a blue background", "a happy face", "a balloon", "a doctor", "a house")
# Name, words and seed of a picture; without words what was not drawn here.
Named = tuple[str, str, int]


def recoded(image: Image.Image, quality: int) -> Image.Image:
    """Returns a picture as JPEG leaves it."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(BytesIO(out.getvalue())).convert("RGB")


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Returns the middle of a picture, `share` of each side."""
    left, top = (round(length * (1 - share) / 2) for length in image.size)
    return image.crop((left, top, image.width - left, image.height - top))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG, quality 40": lambda image: recoded(image, 40),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "mirrored, JPEG 80": lambda image: recoded(ImageOps.mirror(image), 80),
    "turned, smaller": lambda image: image.rotate(90, expand=True).resize((300, 300), Image.Resampling.LANCZOS),
    "brighter by 20 %": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "more colour, 30 %": lambda image: ImageEnhance.Color(image).enhance(1.3),
    "blurred, 2 px": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "crop to 98 %": lambda image: cropped(image, 0.98),
    "crop to 95 %": lambda image: cropped(image, 0.95),
    "crop to 90 %": lambda image: cropped(image, 0.90),
}


def main() -> None:
    """Prints how many copies are found, and how many other pictures are taken for copies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="Where drawn pictures are kept.")
    parser.add_argument("--raw", type=Path, help="Write every distance here, a line each.")
    given = parser.parse_args()
    pictures = dict(drawn(given.folder))
    for name, image in [*registry.drawn(), *registry.photographs()]:
        image.thumbnail((MOST, MOST))
        pictures[(name, "", 0)] = image
    print(f"{datetime.now(UTC):%Y-%m-%d}: {len(pictures)} pictures, of them {len(WORDS)} words with {SEEDS} seeds each")
    known = {name: describe(image) for name, image in pictures.items()}
    shown = {name: labelled(image, Corner.TOP_RIGHT, LabelStyle())[0] for name, image in pictures.items()}
    seen = {name: describe(image) for name, image in shown.items()}
    plain = sum(one.quality < MIN_QUALITY for one in known.values())
    print(f"{plain} of them are plain (PDQ quality below {MIN_QUALITY})\n")
    rows = [("made again", name, nearest([known[name]], [known[name], seen[name]])) for name in pictures]
    for title, copy in COPIES.items():
        rows += [(title, name, nearest([describe(copy(shown[name]))], [known[name], seen[name]])) for name in pictures]
    print_shares("copies", rows, known)
    strangers = list(others(known, seen))
    print_shares("other pictures", strangers, known)
    if given.raw:
        lines = (f"{title}\t{name[0]}\t{known[name].quality}\t{near}" for title, name, near in rows + strangers)
        given.raw.write_text("\n".join(lines), "utf-8")


def drawn(folder: Path) -> Iterator[tuple[Named, Image.Image]]:
    """Yields what the embedded model draws, RGB."""
    from engines.cards import read_cards
    from engines.diffusion.engine import DiffusionEngine
    from engines.interface import silent
    from engines.validation import complete

    folder.mkdir(parents=True, exist_ok=True)
    card = read_cards(ROOT / "presets" / "engines.toml")["pocket"]
    engine = DiffusionEngine("pocket", card, ROOT / "assets" / "models")
    for number, words in enumerate(WORDS):
        for seed in range(SEEDS):
            file = folder / f"near-copy-{number:02}-{seed}.png"
            if not file.exists():
                request = complete(GenerationRequest(words, steps=STEPS), {"pocket": engine})
                engine.generate(request, [seed], silent).pictures[0].image.save(file)
            yield (file.stem, words, seed), Image.open(file).convert("RGB")


def others(known: dict[Named, Descriptor], seen: dict[Named, Descriptor]) -> Iterator[tuple[str, Named, Nearness]]:
    """Yields pairs of different pictures, as a removal compares them: all that is known of the one with the other's."""
    for one, other in combinations(known, 2):
        near = nearest([known[one], seen[one]], [known[other], seen[other]])
        yield "same words, other seed" if one[1] and one[1] == other[1] else "other words", one, near


def print_shares(title: str, rows: Iterable[tuple[str, Named, Nearness]], known: dict[Named, Descriptor]) -> None:
    """Prints, for pictures with structure and plain ones, how many are near and how many certainly so."""
    print(f"{title:24} {'structured: near':>18} {'certain':>9} {'plain: near':>14} {'certain':>9}")
    groups: dict[str, list[tuple[Named, Nearness]]] = {}
    for name, picture, near in rows:
        groups.setdefault(name, []).append((picture, near))
    for name, found in groups.items():
        cells = []
        for plain in (False, True):
            some = [near for picture, near in found if (known[picture].quality < MIN_QUALITY) is plain]
            cells += [
                f"{sum(near.is_near for near in some)} of {len(some)}",
                f"{sum(near.is_certain for near in some)}",
            ]
        print(f"{name:24} {cells[0]:>18} {cells[1]:>9} {cells[2]:>14} {cells[3]:>9}")
    print()


if __name__ == "__main__":
    main()
