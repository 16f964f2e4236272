"""What rules of a country ask of the visible label, as data: presets/label_rules.toml.

A rule is asked twice: of the settings, when the studio starts, and of every label that was drawn, before its picture is
written. It can only ask for more than the label has anyway: no setting and no rule takes a label off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from safety.config import ConfigModel, parse, read_toml
from safety.errors import PresetError
from safety.marks.label import TEXT

if TYPE_CHECKING:
    from safety.marks.visible import Corner, Label

FILE = "label_rules.toml"
Place = Literal["top-right", "top-left", "bottom-right", "bottom-left"]
MAX_HEIGHT = 0.2  # of the short side; a rule that asks for more would leave no picture


class LabelRule(ConfigModel):
    """Holds one country's rule; each field is explained in presets/label_rules.toml."""

    law: str
    since: date
    language: str = ""
    words: tuple[tuple[str, ...], ...] = ()
    in_words: bool = False
    height: float = Field(default=0.0, ge=0, le=MAX_HEIGHT)
    corners: tuple[Place, ...] = Field(min_length=1)
    needs: tuple[Literal["PROVIDER", "VERIFY_URL"], ...] = ()
    realistic: bool = False
    stays: bool = False
    sound: str = ""
    source: str = Field(pattern="^https://")
    asked: date
    checked: bool


class _RulesFile(ConfigModel):
    rule: dict[str, LabelRule]


@dataclass(frozen=True, slots=True)
class LabelDemand:
    """Holds what the rules of several countries ask for together; without any, nothing.

    `words`: the label has one of each group. `in_words`: "AI" alone is not enough. `height`: the least of a
    character, as a share of the short side. `corners`: where it may stand; empty: anywhere. `needs`: settings that have
    to be set.
    """

    countries: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()
    in_words: bool = False
    height: float = 0.0
    corners: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    language: str = ""

    def lacking(self, text: str) -> str:
        """Returns what the text of a label has none of, in words; "" for one that has all."""
        if self.in_words and text == TEXT:
            return "words beside it"
        return next((" or ".join(group) for group in self.words if not any(word in text for word in group)), "")

    def problems(self, label: Label, size: tuple[int, int], corner: Corner) -> Iterator[str]:
        """Yields what a label on a picture of this (width, height) lacks, a sentence each; none for one that fits."""
        least = self.height * min(size)
        if lacking := self.lacking(label.text):
            yield f"Its label has no room for {lacking}."
        if label.text_height < least:
            yield f"Its label is {label.text_height} pixels high, and {least:.0f} are asked for."
        if self.corners and corner not in self.corners:
            yield f"Its label stands at the {corner}."


def load_label_rules(folder: Path) -> dict[str, LabelRule]:
    """Reads the rules by country from the presets folder. Raises PresetError that names file and key."""
    path = folder / FILE
    return parse(_RulesFile, {"rule": read_toml(path)}, path).rule


def together(rules: dict[str, LabelRule], countries: Sequence[str]) -> LabelDemand:
    """Returns what the rules of these countries ask for together. Raises PresetError where no label can meet all."""
    chosen = [rules[country] for country in countries]
    if not chosen:
        return LabelDemand()
    corners = [corner for corner in chosen[0].corners if all(corner in rule.corners for rule in chosen)]
    if not corners:
        raise PresetError(f"No corner of a picture suits the rules of {', '.join(countries)}.", "Name fewer.")
    return LabelDemand(
        countries=tuple(countries),
        words=tuple(dict.fromkeys(group for rule in chosen for group in rule.words)),
        in_words=any(rule.in_words for rule in chosen),
        height=max(rule.height for rule in chosen),
        corners=tuple(corners),
        needs=tuple(dict.fromkeys(name for rule in chosen for name in rule.needs)),
        language=next((rule.language for rule in chosen if rule.language), ""),
    )
