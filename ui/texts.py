"""Strings of the page, by language: presets/locales/page/*.toml. What a language lacks is said in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from safety.config import read_toml
from safety.errors import PresetError
from safety.resources import PRESETS

ENGLISH = "en"
FOLDER = PRESETS / "locales" / "page"
# What stands between thousands where it is no comma.
GROUPING = {"de": ".", "es": "\u202f", "fr": "\u202f"}


@dataclass(frozen=True)
class Texts:
    """Holds the strings of one language, under keys such as "create.go"."""

    tag: str
    strings: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.strings[key]

    def number(self, value: int) -> str:
        """Returns a whole number as the language groups its digits."""
        return grouped(f"{value:,}", self.tag)

    def say(self, key: str, **names: object) -> str:
        """Returns a string with its names filled in."""
        return self.strings[key].format(**names)


def grouped(number: str, tag: str) -> str:
    """Returns a whole number such as "4,000" as a language writes it. Spanish groups from five digits on."""
    if tag == "es" and len(number) < len("10,000"):
        return number.replace(",", "")
    return number.replace(",", GROUPING.get(tag, ","))


def page_texts(language: str = ENGLISH) -> Texts:
    """Returns the strings of a language such as "de" or "de-AT"; English for one that has none."""
    every = all_texts()
    return every.get(language.partition("-")[0].lower(), every[ENGLISH])


def languages() -> dict[str, str]:
    """Returns the own name of each language by its tag."""
    return {tag: texts["page.language"] for tag, texts in all_texts().items()}


@cache
def all_texts() -> Mapping[str, Texts]:
    """Reads all languages, each completed by English. Raises PresetError for a file that is not valid."""
    own = {path.stem: _flat(path.name, read_toml(path)) for path in sorted(FOLDER.glob("*.toml"))}
    english = own[ENGLISH]
    return MappingProxyType({tag: Texts(tag, MappingProxyType(english | strings)) for tag, strings in own.items()})


def _flat(file: str, tables: Mapping[str, object]) -> dict[str, str]:
    """Returns every string under "table.key"."""
    strings: dict[str, str] = {}
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise PresetError(
                f"locales/page/{file}: [{name}] holds something else than strings.", "Write strings only."
            )
        strings |= {f"{name}.{key}": value for key, value in table.items()}
    return strings
