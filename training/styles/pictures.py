"""Make the small pictures of the styles: by the embedded model where it follows a style, as patterns where it does not.

python -m training.styles.pictures --sheet docs/styles.png
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

from safety.resources import PRESETS
from studio.styles import Style, load_styles
from training.styles.patterns import save
from training.styles.swatches import SWATCHES

EDGE, QUALITY, COLUMNS, LINE = 72, 55, 12, 16  # pixels; of WebP; pictures a row; pixels of a row of words
DRAWN = "an apple"


def draw(styles: dict[str, Style], out: Path) -> None:
    """Draw one thing in each style that the embedded model follows."""
    from training.pocket.artist import Artist

    artist = Artist.open(Path("assets/models/pocket"), 20, 4.0)
    pictures = artist.draw([f"{DRAWN}, {style.words}" for style in styles.values()])
    for name, picture in zip(styles, pictures, strict=True):
        small = Image.fromarray(picture).resize((EDGE, EDGE), Image.Resampling.LANCZOS)
        small.save(out / f"{name}.webp", quality=QUALITY, method=6)


def sheet(names: list[str], out: Path) -> Image.Image:
    """Lay all pictures out with their names under them."""
    rows = -(-len(names) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (EDGE + 16), rows * (EDGE + LINE)), "white")
    pen = ImageDraw.Draw(page)
    for place, name in enumerate(names):
        x, y = place % COLUMNS * (EDGE + 16) + 8, place // COLUMNS * (EDGE + LINE)
        page.paste(Image.open(out / f"{name}.webp"), (x, y))
        pen.text((x, y + EDGE + 1), name[:14], fill="black")
    return page


def main() -> None:
    """Read the command line and write the pictures."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--out", type=Path, default=Path("assets/styles"))
    ask.add_argument("--sheet", type=Path)
    args = ask.parse_args()
    styles = load_styles(PRESETS)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in SWATCHES:
        save(name, str(args.out / f"{name}.webp"), EDGE, QUALITY)
    draw({name: style for name, style in styles.items() if style.embedded}, args.out)
    total = sum(path.stat().st_size for path in args.out.glob("*.webp"))
    print(f"{len(styles)} pictures, {total / 1000:.0f} kB")
    if args.sheet:
        sheet(list(styles), args.out).save(args.sheet)


if __name__ == "__main__":
    main()
