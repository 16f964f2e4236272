"""States and reads for what a picture may be used in training: CAWG's assertion on training and data mining (1.1).

C2PA defined it until 1.4 under its own name, which its specification 2.4 knows no more; files that have it are read.
What is damaged, or says something that the definition does not know, counts as not allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from safety.marks.crjson import Manifest, as_mapping

LABEL = "cawg.training-mining"
OLDER_LABEL = "c2pa.training-mining"
INFERENCE = "ai_inference"
TRAINING_ENTRIES = ("data_mining", "ai_training", "ai_generative_training")
ENTRIES = (*TRAINING_ENTRIES, INFERENCE)
MAX_CONSTRAINTS = 500  # characters
PLUS = "http://ns.useplus.org/ldf/vocab/"


class TrainingUse(StrEnum):
    """Says whether a use is free. Without more, "constrained" is read as not allowed."""

    ALLOWED = "allowed"
    CONSTRAINED = "constrained"
    NOT_ALLOWED = "notAllowed"


@dataclass(frozen=True, slots=True)
class TrainingPermission:
    """Holds what an operator states of every picture, entry by entry; nothing where none is set.

    `constraints` says in words, or by an address, what holds for the constrained uses.
    """

    uses: tuple[tuple[str, TrainingUse], ...] = ()
    constraints: str = ""

    @classmethod
    def parse(cls, value: str, constraints: str = "") -> TrainingPermission:
        """Reads "notAllowed" for all entries, or "ai_training=notAllowed, data_mining=allowed". Raises ValueError."""
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if len(parts) == 1 and "=" not in parts[0]:
            parts = [f"{entry}={parts[0]}" for entry in ENTRIES]
        pairs = [tuple(side.strip() for side in part.split("=", 1)) for part in parts]
        uses = {entry: TrainingUse(use) for entry, use in pairs}
        if len(uses) != len(pairs) or not set(uses) <= set(ENTRIES):
            raise ValueError(value)
        return cls(tuple((entry, uses[entry]) for entry in ENTRIES if entry in uses), constraints)

    def reserved(self) -> TrainingPermission:
        """Returns the same where no training is allowed: a file that reserves it keeps that, whatever is set."""
        uses = dict(self.uses) | dict.fromkeys(TRAINING_ENTRIES, TrainingUse.NOT_ALLOWED)
        return TrainingPermission(tuple((entry, uses[entry]) for entry in ENTRIES if entry in uses), self.constraints)

    def assertion(self) -> dict[str, Any]:
        """Returns the assertion's data; empty where nothing is stated."""
        entries: dict[str, dict[str, str]] = {f"cawg.{entry}": {"use": use} for entry, use in self.uses}
        for entry in entries.values():
            if entry["use"] == TrainingUse.CONSTRAINED and self.constraints:
                entry["constraint_info"] = self.constraints
        return {"entries": entries} if entries else {}

    def data_mining(self) -> str:
        """Returns the value of IPTC's property DataMining (vocabulary of PLUS) that says most of it; "" for none."""
        uses = dict(self.uses)
        forbidden = {entry for entry, use in uses.items() if use is TrainingUse.NOT_ALLOWED}
        if "data_mining" in forbidden:
            return f"{PLUS}DMI-PROHIBITED"
        if "ai_training" in forbidden:
            return f"{PLUS}DMI-PROHIBITED-AIMLTRAINING"
        if "ai_generative_training" in forbidden:
            return f"{PLUS}DMI-PROHIBITED-GENAIMLTRAINING"
        if TrainingUse.CONSTRAINED in (uses.get(entry) for entry in TRAINING_ENTRIES):
            return f"{PLUS}DMI-PROHIBITED-SEECONSTRAINT"
        return f"{PLUS}DMI-ALLOWED" if set(TRAINING_ENTRIES) <= set(uses) else ""


def uses_of(manifests: Iterable[Manifest]) -> tuple[tuple[str, TrainingUse], ...]:
    """Returns what manifests state, entry by entry; where they differ, the stricter one."""
    found = _strictest(pair for _, entries in _assertions(manifests) for pair in entries.items())
    return tuple((entry, found[entry]) for entry in ENTRIES if entry in found)


def _strictest(stated: Iterable[tuple[str, TrainingUse]]) -> dict[str, TrainingUse]:
    """Returns the strictest use that is stated of each entry."""
    order, found = list(TrainingUse), dict[str, TrainingUse]()
    for entry, use in stated:
        found[entry] = max(use, found.get(entry, use), key=order.index)
    return found


def reservations_of(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Returns the labels of the assertions that reserve any use which training is, each once."""
    reserving = (
        label
        for label, entries in _assertions(manifests)
        if any(entries.get(entry, TrainingUse.ALLOWED) is not TrainingUse.ALLOWED for entry in TRAINING_ENTRIES)
    )
    return tuple(dict.fromkeys(reserving))


def _assertions(manifests: Iterable[Manifest]) -> Iterator[tuple[str, Mapping[str, TrainingUse]]]:
    """Yields label and entries of each assertion; every entry is forbidden in one of another shape."""
    for manifest in manifests:
        for name, data in manifest.assertions.items():
            label = name.partition("__")[0]
            if label.startswith((LABEL, OLDER_LABEL)):
                yield label, _entries(data) or dict.fromkeys(ENTRIES, TrainingUse.NOT_ALLOWED)


def _entries(data: Mapping[str, Any]) -> Mapping[str, TrainingUse]:
    """Returns the known entries of an assertion, without their prefix: one that stands there twice as the stricter."""
    outer = as_mapping(data.get("entries", data))
    # Early writers put the entries one deeper.
    entries = [*outer.items(), *as_mapping(outer.get("metadata")).items()]
    named = ((str(name).rpartition(".")[2], _use(entry)) for name, entry in entries)
    return _strictest((entry, use) for entry, use in named if entry in ENTRIES)


def _use(entry: object) -> TrainingUse:
    said = entry.get("use") if isinstance(entry, Mapping) else entry
    return TrainingUse(str(said)) if said in list(TrainingUse) else TrainingUse.NOT_ALLOWED
