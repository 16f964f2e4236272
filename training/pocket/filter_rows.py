"""Writes what the embedded model learns from as rows that the studio's own filter reads (docs/filter.md).

    python -m training.pocket.filter_rows --work build/pocket
    python app.py filter build/pocket/rows.jsonl --out build/pocket-filtered --dry-run

A row is one picture of one thing, on white, with its words. Run it after training.pocket.data: whatever the
filter takes out belongs under a rule of filter.toml.
"""

import argparse
import base64
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from training.pocket.objects import Thing, load

FILE = "rows.jsonl"


def rows(things: Sequence[Thing], cutouts: np.ndarray, each: int = 0) -> Iterator[dict[str, str]]:
    """Yield a row for each picture, or for the first `each` of a thing; cutouts: uint8 RGBA, all pictures in order."""
    at = 0
    for thing in things:
        for number, (key, note) in enumerate(zip(thing.files, thing.notes, strict=True)):
            if not each or number < each:
                gender, _, tone = note.partition("|")
                words = " ".join(word for word in (gender, thing.label, f"with {tone} skin" if tone else "") if word)
                yield {"id": f"{thing.label}/{number}", "caption": words, "source": key, "image": png(cutouts[at])}
            at += 1


def png(cutout: np.ndarray) -> str:
    """A cutout on white, as PNG in base64."""
    layer, file = Image.fromarray(np.asarray(cutout)), io.BytesIO()
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    white.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def main() -> None:
    """Read the command line and write the rows."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--work", type=Path, default=Path("build/pocket"))
    ask.add_argument("--each", type=int, default=0, help="pictures of each thing; 0 for all")
    args = ask.parse_args()
    things, cutouts = load(args.work)
    with open(args.work / FILE, "w", encoding="utf-8") as file:
        for row in rows(things, cutouts, args.each):
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
