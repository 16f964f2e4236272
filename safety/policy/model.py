"""The policy as data: categories, limits per stage, modes. A file that is not valid stops the start.

Limits are looked up by "category.aspect", then by "category". What a limit's `loosest` does not allow,
no mode can relax; a category with `hard = true` cannot be named by a mode at all. Text read in a picture has limits of
its own where it means something else than the same words in a prompt; for all others those of prompts hold.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from safety.config import ADVICE, ConfigModel, first_problem, parse, read_toml
from safety.errors import PresetError, RequestError
from safety.messages.catalogue import Catalogue, Messages, load_catalogue
from safety.policy.added_category import AddedCategory
from safety.policy.mode_lock import ModeLock
from safety.policy.modes import BASE_MODE, Mode, inherited
from safety.policy.thresholds import Limits, Thresholds
from safety.records import Finding, Stage, Verdict

__all__ = ["BASE_MODE", "Category", "Mode", "Policy", "Thresholds", "load_policy"]


class Category(ConfigModel):
    """One hazard of the taxonomy: its public code and its clause. Its words are in locales/."""

    code: int = Field(ge=100, le=999)
    clause: str
    hard: bool = False


class Corroboration(ConfigModel):
    """What the findings of rules need beside them: a rule of words alone does not stop a prompt that reads harmless.

    checks: names of the checks whose findings need it. by: the checks of which one must agree. note, warn, block: the
    probability, 0..1, that it must give for such a finding to count that much; a missing step needs none. exempt: keys
    ("category.aspect") of findings that count by themselves. deeds: the keys of rules that name a deed and its object,
    which are refused from `deed` on. stops_from: for some categories more than `warn`, since their words stand as
    often in what speaks against the harm; deeds are not meant.
    """

    checks: tuple[str, ...]
    by: tuple[str, ...]
    exempt: tuple[str, ...] = ()
    note: float = Field(default=0.0, ge=0.0, le=1.0)
    warn: float = Field(ge=0.0, le=1.0)
    block: float = Field(ge=0.0, le=1.0)
    deed: float = Field(default=1.0, ge=0.0, le=1.0)
    deeds: tuple[str, ...] = ()
    stops_from: dict[str, float] = {}

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.note <= self.warn <= self.block or (self.deeds and self.deed < self.warn):
            raise ValueError("corroboration must rise from note to warn to block, and to deed")
        if any(not self.warn <= probability <= 1 for probability in self.stops_from.values()):
            raise ValueError("corroboration: stops_from must be at least warn, and at most 1")
        return self

    def highest(self, probability: float, kind: str) -> Verdict:
        """Returns the worst verdict that a rule's finding of a kind may have beside this probability, 0..1."""
        deed = kind in self.deeds
        least = 0.0 if deed else self.stops_from.get(kind.partition(".")[0], 0.0)
        block = min(self.deed, self.block) if deed else max(self.block, least)
        steps = ((Verdict.BLOCK, block), (Verdict.WARN, max(self.warn, least)), (Verdict.NOTE, self.note))
        return next((verdict for verdict, at in steps if probability >= at), Verdict.ALLOW)


class Together(ConfigModel):
    """Two groups of categories of which no mode relaxes one beside the other: nudity in a scene of gore."""

    one: Annotated[tuple[str, ...], Field(min_length=1)]
    other: Annotated[tuple[str, ...], Field(min_length=1)]

    def crossed(self, worst: Mapping[str, Verdict]) -> bool:
        """Tells whether general mode would refuse for one group and at least ask for the other.

        worst: the worst verdict of general mode for each category.
        """
        sides = [max(worst.get(name, Verdict.ALLOW) for name in names) for names in (self.one, self.other)]
        return min(sides) >= Verdict.WARN and max(sides) >= Verdict.BLOCK


class _PolicyFile(ConfigModel):
    version: str
    category: dict[str, Category]
    corroboration: Corroboration | None = None
    together: tuple[Together, ...] = ()
    limits: dict[Stage, dict[str, Limits]]


