"""The policy as data: categories, limits per stage, modes. A file that is not valid stops the start.

Limits are looked up by "category.aspect", then by "category". What a limit's `loosest` does not allow,
no mode can relax; a category with `hard = true` cannot be named by a mode at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from safety.errors import PresetError, RequestError
from safety.presets import ADVICE, Preset, first_problem, parse, read_toml
from safety.records import Stage, Verdict

STEPS = (("note", Verdict.NOTE), ("warn", Verdict.WARN), ("block", Verdict.BLOCK), ("hard", Verdict.HARD_BLOCK))
BASE_MODE = "general"


class Thresholds(Preset):
    """From which score on which verdict holds; a missing step is skipped. Scores are 0..1."""

    note: float | None = Field(default=None, gt=0, le=1)
    warn: float | None = Field(default=None, gt=0, le=1)
    block: float | None = Field(default=None, gt=0, le=1)
    hard: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        given = [at for _, at in self.steps()]
        if given != sorted(given):
            raise ValueError("thresholds must rise from note to warn to block to hard")
        return self

    def steps(self) -> Iterator[tuple[Verdict, float]]:
        for name, verdict in STEPS:
            if (at := getattr(self, name)) is not None:
                yield verdict, at

    def judge(self, score: float) -> tuple[Verdict, float | None]:
        """The verdict for a score and the threshold that it reached (None below all)."""
        reached = [(verdict, at) for verdict, at in self.steps() if score >= at]
        return reached[-1] if reached else (Verdict.ALLOW, None)

    def at(self, verdict: Verdict) -> float:
        """The score at which `verdict` or a worse one is reached; infinite where none is."""
        return min((at for v, at in self.steps() if v >= verdict), default=float("inf"))


class Limits(Thresholds):
    """The base policy's thresholds. `loosest` says how far a mode may move them; without it, not at all."""

    loosest: Thresholds | None = None


class Category(Preset):
    """One hazard of the taxonomy, with the words that a person reads."""

    code: int = Field(ge=100, le=999)
    title: str
    clause: str
    reason: str
    help: str = ""
    hard: bool = False
    said: dict[str, str] = {}  # the reason in other words, by the aspect of the finding


class Mode(Preset):
    """The context of the work. `limits` replaces the base policy's, entry by entry."""

    title: str
    description: str
    limits: dict[Stage, dict[str, Thresholds]] = {}


class _PolicyFile(Preset):
    version: str
    category: dict[str, Category]
    limits: dict[Stage, dict[str, Limits]]


class Policy(Preset):
    """The whole policy, validated. `digest` (SHA-256 over all files) names exactly this one."""

    version: str
    digest: str
    category: dict[str, Category]
    limits: dict[Stage, dict[str, Limits]]
    mode: dict[str, Mode]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if BASE_MODE not in self.mode:
            raise ValueError(f"modes/{BASE_MODE}.toml is missing")
        if Stage.TEXT in self.limits:
            raise ValueError("limits.text: text read in a picture is judged by limits.prompt")
        for stage, table in self.limits.items():
            for key, limits in table.items():
                self._check_base(f"limits.{stage}.{key}", key, limits)
        for name, mode in self.mode.items():
            for stage, loosened in mode.limits.items():
                for key, thresholds in loosened.items():
                    self._check_mode(f"modes/{name}.toml: limits.{stage}.{key}", stage, key, thresholds)
        return self

    def _check_base(self, where: str, key: str, limits: Limits) -> None:
        category = self.category.get(key.partition(".")[0])
        if category is None:
            raise ValueError(f"{where}: no such category")
        if category.hard and (limits.hard is None or limits.loosest is not None):
            raise ValueError(f"{where}: a hard line needs a hard threshold and cannot be loosened")
        if not category.hard and limits.hard is not None:
            raise ValueError(f"{where}: only a category with hard = true may have a hard threshold")

    def _check_mode(self, where: str, stage: Stage, key: str, thresholds: Thresholds) -> None:
        base = self.limits.get(stage, {}).get(key)
        if base is None:
            raise ValueError(f"{where}: the base policy has no such limit")
        if self.category[key.partition(".")[0]].hard or thresholds.hard is not None:
            raise ValueError(f"{where}: a hard line holds in every mode")
        for verdict, at in base.steps():
            floor = at if base.loosest is None else base.loosest.at(verdict)
            if thresholds.at(verdict) > floor:
                raise ValueError(f"{where}: {verdict.name} must be reached at {floor} or below")

    def mode_of(self, name: str) -> Mode:
        try:
            return self.mode[name]
        except KeyError:
            known = ", ".join(sorted(self.mode))
            raise RequestError(f"There is no mode {name!r}.", f"Choose one of: {known}.") from None

    def thresholds(self, stage: Stage, category: str, aspect: str, mode: str) -> Thresholds | None:
        """What holds for a finding in a mode; None where the policy does not know its category."""
        stage = Stage.PROMPT if stage is Stage.TEXT else stage
        base, relaxed = self.limits.get(stage, {}), self.mode_of(mode).limits.get(stage, {})
        for key in (f"{category}.{aspect}", category):
            if key in base:
                return relaxed.get(key, base[key])
        return None


def load_policy(folder: Path) -> Policy:
    """Reads `policy.toml` and `modes/*.toml`. Raises PresetError that names the file and the key."""
    paths = [folder / "policy.toml", *sorted((folder / "modes").glob("*.toml"))]
    tables = {path: read_toml(path) for path in paths}
    digest = hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)).hexdigest()
    base = parse(_PolicyFile, tables.pop(paths[0]), paths[0])
    modes = {path.stem: parse(Mode, table, path) for path, table in tables.items()}
    try:
        return Policy(**dict(base), digest=digest, mode=modes)
    except ValidationError as error:
        raise PresetError(f"{folder}: {first_problem(error)}", ADVICE) from None
