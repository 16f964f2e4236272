"""Where the data that ships with Safelight lies: presets, assets and weights.

An installed package has them inside `safety/`; a checkout has them at its top, where operators edit them.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """Returns the folder `safety/<name>` of an installed package, else the checkout's top folder of that name."""
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


PRESETS = _shipped("presets")
ASSETS = _shipped("assets")
MODELS = ASSETS / "models"