class Policy(ConfigModel):
    """The whole policy, validated. `digest` (SHA-256 over all its files) names exactly this one.

    `folder`: where it was read. `added`: the categories that the operator has added (`with_categories`). `locked`: the
    mode that the operator has set for everybody; "" where each chooses. `class_lock`: the mode that holds while a class
    runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    version: str
    digest: str
    category: dict[str, Category]
    corroboration: Corroboration | None = None
    together: tuple[Together, ...] = ()
    limits: dict[Stage, dict[str, Limits]]
    mode: dict[str, Mode]
    catalogue: Catalogue
    folder: Path
    added: tuple[AddedCategory, ...] = ()
    locked: str = ""
    class_lock: ModeLock = Field(default_factory=ModeLock)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if BASE_MODE not in self.mode:
            raise ValueError(f"modes/{BASE_MODE}.toml is missing")
        for name in {name for pair in self.together for name in (*pair.one, *pair.other)}:
            if name not in self.category or self.category[name].hard:
                raise ValueError(f"together: {name!r} is no category, or a hard line")
        for stage, table in self.limits.items():
            for key, limits in table.items():
                self._check_base(f"limits.{stage}.{key}", key, limits)
        for name, mode in self.mode.items():
            self._check_mode(name, mode)
        if self.locked and self.locked not in self.mode:
            raise ValueError(f"SAFELIGHT_MODE is {self.locked!r}; the modes are {', '.join(sorted(self.mode))}")
        return self

    def _check_base(self, where: str, key: str, limits: Limits) -> None:
        category = self.category.get(key.partition(".")[0])
        if category is None:
            raise ValueError(f"{where}: no such category")
        if category.hard and (limits.hard is None or limits.loosest is not None):
            raise ValueError(f"{where}: a hard line needs a hard threshold and cannot be loosened")
        if not category.hard and limits.hard is not None:
            raise ValueError(f"{where}: only a category with hard = true may have a hard threshold")

    def _check_mode(self, name: str, mode: Mode) -> None:
        for stage, loosened in mode.limits.items():
            for key, thresholds in loosened.items():
                self._check_limit(f"modes/{name}.toml: limits.{stage}.{key}", stage, key, thresholds)
        for stage, signs in mode.context_conflicts.items():
            for key in signs:
                if key not in self.limits.get(stage, {}):
                    raise ValueError(
                        f"modes/{name}.toml: contradicted.{stage}.{key}: the base policy has no such limit"
                    )

    def _check_limit(self, where: str, stage: Stage, key: str, thresholds: Thresholds) -> None:
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
            raise RequestError(f"There is no mode {name[:40]!r}.", f"Choose one of: {known}.", "mode") from None

    def effective_mode(self, asked: str) -> str:
        """The mode that decides when `asked` is asked for. Raises RequestError for one that does not exist."""
        self.mode_of(asked)
        return self.locked_mode or asked

    @property
    def locked_mode(self) -> str:
        """The mode that everybody works in, whatever is asked for; "" where each person chooses."""
        return self.locked or self.class_lock.mode

    def thresholds(self, stage: Stage, category: str, subcategory: str, mode: str) -> Thresholds | None:
        """What holds for a finding in a mode; None where the policy does not know its category."""
        relaxed = self.mode_of(mode).limits
        stages = (Stage.TEXT, Stage.PROMPT) if stage is Stage.TEXT else (stage,)
        for key in (f"{category}.{subcategory}", category):
            for each in stages:
                if key in self.limits.get(each, {}):
                    return relaxed.get(each, {}).get(key, self.limits[each][key])
        return None

    def least_score(
        self, verdict: Verdict, stage: Stage, kinds: Iterable[tuple[str, str]], mode: str = BASE_MODE
    ) -> float:
        """Returns the least score, 0..1, at which a finding of any of these (category, subcategory) gets a verdict
        in a mode, or a worse one; infinite where none does.
        """
        thresholds = (self.thresholds(stage, category, subcategory, mode) for category, subcategory in kinds)
        return min((limits.at(verdict) for limits in thresholds if limits), default=math.inf)

    def context_conflict(self, finding: Finding, stage: Stage, mode: str) -> float | None:
        """From which score on such a finding says that a work does not belong to the mode, if this one does."""
        signs = self.mode_of(mode).context_conflicts.get(finding.stage or stage, {})
        at = signs.get(f"{finding.category}.{finding.subcategory}", signs.get(finding.category))
        return at if at is not None and finding.score >= at else None

    def with_mode(self, name: str, mode: Mode) -> Policy:
        """Returns this policy with one more mode, as if it were read from modes/`name`.toml. Nothing is written.

        Raises PresetError where a limit is outside of what `loosest` allows, or a hard line is named.
        """
        folder = self.folder / "modes"
        modes = inherited({**self.mode, name: mode}, folder)
        mode_digest = f"{self.digest}\0{name}\0{mode.model_dump_json(by_alias=True)}".encode()
        parts = dict(self) | {
            "mode": modes,
            "catalogue": replace(self.catalogue, modes={**self.catalogue.modes, name: modes[name]}),
            "digest": hashlib.sha256(mode_digest).hexdigest(),
        }
        try:
            return Policy(**parts)
        except ValidationError as error:
            raise PresetError(f"{folder / name}.toml: {first_problem(error)}", ADVICE) from None

    @property
    def shipped_categories(self) -> tuple[str, ...]:
        """Returns the names of the categories that policy.toml has."""
        added = {one.name for one in self.added}
        return tuple(name for name in self.category if name not in added)

    def with_categories(self, added: Sequence[AddedCategory]) -> Policy:
        """Returns this policy with more categories. No limit that it has is moved, and nothing is written.

        Raises PresetError for a name or a code that is taken.
        """
        if not added:
            return self
        names, codes = set(self.category), {category.code for category in self.category.values()}
        for one in added:
            if one.name in names or one.code in codes:
                what = f"The category {one.name!r} has the name or the code of one that there is."
                raise PresetError(what, "Remove it, and add it under another name: python app.py category remove NAME.")
            names.add(one.name)
            codes.add(one.code)
        digests = "\0".join((self.digest, *(one.digest for one in added)))
        own = {one.name: Category(code=one.code, clause=one.clause) for one in added}
        limits = {
            stage: self.limits.get(stage, {}) | {one.name: one.limits[stage] for one in added if stage in one.limits}
            for stage in Stage
        }
        parts = dict(self) | {
            "category": {**self.category, **own},
            "limits": {stage: table for stage, table in limits.items() if table},
            "catalogue": self.catalogue.with_categories(added),
            "digest": hashlib.sha256(digests.encode()).hexdigest(),
            "added": (*self.added, *added),
        }
        return Policy(**parts)

    def messages(self, language: str = "") -> Messages:
        """Returns the texts of a language; "" is the one that the operator set. Raises RequestError."""
        return self.catalogue.messages(language)


def load_policy(folder: Path, locked: str = "", language: str = "", extra: Path | None = None) -> Policy:
    """Reads policy.toml, modes/*.toml, locales/*.toml and help.toml. Raises PresetError that names file and key.

    `extra`: the file of one more mode, which takes the place of one that has its name.
    """
    modes_there = [path for path in (folder / "modes").glob("*.toml") if extra is None or path.stem != extra.stem]
    paths = [folder / "policy.toml", *sorted([*modes_there, *([extra] if extra else [])], key=lambda path: path.name)]
    tables = {path: read_toml(path) for path in paths}
    digest = hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)).hexdigest()
    base = parse(_PolicyFile, tables.pop(paths[0]), paths[0])
    modes = inherited({path.stem: parse(Mode, table, path) for path, table in tables.items()}, folder / "modes")
    catalogue = load_catalogue(folder, modes, language)
    try:
        parts = dict(base) | {"digest": digest, "mode": modes, "catalogue": catalogue}
        return Policy(**parts, folder=folder, locked=locked)
    except ValidationError as error:
        raise PresetError(f"{folder}: {first_problem(error)}", ADVICE) from None
