"""Where an intimate picture of a real person is an offence to ask for, country by country: presets/offences.toml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml

# The category of policy.toml that the list is about.
CATEGORY = "intimate_imagery"


class Offence(ConfigModel):
    """One country's law; each field is explained in presets/offences.toml."""

    what: Literal["asking", "making", "sharing"]
    law: str
    since: date | None = None
    source: str = Field(pattern="^https://")
    asked: date
    checked: bool


class _OffencesFile(ConfigModel):
    place: dict[str, Offence]


def load_offences(folder: Path) -> Mapping[str, Offence]:
    """Reads offences.toml of the presets folder, by country. Raises PresetError that names file and key."""
    path = folder / "offences.toml"
    return parse(_OffencesFile, {"place": read_toml(path)}, path).place
