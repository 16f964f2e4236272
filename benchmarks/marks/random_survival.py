"""Measures the invisible mark on pictures of random shapes under attacks of random strength, drawn anew each run.

    python -m benchmarks.marks.random_survival --pictures 60 --folder /usr/share/backgrounds
    python -m benchmarks.marks.random_survival --seed 1764420000          # the same pictures and attacks once more

The seed is the clock's unless given, and printed. Every picture goes through all thirty kinds of
benchmarks/marks/random_attacks.py, each with strengths of its own; the reader is told nothing. One line a picture goes
to a file named after the seed, and pictures that are in it are left out, so that a run can be stopped and taken up.
Times are processor time of one thread; SSIM is that of benchmarks/marks/survival.py, of the middle of large pictures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.marks.random_attacks import KINDS
from benchmarks.marks.random_shapes import Drawing, drawings, source_files
from benchmarks.marks.survival import WORK, quality, rows, timed
from safety.errors import StudioError
from safety.generation import Stamp
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed

Row = dict[str, Any]
MAX_QUALITY_SIDE = 1536  # pixels a side that PSNR and SSIM are taken from
SMALL_SIDE = 128  # pixels; what an attack leaves below this short side is counted by itself, too


def measure(drawing: Drawing, number: int, seed: int, kinds: list[str]) -> Row:
    """Marks one picture and reads it after an attack of each kind."""
    image = drawing.image
    row: Row = {"picture": number, "group": drawing.group, "name": drawing.name, "size": image.size}
    stamp = Stamp(int(np.random.default_rng([seed, number]).integers(1, 2**63)))
    try:
        marked, row["embed_ms"] = timed(lambda: embed(image, stamp))
    except StudioError as error:
        return row | {"refused": error.sentence}
    row |= quality(middle(image, MAX_QUALITY_SIDE), middle(marked, MAX_QUALITY_SIDE))
    mark, row["read_ms"] = timed(lambda: detect(marked))
    row["untouched"] = mark is not None and mark.stamp == stamp
    none, row["negative_ms"] = timed(lambda: detect(image))
    row["false"] = none is not None
    row["kinds"] = {name: trial(marked, stamp, name, [seed, number]) for name in kinds}
    return row


def trial(marked: Image.Image, stamp: Stamp, kind: str, seed: list[int]) -> Row:
    """Attacks a marked picture by a kind and reads it."""
    random = np.random.default_rng([*seed, list(KINDS).index(kind)])
    attacked = KINDS[kind](random)(marked)
    mark, milliseconds = timed(lambda: detect(attacked))
    return {"whole": mark is not None and mark.stamp == stamp, "size": attacked.size, "ms": milliseconds}


def middle(image: Image.Image, side: int) -> Image.Image:
    """Returns the middle of a picture, at most `side` pixels each way."""
    left, top = (max(0, length - side) // 2 for length in image.size)
    return image.crop((left, top, image.width - left, image.height - top))


def table(measured: list[Row]) -> Iterator[str]:
    """Yields the lines of the report: costs, then whole payloads by kind and by group, in per cent."""
    kept = [row for row in measured if "kinds" in row]
    yield f"{len(kept)} pictures, {len(measured) - len(kept)} refused"
    yield f"short sides {_span(kept, min)}, long {_span(kept, max)}"
    for key, digits in (("psnr", 2), ("ssim", 4)):
        values = [row[key] for row in kept]
        yield f"{key}: mean {statistics.mean(values):.{digits}f}, least {min(values):.{digits}f}"
    for key in ("embed_ms", "read_ms", "negative_ms"):
        values = [row[key] for row in kept]
        yield f"{key}: median {statistics.median(values):.0f}, most {max(values):.0f}"
    yield f"untouched: {_share([row['untouched'] for row in kept])}"
    yield f"marks found in the unmarked: {sum(row['false'] for row in kept)}"
    yield from ("", "| attack | whole | times | ms to read, median |", "|---|--:|--:|--:|")
    trials = [(kind, row, trial) for row in kept for kind, trial in row["kinds"].items()]
    for kind in KINDS:
        of_kind = [trial for name, _, trial in trials if name == kind]
        if of_kind:
            took = statistics.median(trial["ms"] for trial in of_kind)
            yield f"| {kind} | {_share([trial['whole'] for trial in of_kind])} | {len(of_kind)} | {took:.0f} |"
    yield f"| **all** | **{_share([trial['whole'] for *_, trial in trials])}** | {len(trials)} | |"
    tiny = [trial["whole"] for *_, trial in trials if min(trial["size"]) < SMALL_SIDE]
    yield f"\nof these, short side below {SMALL_SIDE} px once attacked: {_share(tiny)} of {len(tiny)}"
    for group in dict.fromkeys(row["group"] for row in kept):
        of_group = [trial["whole"] for _, row, trial in trials if row["group"] == group]
        yield f"{group}: {_share(of_group)} of {len(of_group)}"


def _span(kept: list[Row], side: Any) -> str:
    sides = sorted(side(row["size"]) for row in kept)
    return f"{sides[0]} to {sides[-1]} px (median {statistics.median(sides):.0f})"


def _share(whole: list[bool]) -> str:
    return f"{100 * statistics.mean(whole):.1f}" if whole else "–"


def main() -> None:
    """Reads the arguments, measures what is not measured yet and prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the clock's unless given")
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS))
    parser.add_argument("--each", type=int, default=40, help="sources of each group at most")
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a folder of pictures of your own")
    parser.add_argument("--work", type=Path, default=WORK, help="where results and drawn pictures are kept")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    options.work.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    path = options.work / f"random-{options.seed}.jsonl"
    done = {row["picture"] for row in rows(path)}
    groups = source_files(options.work, options.folder, options.each)
    drawn = drawings(np.random.default_rng(options.seed), groups, options.pictures)
    for number, drawing in enumerate(drawn):
        if number not in done:
            row = measure(drawing, number, options.seed, options.kinds)
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
    print("\n".join(table(list(rows(path)))))


if __name__ == "__main__":
    main()
