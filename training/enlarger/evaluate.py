"""Measure the learned enlarger beside Lanczos: `python -m training.enlarger.evaluate` writes a table and a sheet.

Originals with true detail at 512 px are Fluent Emoji in vector form (MIT), of the things that the embedded model knows:
drawn at 512 px, made small, made large again, and compared. What the embedded model draws itself has no original at
that size; there stand Microsoft's own pictures of 256 px, which it learned from.

Needs what training/pocket/evaluate.py needs (its `--work` folder too), and npm.
"""

import argparse
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image, ImageDraw
from scipy.ndimage import binary_dilation
from skimage.feature import canny
from skimage.filters import sobel

from engines.enlarger import Enlarger, load_enlargers
from engines.postprocess import enlarge
from training.pocket.artist import Artist
from training.pocket.evaluate import share
from training.pocket.objects import SIZE, Thing, load
from training.pocket.recognizer import Judge
from training.pocket.scenes import LARGE
from training.pocket.words import HERE, Language, read_pairs

PACKAGE, VERSION = "@lobehub/fluent-emoji-modern", "1.0.0"
NAME = "realesr-animevideov3-x4"
COUNT = 300  # pictures
SIDE = 512  # pixels
EDGE, SPOT = SIDE * LARGE // SIZE, (SIDE - SIDE * LARGE // SIZE) // 2  # of the thing in its picture, as Pocket has it
SIGMA = 2.0  # pixels, of the blur before edges are looked for
NEAR = np.ones((3, 3), bool)  # one pixel around
CELL, COLUMNS, QUALITY = 240, 8, 72  # of the sheet: pixels, pairs, JPEG

