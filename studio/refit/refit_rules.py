"""The settings of presets/refit.toml: how far one refit may move, and how much it must know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel

FILE = "refit.toml"
Share = Annotated[float, Field(gt=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0.0)]


class LimitRules(ConfigModel):
    """Bounds on limits, in scores 0..1, and how many rows and persons a limit needs."""

    step: Annotated[float, Field(gt=0.0, le=0.1)]
    drift: Annotated[float, Field(gt=0.0, le=0.3)]
    grid: Annotated[float, Field(ge=0.001, le=0.05)]
    fewest_rows: Count
    fewest_persons: Count
    miss_counts: Positive
    folds: Annotated[int, Field(ge=2)]


class HeadRules(ConfigModel):
    """Bounds on the head, in log-odds, and how strongly it is held back."""

    bound: Annotated[float, Field(gt=0.0, le=4.0)]
    fewest_wrong: Count
    shrink: Positive
    ridge: Positive
    reference_counts: Positive
    opposite_counts: Positive


class PersonRules(ConfigModel):
    """What one person can do at most."""

    most_rows: Count
    most_share: Share
    trim: Annotated[float, Field(ge=0.0, lt=0.5)]
    review_weight: Positive


class RefitRules(ConfigModel):
    """Holds presets/refit.toml."""

    limits: LimitRules
    head: HeadRules
    persons: PersonRules


def load_refit_rules(presets: Path) -> RefitRules:
    """Reads refit.toml. Raises PresetError that names file and key."""
    return RefitRules.load(presets / FILE)
