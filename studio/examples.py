"""Examples as data: prompts to click on the page, and both sides of each category on the policy page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from safety.config import ADVICE, ConfigModel
from safety.errors import PresetError


class Example(ConfigModel):
    """One prompt to click. `verdict`: what happens to it in its mode; where it isn't "allowed", it is there to teach.

    `embedded`: the embedded model can draw it; only such are offered where that model is chosen.
    """

    mode: str
    prompt: str
    verdict: Literal["allowed", "confirmation", "refused"] = "allowed"
    embedded: bool = False


class _ExamplesFile(ConfigModel):
    example: tuple[Example, ...]


class Sides(ConfigModel):
    """Prompts of one category that general mode lets through, and prompts that it stops."""

    passes: tuple[str, ...]
    stopped: tuple[str, ...] = ()


class _SidesFile(ConfigModel):
    category: dict[str, Sides]


def load_examples(folder: Path, modes: Iterable[str]) -> tuple[Example, ...]:
    """Reads examples.toml of a folder of presets. Raises PresetError that names the file and the key."""
    path, known = folder / "examples.toml", set(modes)
    examples = _ExamplesFile.load(path).example
    for number, example in enumerate(examples):
        if example.mode not in known:
            raise PresetError(f"{path}: example.{number}.mode: choose from {', '.join(sorted(known))}", ADVICE)
    return examples


def load_sides(folder: Path, categories: Iterable[str]) -> dict[str, Sides]:
    """Reads policy_examples.toml. Raises PresetError that names the file and the key, or a category that it lacks."""
    path = folder / "policy_examples.toml"
    sides, known = _SidesFile.load(path).category, set(categories)
    if wrong := sorted(known ^ set(sides)):
        raise PresetError(f"{path}: category.{wrong[0]}: one table for each category of policy.toml", ADVICE)
    return sides
