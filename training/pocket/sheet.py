"""Draw a contact sheet: 64 pictures with their prompts under them.

    python -m training.pocket.sheet --out docs/pocket-contact-sheet.jpg
    python -m training.pocket.sheet --kind scenes --out docs/pocket-scenes.jpg

Of 64 things; of 64 scenes; of 16 prompts by 4 seeds; of 8 things in 8 styles, a row each.
"""

import argparse
import textwrap
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.pocket.artist import Artist
from training.pocket.words import HERE, read_pairs

KINDS = ("things", "scenes", "seeds", "styles")
COUNT, SEEDS = 64, 4  # pictures of a sheet; of a prompt on that of seeds
EACH = {"scenes": 3, "seeds": 6}  # every so many rows of the lists of the evaluation
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


def choose(kind: str) -> tuple[list[str], list[int]]:
    """The 64 prompts of a sheet, and the seed of each."""
    lists = HERE / "prompts"
    if kind == "things":
        prompts = [row[0] for row in read_pairs(lists / "sheet.txt")]
    elif kind == "scenes":
        prompts = [row[0] for row in read_pairs(lists / "scenes.txt")[:: EACH["scenes"]]][:COUNT]
    elif kind == "seeds":
        chosen = [row[0] for row in read_pairs(lists / "variation.txt")[:: EACH["seeds"]]][: COUNT // SEEDS]
        return [prompt for prompt in chosen for _ in range(SEEDS)], [*range(SEEDS)] * len(chosen)
    else:
        rows = read_pairs(lists / "styles.txt")
        things = list(dict.fromkeys(row[1] for row in rows))[:COLUMNS]
        prompts = [row[0] for row in rows if row[1] in things]
    return prompts, [*range(len(prompts))]


def main() -> None:
    """Read the command line and write the sheet."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--model", type=Path, default=Path("assets/models/pocket"))
    ask.add_argument("--kind", choices=KINDS, default="things")
    ask.add_argument("--out", type=Path, default=Path("docs/pocket-contact-sheet.jpg"))
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=4.0)
    args = ask.parse_args()
    prompts, seeds = choose(args.kind)
    pictures = Artist.open(args.model, args.steps, args.guidance).draw(prompts, "sheet", seeds)
    sheet(pictures, prompts).save(args.out, quality=88)


if __name__ == "__main__":
    main()
