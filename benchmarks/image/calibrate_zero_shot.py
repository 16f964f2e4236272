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

from benchmarks.image.false_blocks import open_rgb, picture_files
from safety.image.config import PictureChecksConfig, read_picture_checks
from safety.image.torch_models import ClipModel, missing
from safety.image.zero_shot import FILE, PictureTextEncoder, ZeroShotClassifier, calibration_digest

ROOT = Path(__file__).parents[2]
MIN_PICTURES = 50  # with fewer, the rarest hundredth is a guess


def margins(config: PictureChecksConfig, encoder: PictureTextEncoder, paths: Sequence[Path]) -> dict[str, list[float]]:
    """Returns for each head the margin, in logits, of each picture, in the order of `paths`."""
    classifier = ZeroShotClassifier(config.zero_shot_heads, encoder)
    values: dict[str, list[float]] = {name: [] for name in config.zero_shot_heads}
    for path in paths:
        vector = encoder.embed_picture(open_rgb(path))
        for name in config.zero_shot_heads:
            values[name].append(classifier.margin(name, vector))
    return values


def table(config: PictureChecksConfig, values: dict[str, list[float]], share: float) -> str:
    """Returns the calibration as TOML: half a point where only `share`, 0..1, of the margins lie above."""
    count = len(next(iter(values.values())))
    lines = [
        "# Written by benchmarks/image/calibrate_zero_shot.py: counts for one model and one set of words.",
        f'digest = "{calibration_digest(config.zero_shot, config.zero_shot_heads)}"',
        f"pictures = {count}",
    ]
    for name, margin in values.items():
        at, width = np.quantile(margin, 1 - share), max(float(np.std(margin)), 0.1)
        lines += ["", f"[head.{name}]", f"at = {at:.4f}", f"width = {width:.4f}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Reads the arguments, scores the pictures and writes the calibration beside the presets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--share", type=float, default=0.005)
    arguments = parser.parse_args()
    config = read_picture_checks(ROOT / "presets")
    if why := missing(config.zero_shot, "open_clip"):
        parser.error(f"the model of [heads] is not here. {why}")
    paths = [path for folder in arguments.folders for path in picture_files(folder)]
    if len(paths) < MIN_PICTURES:
        parser.error(f"{len(paths)} pictures are too few: name folders with at least {MIN_PICTURES}")
    text = table(config, margins(config, ClipModel(config.zero_shot), paths), arguments.share)
    (ROOT / "presets" / FILE).write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
