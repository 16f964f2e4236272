"""A category that an operator has added to the policy, beside those that ship."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from safety.config import ConfigModel
from safety.policy.thresholds import Limits
from safety.records import Stage

FIRST_CODE = 800  # the codes 801 to 899 are the operator's
CLAUSE = "8"
AT_LIMIT = 0.5  # the score at which its check says that the limit is reached
MAX_EXAMPLES = 2  # on the page of the policy

Level = Literal["note", "warn", "block"]


class Addable(Protocol):
    """Names what a policy takes from a category of an operator (`safety.prompt.example_categories` has it)."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> int: ...

    @property
    def title(self) -> str: ...

    @property
    def sentence(self) -> str: ...

    @property
    def level(self) -> Level: ...

    @property
    def digest(self) -> str: ...

    @property
    def check(self) -> str: ...

    @property
    def enabled(self) -> bool: ...

    @property
    def has_pictures(self) -> bool: ...

    @property
    def examples(self) -> Sequence[str]: ...


class AddedCategory(ConfigModel):
    """Names a category, what happens at its limit, and what people read of it.

    number: of its code and clause. digest: SHA-256 of all that it finds. examples: a few, for the page of the policy.
    check: the name of the check that finds it. has_pictures: pictures are judged, too.
    """

    name: str
    number: Annotated[int, Field(ge=1, le=99)]
    title: str
    sentence: str
    level: Level
    digest: str
    check: str
    has_pictures: bool = False
    examples: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """Returns its public code."""
        return FIRST_CODE + self.number

    @property
    def clause(self) -> str:
        """Returns the number of its clause."""
        return f"{CLAUSE}.{self.number}"

    @property
    def limits(self) -> dict[Stage, Limits]:
        """Returns its limits for each stage. Without `loosest`, so no mode relaxes them."""
        stages = (Stage.PROMPT, Stage.PICTURE) if self.has_pictures else (Stage.PROMPT,)
        return {stage: Limits.model_validate({self.level: AT_LIMIT}) for stage in stages}


def added_categories(categories: Iterable[Addable]) -> tuple[AddedCategory, ...]:
    """Returns what a policy has to know of those categories that are switched on."""
    names = [name for name in AddedCategory.model_fields if name != "examples"]
    return tuple(
        AddedCategory(**{name: getattr(one, name) for name in names}, examples=tuple(one.examples[:MAX_EXAMPLES]))
        for one in categories
        if one.enabled
    )
