"""Where the data that ships with Safelight lies: presets, assets and weights.

An installed package has them inside `safety/`; a checkout has them at its top, where operators edit them.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str, package: Path = PACKAGE) -> Path:
    """Returns the folder `name` inside the package, as a wheel has it, else the one beside it, as a checkout does."""
    packaged = package / name
    return packaged if packaged.is_dir() else package.parent / name


PRESETS = shipped("presets")
ASSETS = shipped("assets")
MODELS = ASSETS / "models"
