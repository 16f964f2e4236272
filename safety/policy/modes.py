"""Modes: the context of a work. An operator adds one by adding a file that inherits from another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from safety.config import ADVICE
from safety.errors import PresetError
from safety.messages.schema import ModeProfile
from safety.policy.thresholds import Thresholds
from safety.records import Stage

BASE_MODE = "general"
T = TypeVar("T")
Score = Annotated[float, Field(gt=0, le=1)]


class Mode(ModeProfile):
    """`limits` replaces those of the mode it inherits from, entry by entry.

    `context_conflicts` (in the file: `contradicted`): findings which say, from this score on, that a work does not
    belong here. It is then judged as in general mode wherever that is stricter.
    """

    inherits: str = BASE_MODE
    limits: dict[Stage, dict[str, Thresholds]] = {}
    context_conflicts: dict[Stage, dict[str, Score]] = Field(default={}, alias="contradicted")


def inherited(modes: Mapping[str, Mode], folder: Path) -> dict[str, Mode]:
    """Returns every mode with all that it inherits. Raises PresetError for an unknown parent or a circle."""
    if BASE_MODE not in modes:
        raise PresetError(f"{folder}: {BASE_MODE}.toml is missing", ADVICE)
    return {name: _whole(name, modes, folder) for name in modes}


def _whole(name: str, modes: Mapping[str, Mode], folder: Path, heirs: tuple[str, ...] = ()) -> Mode:
    """Returns a mode with the limits of its ancestors. `heirs` are the modes on the way here, which none may be."""
    mode, file = modes[name], f"{folder / name}.toml"
    if name == BASE_MODE:
        if mode.limits or mode.context_conflicts or mode.inherits != BASE_MODE:
            raise PresetError(f"{file}: general mode is the policy itself: change policy.toml", ADVICE)
        return mode
    if mode.inherits not in modes:
        raise PresetError(f"{file}: inherits: there is no mode {mode.inherits!r}", ADVICE)
    if mode.inherits in (*heirs, name):
        circle = " -> ".join((*heirs, name, mode.inherits))
        raise PresetError(f"{file}: inherits: {circle} is a circle", ADVICE)
    parent = _whole(mode.inherits, modes, folder, (*heirs, name))
    limits = _overlaid(parent.limits, mode.limits)
    conflicts = _overlaid(parent.context_conflicts, mode.context_conflicts)
    fit = {"words": mode.words or parent.words, "subjects": mode.subjects or parent.subjects}
    return mode.model_copy(update={"limits": limits, "context_conflicts": conflicts, **fit})


def _overlaid(parent: Mapping[Stage, dict[str, T]], own: Mapping[Stage, dict[str, T]]) -> dict[Stage, dict[str, T]]:
    """Returns the tables of a parent with those of a mode over them, entry by entry; stages without any left out."""
    tables = {stage: {**parent.get(stage, {}), **own.get(stage, {})} for stage in Stage}
    return {stage: table for stage, table in tables.items() if table}
