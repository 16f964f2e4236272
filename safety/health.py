"""Which checks look, which don't, and what that means. Asked by letting every check look at something harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from safety.checks import Check, run_checks
from safety.records import Picture, Prompt, Stage

if TYPE_CHECKING:
    from PIL.Image import Image

HARMLESS = "a red apple on a table"
UNKNOWN = "No picture is shown and no prompt passes while this is so."


class State(StrEnum):
    """What became of one check."""

    LOOKS = "looks"
    ABSENT = "not installed"
    FAILS = "cannot look"


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What a check says of itself. `absent` is why it is not among those that look; empty if it is."""

    name: str
    about: str
    without: str
    required: bool
    absent: str = ""


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """One check as it is now. `why` is empty where it looks; `means` says what follows where it does not."""

    name: str
    stage: Stage
    state: State
    required: bool
    about: str = ""
    why: str = ""
    means: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """All checks, those of prompts first."""

    checks: tuple[CheckHealth, ...]

    def in_state(self, state: State) -> tuple[CheckHealth, ...]:
        return tuple(check for check in self.checks if check.state is state)

    @property
    def sound(self) -> bool:
        """Whether pictures can be made at all: nothing fails, and each stage has a check that looks."""
        stages = {check.stage for check in self.in_state(State.LOOKS)}
        return not self.in_state(State.FAILS) and stages == {Stage.PROMPT, Stage.PICTURE}


def examine(
    prompts: Sequence[Check[Prompt]], pictures: Sequence[Check[Picture]], described: Sequence[CheckInfo], image: Image
) -> Health:
    """Loads every check and lets it look, at `HARMLESS` or at `image` (RGB). May take seconds."""
    known = {each.name: each for each in described}
    rows = _looked(Stage.PROMPT, Prompt(HARMLESS), prompts, known) + _looked(
        Stage.PICTURE, Picture(image), pictures, known
    )
    absent = [
        CheckHealth(each.name, Stage.PICTURE, State.ABSENT, False, each.about, each.absent, each.without)
        for each in described
        if each.absent
    ]
    return Health(tuple(rows + absent))


def _looked(stage: Stage, subject: Any, checks: Sequence[Check[Any]], known: dict[str, CheckInfo]) -> list[CheckHealth]:
    rows = []
    for check in checks:
        each = known.get(check.name, CheckInfo(check.name, "", "", required=True))
        seen = run_checks(stage, subject, [_Loading(check)])
        why = seen.failed[0].why if seen.failed else ""
        state = State.FAILS if why else State.LOOKS
        rows.append(CheckHealth(check.name, stage, state, each.required, each.about, why, UNKNOWN if why else ""))
    return rows


@dataclass(frozen=True)
class _Loading:
    """A check that first loads what most subjects never need."""

    check: Check[Any]
    live: bool = False

    @property
    def name(self) -> str:
        return self.check.name

    def detect(self, subject: Any) -> Any:
        load = getattr(self.check, "load", None)
        if load is not None:
            load()
        return self.check.detect(subject)
