"""The settings of presets/filter.toml: from where on a row of training data is taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from safety.config import ConfigModel
from safety.records import Verdict

FILE = "filter.toml"
Score = Annotated[float, Field(gt=0, le=1)]
Words = Annotated[tuple[str, ...], Field(min_length=1)]


class HardLineLimits(ConfigModel):
    """Scores, 0..1, from which a row is taken out for a hard line, below those of the policy."""

    child_safety: Score
    intimate_imagery: Score
    picture_with_minor: Score
    caption_with_minor: Score
    young_face: Score


class QualityLimits(ConfigModel):
    """What a picture must have at least."""

    min_side: Annotated[int, Field(ge=1)]
    max_ratio: Annotated[float, Field(ge=1)]
    min_entropy: Annotated[float, Field(ge=0, le=8)]
    min_sharpness: Annotated[float, Field(ge=0)]


class DuplicateLimits(ConfigModel):
    """Which pictures count as the same; `near` is -1 where only equal ones do."""

    exact: bool
    near: Annotated[int, Field(ge=-1, le=31)]
    min_pdq_quality: Annotated[int, Field(ge=0, le=100)]


class PermissionRules(ConfigModel):
    """Names columns that reserve a row, columns of licences, and the licences that are taken.

    reserving_columns: values that reserve it. permitting_columns: values that do not, all others but none do.
    """

    reserving_columns: dict[str, Words]
    permitting_columns: dict[str, Words]
    licence_columns: Words
    licences: tuple[str, ...] = ()


class WatermarkHints(ConfigModel):
    """Names of agencies that mark their previews."""

    hints: Words


class ContextWords(ConfigModel):
    """Words by which a caption belongs to a mode's context."""

    words: Words


class ActorPool(ConfigModel):
    """One pool of actors on a cluster: the stages from `first` on, and what each actor is given.

    Ray starts more actors where blocks wait, up to `most` (0: as many as there is room for), and stops idle ones, down
    to `least`.
    """

    first: str
    cpus: Annotated[float, Field(gt=0)] = 1.0
    gpus: Annotated[float, Field(ge=0)] = 0.0
    least: Annotated[int, Field(ge=1)] = 1
    most: Annotated[int, Field(ge=0)] = 0


class FilterConfig(ConfigModel):
    """Holds the whole file."""

    remove_from: Literal["NOTE", "WARN", "BLOCK"]
    block_rows: Annotated[int, Field(ge=1, le=10_000)]
    hard_lines: HardLineLimits
    quality: QualityLimits
    duplicates: DuplicateLimits
    permission: PermissionRules
    watermarks: WatermarkHints
    context: dict[str, ContextWords]
    pool: Annotated[tuple[ActorPool, ...], Field(min_length=1)] = (ActorPool(first="decode"),)

    @property
    def least_verdict(self) -> Verdict:
        """Returns the verdict from which on a row is taken out."""
        return Verdict[self.remove_from]


def load_filter_config(presets: Path) -> FilterConfig:
    """Reads filter.toml. Raises PresetError that names the file and the key."""
    return FilterConfig.load(presets / FILE)
