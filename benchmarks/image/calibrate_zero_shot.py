"""Calibrates the zero-shot heads of presets/picture_checks.toml on harmless pictures of your own.

    python -m benchmarks.image.calibrate_zero_shot [--share 0.005] FOLDER...

For each head: the margin that only `--share` of the pictures reach becomes the score 0.5, from which on the strictest
limits of the policy hold. Take at least some hundred harmless pictures of the kind you make; how much a head catches
this does not measure. Writes presets/picture_heads_calibration.toml, which counts for this model and these words only.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.image.false_blocks import opened, pictures
from safety.image.config import PictureChecksConfig, read_picture_checks
from safety.image.torch_models import ClipModel, missing
from safety.image.zero_shot import FILE, Clip, Questions, digest

ROOT = Path(__file__).parents[2]
LEAST = 50  # pictures; with fewer, the rarest hundredth is a guess


def margins(cards: PictureChecksConfig, clip: Clip, paths: Sequence[Path]) -> dict[str, list[float]]:
    """By how many logits each picture is nearer to what each head looks for."""
    questions = Questions(cards.head, clip)
    found: dict[str, list[float]] = {name: [] for name in cards.head}
    for path in paths:
        vector = clip.picture(opened(path))
        for name in cards.head:
            found[name].append(questions.margin(name, vector))
    return found


def table(cards: PictureChecksConfig, found: dict[str, list[float]], share: float) -> str:
    """The calibration as TOML."""
    count = len(next(iter(found.values())))
    lines = [
        "# Written by benchmarks/image/calibrate_zero_shot.py: counts for one model and one set of words.",
        f'digest = "{digest(cards.heads, cards.head)}"',
        f"pictures = {count}",
    ]
    for name, values in found.items():
        at, width = np.quantile(values, 1 - share), max(float(np.std(values)), 0.1)
        lines += ["", f"[head.{name}]", f"at = {at:.4f}", f"width = {width:.4f}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--share", type=float, default=0.005)
    given = parser.parse_args()
    cards = read_picture_checks(ROOT / "presets")
    if why := missing(cards.heads, "open_clip"):
        parser.error(f"the model of [heads] is not here. {why}")
    paths = [path for folder in given.folders for path in pictures(folder)]
    if len(paths) < LEAST:
        parser.error(f"{len(paths)} pictures are too few: name folders with at least {LEAST}")
    text = table(cards, margins(cards, ClipModel(cards.heads), paths), given.share)
    (ROOT / "presets" / FILE).write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
