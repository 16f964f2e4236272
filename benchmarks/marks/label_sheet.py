"""Draws the visible label on 20 backgrounds, to be looked at.

    python -m benchmarks.marks.label_sheet --out docs/label-sheet.jpg

Eight plain ones, four gradients, eight photographs; every language once, a badge on every fourth. Prints the least
contrast of each, measured on the pixels beneath the writing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.marks.pictures import SAMPLES, sample_files
from safety.marks.label import LabelStyle, label_words
from safety.marks.visible import Corner, labelled

ROOT = Path(__file__).parents[2]
SIDE, GAP = 320, 8  # pixels
COLUMNS = 5
PLAIN = ("white", "black", "#808080", "#767676", "#c8281e", "#f0c83c", "#1e50c8", "#148c3c")
GRADIENTS = (("black", "white"), ("navy", "gold"), ("#404040", "#c0c0c0"), ("darkred", "lightpink"))
PHOTOGRAPHS = "astronaut chelsea coffee grass gravel rocket hubble_deep_field page"
BADGE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 1 23 21H1z" fill="#e33"/></svg>'


def main() -> None:
    """Draws the sheet and prints the contrasts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "label-sheet.jpg")
    out = parser.parse_args().out
    words = ["", *label_words(ROOT / "presets").values()]
    sheet = Image.new("RGB", (COLUMNS * (SIDE + GAP) - GAP, 4 * (SIDE + GAP) - GAP), "#dddddd")
    for number, background in enumerate(backgrounds()):
        style = LabelStyle(words[number % len(words)], BADGE if number % 4 == 3 else "")
        picture, label = labelled(background, list(Corner)[number // 5 % 4], style)
        sheet.paste(picture, (number % COLUMNS * (SIDE + GAP), number // COLUMNS * (SIDE + GAP)))
        print(f"{number:2} contrast {label.contrast:.1f}")
    sheet.save(out, quality=88)


def backgrounds() -> Iterator[Image.Image]:
    """Yields the backgrounds, RGB, `SIDE` px a side."""
    for colour in PLAIN:
        yield Image.new("RGB", (SIDE, SIDE), colour)
    for dark, light in GRADIENTS:
        yield ImageOps.colorize(Image.linear_gradient("L").resize((SIDE, SIDE)), dark, light)
    files = {path.stem: path for package, (folder, names) in SAMPLES.items()
             for path in sample_files(package, folder, names.split())}  # fmt: skip
    for name in PHOTOGRAPHS.split():
        yield ImageOps.fit(Image.open(files[name]).convert("RGB"), (SIDE, SIDE))


if __name__ == "__main__":
    main()