Way = Callable[[Image.Image], Image.Image]
Ground = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: pictures of one kind, enlarged in one way, against their originals.

    `found` is the share of the original's edges that have an edge within one pixel, `true` that of the edges made which
    the original has within one pixel, `steep` how steep the original's edges are, of what they were.
    """

    kind: str
    way: str
    found: float
    true: float
    steep: float
    top1: float
    top5: float
    seconds: float

    def __str__(self) -> str:
        shares = " | ".join(f"{value:.1%}" for value in (self.found, self.true, self.steep, self.top1, self.top5))
        return f"| {self.kind} | {self.way} | {shares} | {self.seconds:.3f} |"


HEAD = """| pictures | enlarged by | edges found | edges true | steepness | right thing | among five | CPU s |
|---|---|--:|--:|--:|--:|--:|--:|"""


def ways(models: Path) -> dict[str, Way]:
    """What is compared: each makes 128 px into 512."""
    enlarger: Enlarger = load_enlargers(models)[NAME]
    return {
        "Lanczos": lambda image: enlarge(image, SIDE),
        "network": lambda image: enlarger.enlarge(image, (SIDE, SIDE)),
        "both, as shipped": lambda image: enlarge(image, SIDE, enlarger),
    }


def vectors(work: Path, things: Sequence[Thing]) -> Iterator[tuple[str, str]]:
    """Yield label and SVG of the things that the package has, in their order."""
    folder = work / "node_modules" / PACKAGE / "assets"
    if not folder.exists():
        # Beside what training.pocket.data has installed there: npm removes what nothing names.
        install = ["npm", "install", "--prefix", str(work / "vectors"), "--no-save", f"{PACKAGE}@{VERSION}"]
        subprocess.run(install, check=True)
        folder = work / "vectors/node_modules" / PACKAGE / "assets"
    for thing in things:
        file = folder / f"{thing.files[0]}.svg"
        if file.exists():
            yield thing.label, file.read_text("utf-8")


def on_ground(cutout: Image.Image, ground: Ground) -> np.ndarray:
    """A thing as large as Pocket draws it, on a plain ground: uint8 (512, 512, 3)."""
    layer = cutout.convert("RGBA").resize((EDGE, EDGE), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (SIDE, SIDE), ground)
    canvas.paste(layer, (SPOT, SPOT), layer)
    return np.asarray(canvas)


def reduced(pictures: np.ndarray) -> np.ndarray:
    """The same pictures at 128 px."""
    small = [Image.fromarray(one).resize((SIZE, SIZE), Image.Resampling.LANCZOS) for one in pictures]
    return np.stack([np.asarray(image) for image in small])


def measure(
    kind: str, small: np.ndarray, originals: np.ndarray, labels: Sequence[str], judge: Judge, by: Mapping[str, Way]
) -> Iterator[Row]:
    """Enlarge every picture in every way; yield a row for each way."""
    for name, way in by.items():
        way(Image.fromarray(small[0]))  # opens the model
        began = time.process_time()
        large = np.stack([np.asarray(way(Image.fromarray(one))) for one in small])
        seconds = (time.process_time() - began) / len(small)
        compared = [compare(one, original) for one, original in zip(large, originals, strict=True)]
        found, true, steep = np.mean(compared, axis=0)
        named = judge.names(large)
        top1 = share([label == names[0] for label, names in zip(labels, named, strict=True)])
        top5 = share([label in names for label, names in zip(labels, named, strict=True)])
        yield Row(kind, name, found, true, steep, top1, top5, seconds)


def compare(made: np.ndarray, original: np.ndarray) -> tuple[float, float, float]:
    """Of one picture: edges found, edges true, steepness (see Row)."""
    one, other = (np.asarray(Image.fromarray(pixels).convert("L")) / 255.0 for pixels in (made, original))
    edges, wanted = canny(one, SIGMA), canny(other, SIGMA)
    steep = sobel(one)[wanted].sum() / sobel(other)[wanted].sum() if wanted.any() else 1.0
    return overlap(wanted, edges), overlap(edges, wanted), float(steep)


def overlap(edges: np.ndarray, others: np.ndarray) -> float:
    """The share of edge pixels that have one of the others within one pixel; 1 where there are none."""
    return float(binary_dilation(others, NEAR)[edges].mean()) if edges.any() else 1.0


def sheet(small: np.ndarray, old: Way, new: Way, out: Path) -> None:
    """Write pairs side by side, the old way on the left."""
    rows = -(-len(small) // COLUMNS)
    canvas = Image.new("RGB", (COLUMNS * 2 * CELL, rows * CELL), "white")
    draw = ImageDraw.Draw(canvas)
    for number, picture in enumerate(small):
        y, x = (number // COLUMNS) * CELL, (number % COLUMNS) * 2 * CELL
        for place, way in enumerate((old, new)):
            image = way(Image.fromarray(picture)).resize((CELL, CELL), Image.Resampling.LANCZOS)
            canvas.paste(image, (x + place * CELL, y))
        draw.line((x, y, x, y + CELL), fill="black")
    data = BytesIO()
    canvas.save(data, "JPEG", quality=QUALITY, optimize=True)
    out.write_bytes(data.getvalue())


def main() -> None:
    """Read the command line, measure, write the table and the sheet."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--models", type=Path, default=Path("assets/models"))
    ask.add_argument("--out", type=Path, default=Path("build/enlarger.md"))
    ask.add_argument("--sheet", type=Path, default=Path("docs/enlarger-contact-sheet.jpg"))
    args = ask.parse_args()
    (things, cutouts), language = load(args.work), Language.read()
    artist = Artist.open(args.models / "pocket", steps=20, guidance=4.0)
    judge, by, grounds = Judge(things, cutouts, language), ways(args.models), list(language.backgrounds.values())
    drawn = artist.draw([prompt for prompt, *_ in read_pairs(HERE / "prompts/sheet.txt")], "sheet")
    sheet(drawn, by["Lanczos"], by["both, as shipped"], args.sheet)

    def report(kind: str, small: np.ndarray, originals: np.ndarray, labels: Sequence[str]) -> list[str]:
        rows = [str(row) for row in measure(kind, small, originals, labels, judge, by)]
        print("\n".join(rows), flush=True)
        return rows

    known = list(vectors(args.work, things))[:COUNT]
    labels = [label for label, _ in known]
    pngs = [bytes(resvg_py.svg_to_bytes(svg_string=svg, height=EDGE, skip_system_fonts=True)) for _, svg in known]
    clean = np.stack([on_ground(Image.open(BytesIO(png)), grounds[n % len(grounds)]) for n, png in enumerate(pngs)])
    lines = report("clean icons", reduced(clean), clean, labels)
    lines += report("through the autoencoder", artist.round_trip(reduced(clean)), clean, labels)
    files = {thing.label: thing.files[0] for thing in things}
    asked = [row for row in read_pairs(HERE / "prompts/singles.txt") if row[1] in files]
    prompts, labels = map(list, zip(*asked, strict=True))
    folder = args.work / "node_modules/@lobehub/fluent-emoji-3d/assets"
    own = np.stack([on_ground(Image.open(folder / f"{files[label]}.webp"), (255, 255, 255)) for label in labels])
    lines += report("drawn from words", artist.draw(prompts, "singles"), own, labels)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text("\n".join([HEAD, *lines]) + "\n")


if __name__ == "__main__":
    main()
