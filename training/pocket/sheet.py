"""Draw the contact sheet: 64 prompts with their words under them.

python -m training.pocket.sheet --out docs/pocket-contact-sheet.jpg
"""

import argparse
import textwrap
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.pocket.artist import Artist
from training.pocket.words import HERE, read_pairs

COLUMNS, EDGE, LINE, LETTERS = 8, 160, 38, 27  # pictures a row; pixels of a picture, of the words; letters a line


def sheet(pictures: np.ndarray, prompts: list[str]) -> Image.Image:
    """Lay pictures out in rows, each over its prompt, enlarged as the studio does."""
    rows = -(-len(prompts) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (EDGE + 8), rows * (EDGE + LINE)), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(11)
    for place, (picture, prompt) in enumerate(zip(pictures, prompts, strict=True)):
        x, y = place % COLUMNS * (EDGE + 8) + 4, place // COLUMNS * (EDGE + LINE)
        page.paste(Image.fromarray(picture).resize((EDGE, EDGE), Image.Resampling.LANCZOS), (x, y))
        pen.text((x, y + EDGE + 3), textwrap.fill(prompt, LETTERS), fill="black", font=font)
    return page


def main() -> None:
    """Read the command line and write the sheet."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--out", type=Path, default=Path("docs/pocket-contact-sheet.jpg"))
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=4.0)
    args = ask.parse_args()
    prompts = [row[0] for row in read_pairs(HERE / "prompts/sheet.txt")]
    pictures = Artist.open(args.model, args.steps, args.guidance).draw(prompts, "sheet")
    sheet(pictures, prompts).save(args.out, quality=88)


if __name__ == "__main__":
    main()
