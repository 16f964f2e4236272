"""Measures what marks survive, what they cost the eye and how long they take: ours and those of two packages.

    python -m benchmarks.marks.survival run --sizes 512 --methods safelight,dwtDctSvd
    python -m benchmarks.marks.survival table > docs/marks-benchmark.md

`run` can be stopped and taken up again: each (method, size) has its own file of results, one line a picture, and
pictures that are in it are left out. No method gets the size, crop or angle; `blind` gets the length of the payload,
which it asks for. Times are CPU seconds of one thread. SSIM is scikit-image's with the Gaussian window of the paper
(Wang 2004), mean of the colour channels.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.marks.attacks import ATTACKS
from benchmarks.marks.methods import METHODS, Bits, Method, method
from benchmarks.marks.pictures import ROOT, pictures
from benchmarks.marks.tables import tables
from safety.errors import StudioError

Row = dict[str, Any]
WORK = ROOT / ".benchmarks" / "marks"


def measure(marker: Method, image: Image.Image, seed: int, attacks: list[str]) -> Row:
    """Measures one picture: quality, times in ms, and for every attack the share of right bits (1 only if all are)."""
    payload = np.random.default_rng(seed).integers(0, 2, marker.bits).astype(np.uint8)
    try:
        marked, embed_ms = timed(lambda: marker.embed(image, payload))
    except StudioError as error:
        return {"refused": error.sentence}
    read, read_ms = timed(lambda: marker.read(marked))
    bits = {"none": agreement(read, payload)}
    for name in attacks:
        bits[name] = agreement(marker.read(ATTACKS[name](marked)), payload)
    _, negative_ms = timed(lambda: marker.read(image))
    return {
        **quality(image, marked),
        "embed_ms": embed_ms,
        "read_ms": read_ms,
        "negative_ms": negative_ms,
        "bits": bits,
    }


def agreement(read: Bits | None, payload: Bits) -> float:
    """Returns the share of right bits; half if no mark was found, as guessing would give."""
    return 0.5 if read is None else float(np.mean(read == payload))


def timed(work: Any) -> tuple[Any, float]:
    """Calls `work` and returns its result and the processor time in ms."""
    started = time.process_time()
    result = work()
    return result, round(1000 * (time.process_time() - started), 1)


def quality(image: Image.Image, marked: Image.Image) -> Row:
    """Returns PSNR in dB and SSIM of a marked picture."""
    from skimage.metrics import structural_similarity

    before, after = np.asarray(image), np.asarray(marked)
    error = float(np.mean((before.astype(np.float32) - after) ** 2))
    ssim = structural_similarity(
        before, after, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return {"psnr": round(10 * float(np.log10(255**2 / max(error, 1e-9))), 3), "ssim": round(float(ssim), 5)}


def run(options: argparse.Namespace) -> None:
    """Measures every picture that is not in the results yet."""
    cv2.setNumThreads(1)
    attacks = [name for name in (options.attacks or ATTACKS) if name != "none"]
    for size in options.sizes:
        todo = list(pictures(size, options.work, options.folder, options.each))
        for name in options.methods:
            path = options.work / f"{name}-{size}.jsonl"
            done = {row["picture"] for row in rows(path)}
            marker = method(name)
            for group, picture, image in todo[:: max(1, len(todo) // options.most)][: options.most]:
                if f"{group}/{picture}" in done:
                    continue
                row = {"method": name, "size": size, "group": group, "picture": f"{group}/{picture}"}
                row |= measure(marker, image, zlib.crc32(picture.encode()), attacks)
                with path.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            print(f"{path.name}: {len(list(rows(path)))} pictures", flush=True)


def rows(path: Path) -> Iterator[Row]:
    """Yields the results in a file; none if there is no file."""
    if path.exists():
        yield from map(json.loads, path.read_text().splitlines())


def main() -> None:
    """Reads the arguments, then measures or prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[512])
    parser.add_argument("--methods", type=lambda text: text.split(","), default=list(METHODS))
    parser.add_argument(
        "--attacks", type=lambda text: text.split(","), help="names of benchmarks/marks/attacks.py; all"
    )
    parser.add_argument("--each", type=int, default=24, help="pictures of each group at most")
    parser.add_argument("--most", type=int, default=1000, help="pictures at most, taken evenly")
    parser.add_argument("--folder", type=Path, action="append", default=[], help="a folder of pictures of your own")
    parser.add_argument("--work", type=Path, default=WORK, help="where results and drawn pictures are kept")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.what == "run":
        run(options)
    else:
        print(tables([row for path in sorted(options.work.glob("*.jsonl")) for row in rows(path)]))


if __name__ == "__main__":
    main()
