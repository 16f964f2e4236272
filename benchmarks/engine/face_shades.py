"""Measures again how light the faces are that the embedded model learned health workers from.

    python -m benchmarks.engine.face_shades --emoji NODE_MODULES

NODE_MODULES holds `@lobehub/fluent-emoji-3d`. Prints a row for each drawing and the means, which are SHADES of
ui/learn/face_shade.py, and how many drawings are nearest to their own shade.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from training.pocket.scenes import LARGE
from training.pocket.sources import TONES, TONES_SWAPPED
from ui.learn.face_shade import SHADES, SIDE, FaceShade, face_shade

PEOPLE = ("1f468", "1f469", "1f9d1")  # man, woman, person
MODIFIERS = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")
PACKAGE = "@lobehub/fluent-emoji-3d/assets"


def measured(packages: Path, person: str, modifier: str) -> FaceShade:
    """Returns the shade of one health worker, placed as in training: in the middle, on white."""
    with Image.open(packages / PACKAGE / f"{person}-{modifier}-200d-2695-fe0f.webp") as opened:
        emoji = opened.convert("RGBA").resize((LARGE, LARGE), Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", (SIDE, SIDE), "white")
    ground.alpha_composite(emoji, ((SIDE - LARGE) // 2, (SIDE - LARGE) // 2))
    return face_shade(ground.convert("RGB"))


def main() -> None:
    """Prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--emoji", type=Path, required=True)
    packages = ask.parse_args().emoji
    found = {
        tone: [measured(packages, person, modifier) for person in PEOPLE]
        for tone, modifier in zip(TONES_SWAPPED, MODIFIERS, strict=True)
    }
    right = sum(shade.nearest == tone for tone, shades in found.items() for shade in shades)
    for tone in TONES:
        each = ", ".join(f"{shade.lightness:.1f}" for shade in found[tone])
        mean = np.mean([shade.lightness for shade in found[tone]])
        print(f"| {tone} | {each} | {mean:.1f} (ships: {SHADES[tone]}) |")
    print(f"| nearest to their own shade | {right} of {len(PEOPLE) * len(TONES)} |")


if __name__ == "__main__":
    main()
