"""Counts how often a mark is found where none was written, in crops and copies of unmarked pictures.

    python -m benchmarks.marks.false_positives --count 2000 --folder /usr/share/wallpapers

Each trial takes one of the pictures of benchmarks/marks/pictures.py, cuts a random part out of it, scales it to 96 to
384 px and mirrors, grains or compresses it. The trials are numbered and the same on every machine with these pictures.
`--direct` leaves the search for scale and angle out: twenty times faster, and fewer words. Results go to one file,
line by line, and trials that are in it are left out. The design bound is derived in safety/marks/invisible/detect.py;
the words that were decoded on the way say how often it was put to the test.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
from PIL import Image

from benchmarks.marks.pictures import sources
from benchmarks.marks.survival import WORK
from safety.marks.attacks import jpeg, noise
from safety.marks.invisible import detect as reader
from safety.marks.invisible.error_correction import decode


def trial(number: int, images: list[Image.Image]) -> Image.Image:
    """Makes the picture of one trial, RGB."""
    random = np.random.default_rng(number)
    image = images[number % len(images)]
    share = random.uniform(0.2, 1) ** 0.5
    width, height = (max(96, round(length * share)) for length in image.size)
    left = int(random.integers(max(1, image.width - width + 1)))
    top = int(random.integers(max(1, image.height - height + 1)))
    part = image.crop((left, top, left + width, top + height))
    scale = random.integers(96, 385) / max(part.size)
    part = part.resize((max(64, round(part.width * scale)), max(64, round(part.height * scale))))
    if random.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if random.random() < 0.3:
        part = noise(float(random.uniform(2, 10)))(part)
    return jpeg(int(random.integers(40, 96)))(part) if random.random() < 0.5 else part


def search(image: Image.Image, thorough: bool) -> tuple[bool, int]:
    """Returns whether a mark was found, and how many words were decoded."""
    with mock.patch.object(reader, "decode", wraps=decode) as counted:
        return reader.detect(image, thorough=thorough) is not None, counted.call_count


def read_results(path: Path) -> Iterator[dict[str, int]]:
    """Yields the results of earlier trials."""
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def main() -> None:
    """Runs the trials that are not done yet and prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first trial")
    parser.add_argument("--folder", type=Path, action="append", default=[])
    parser.add_argument("--direct", action="store_true", help="only as made, whole or cropped, turned or mirrored")
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / f"false-positives{'-direct' if options.direct else ''}.json"
    cv2.setNumThreads(1)
    images = list(sources(options.work, options.folder))
    finished = {row["trial"] for row in read_results(path)}
    for number in range(options.first, options.count):
        if number not in finished:
            detected, words = search(trial(number, images), not options.direct)
            with path.open("a") as file:
                file.write(json.dumps({"trial": number, "found": int(detected), "words": words}) + "\n")
    rows = list(read_results(path))
    marks, decoded = sum(row["found"] for row in rows), [row["words"] for row in rows]
    print(f"{len(rows)} unmarked pictures and crops of {len(images)} pictures: {marks} marks found;")
    print(f"{sum(decoded)} words decoded, at most {max(decoded)} a picture")


if __name__ == "__main__":
    main()
