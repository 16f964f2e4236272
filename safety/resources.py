"""Where the data that ships with Safelight lies, and where a person's own data goes.

An installed package has presets and assets inside `safety/`; a checkout has them at its top, where operators edit them.
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


def data_folder() -> Path:
    """Returns the folder for the data of the person who runs this: keys, records, pictures. It need not exist yet."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("safelight", appauthor=False))
