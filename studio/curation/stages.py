"""What a stage of the filter is: it looks at rows, once, and rules on what was seen, as often as somebody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from studio.curation.observation import Observation
from studio.curation.rows import Fate, Row

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(slots=True)
class Subject:
    """One row while stages look at it. `image` is RGB, None until it is decoded and where there is none."""

    row: Row
    seen: Observation
    image: Image | None = None

    @property
    def is_open(self) -> bool:
        """Tells whether there is anything left to be looked at: nothing has failed, and no list has it."""
        return not self.seen.problem and not self.seen.listed


@dataclass(frozen=True, slots=True)
class Ruling:
    """Says that a stage takes a row out, and why; with `context`, that the mode of that name keeps it all the same.

    `verdict` is the policy's, by name, where it judged. `fate`: LEAVE where the row may be copied nowhere.
    """

    stage: str
    reasons: tuple[str, ...]
    categories: tuple[str, ...] = ()
    verdict: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    fate: Fate = Fate.SET_ASIDE
    context: str = ""


class FilterStage(Protocol):
    """One part of the filter. Looking may need models; ruling needs what was seen alone, and the settings."""

    @property
    def name(self) -> str: ...

    def look(self, subjects: Sequence[Subject], /) -> None:
        """Puts what it sees into `seen` of each subject that is open. It may raise: then all of them have failed."""

    def rule(self, seen: Observation, /) -> Ruling | None:
        """Returns why the row is taken out; None where this stage has nothing against it."""


def open_subjects(subjects: Sequence[Subject]) -> list[Subject]:
    """Returns the subjects that are left to be looked at."""
    return [subject for subject in subjects if subject.is_open]


def pictured(subjects: Sequence[Subject]) -> list[tuple[Subject, Image]]:
    """Returns the subjects that are left and have a picture, with it."""
    return [(subject, subject.image) for subject in subjects if subject.is_open and subject.image is not None]
