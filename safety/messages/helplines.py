"""Where help is to be found, country by country: presets/help.toml. Shown before anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from safety.config import ADVICE, ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.messages.schema import HelpMessages

WORLD = "world"


class Helpline(ConfigModel):
    """One service. `phone`, `text`: numbers to call or to write to. `whom`: whom it is for, where that matters.

    `checked`: when the number was found in public sources (presets/help.toml); None for an unchecked one.
    """

    name: str
    phone: str = ""
    text: str = ""
    url: str = Field(default="", pattern="^(https://.*)?$")
    whom: Literal["", "child", "worried", "report"] = ""
    # For operators: a reader in need gets a number, and no footnote.
    checked: date | None = Field(default=None, exclude=True)

    def line(self, words: HelpMessages) -> str:
        """The service on one line, in a language."""
        ways = [words.call.format(phone=self.phone)] if self.phone else []
        ways += [words.text.format(text=self.text)] if self.text else []
        ways += [self.url.removeprefix("https://")] if self.url else []
        whom = f" ({getattr(words, self.whom)})" if self.whom else ""
        return f"{self.name}{whom}: {', '.join(ways)}"


class _Table(ConfigModel):
    """A category: services by ISO 3166 country code, and "world" for everybody else."""

    place: dict[str, tuple[Helpline, ...]]


class Helplines:
    """Services by category and country."""

    def __init__(self, tables: Mapping[str, Mapping[str, Sequence[Helpline]]]) -> None:
        self._tables = tables

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(self._tables)

    def places(self, category: str) -> tuple[str, ...]:
        """The countries that have services of their own."""
        return tuple(place for place in self._tables.get(category, {}) if place != WORLD)

    def of(self, category: str, place: str) -> tuple[Helpline, ...]:
        return tuple(self._tables.get(category, {}).get(place, ()))

    def near(self, category: str, country: str) -> tuple[Helpline, ...]:
        """Services of the country, then those of the world."""
        own = self.of(category, country)
        named = {each.name for each in own}
        return own + tuple(each for each in self.of(category, WORLD) if each.name not in named)


def load_helplines(folder: Path) -> Helplines:
    """Reads help.toml of the presets folder. Raises PresetError that names file and key."""
    path = folder / "help.toml"
    tables = {}
    for category, places in read_toml(path).items():
        tables[category] = parse(_Table, {"place": places}, path).place
        if not tables[category].get(WORLD):
            raise PresetError(f"{path}: {category}.{WORLD} is missing: help for those in no country named here", ADVICE)
    return Helplines(tables)
