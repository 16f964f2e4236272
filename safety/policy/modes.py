"""Modes: the context of a work. An operator adds one by adding a file that inherits from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from safety.config import ADVICE
from safety.errors import PresetError
from safety.messages.schema import ModeMessages
from safety.policy.thresholds import Thresholds
from safety.records import Stage

BASE_MODE = "general"
T = TypeVar("T")
Score = Annotated[float, Field(gt=0, le=1)]


class Mode(ModeMessages):
    """`limits` replaces those of the mode it inherits from, entry by entry.

    `context_conflicts` (in the file: `contradicted`): findings which say, from this score on, that a work does not
    belong here. It is then judged as in general mode wherever that is stricter.
    """

    inherits: str = BASE_MODE
    limits: dict[Stage, dict[str, Thresholds]] = {}
    context_conflicts: dict[Stage, dict[str, Score]] = Field(default={}, alias="contradicted")


@dataclass(frozen=True)
class _Family:
    modes: Mapping[str, Mode]
    folder: Path

    def whole(self, name: str, below: tuple[str, ...] = ()) -> Mode:
        mode = self.modes[name]
        if name == BASE_MODE:
            if mode.limits or mode.context_conflicts or mode.inherits != BASE_MODE:
                raise self._wrong(name, "general mode is the policy itself: change policy.toml")
            return mode
        if mode.inherits not in self.modes:
            raise self._wrong(name, f"inherits: there is no mode {mode.inherits!r}")
        if mode.inherits in (*below, name):
            raise self._wrong(name, f"inherits: {' -> '.join((*below, name, mode.inherits))} is a circle")
        parent = self.whole(mode.inherits, (*below, name))
        limits = {stage: {**parent.limits.get(stage, {}), **mode.limits.get(stage, {})} for stage in Stage}
        signs = {
            stage: {**parent.context_conflicts.get(stage, {}), **mode.context_conflicts.get(stage, {})}
            for stage in Stage
        }
        return mode.model_copy(update={"limits": _kept(limits), "context_conflicts": _kept(signs)})

    def _wrong(self, name: str, why: str) -> PresetError:
        return PresetError(f"{self.folder / name}.toml: {why}", ADVICE)


def _kept(tables: Mapping[Stage, dict[str, T]]) -> dict[Stage, dict[str, T]]:
    return {stage: table for stage, table in tables.items() if table}


def inherited(modes: Mapping[str, Mode], folder: Path) -> dict[str, Mode]:
    """Every mode with all that it inherits. Raises PresetError for an unknown parent or a circle."""
    family = _Family(modes, folder)
    if BASE_MODE not in modes:
        raise PresetError(f"{folder}: {BASE_MODE}.toml is missing", ADVICE)
    return {name: family.whole(name) for name in modes}
