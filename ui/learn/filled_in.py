"""The panel that shows what a balanced set fills into a prompt, and what it leaves alone. Nothing is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from safety.config import ConfigModel
from safety.errors import RequestError
from ui.learn.panel import Desk, Json, text_of

MOST_WORDS = 200  # characters
SEEDS = 10  # so many pictures in a row show each combination once
NO_SETS = "This studio fills in no balanced sets."


class FilledInSettings(ConfigModel):
    """`prompts` are examples to click."""

    prompts: tuple[str, ...]


class FilledInPanel:
    """Fills in what the learner types, as `Studio.create` does for a balanced set. Nothing is recorded."""

    settings = FilledInSettings
    most_bytes = 2048

    def open(self, desk: Desk[FilledInSettings]) -> Json:
        """Returns the examples."""
        return {"words": desk.words("learn_filled_in."), "prompts": list(desk.settings.prompts)}

    def answer(self, desk: Desk[FilledInSettings], call: Mapping[str, Any]) -> Json:
        """Returns the prompts of ten pictures of `prompt`, and how often each value was filled in."""
        prompt = text_of(call, "prompt", MOST_WORDS)
        demographics = desk.studio.demographics
        if demographics is None:
            raise RequestError(NO_SETS)
        variants = demographics.variants(prompt, range(SEEDS))
        person = demographics.unspecified_person(prompt)
        names = [attribute.name for attribute in person.open] if person else []
        told: dict[str, Counter[str]] = {name: Counter() for name in names}
        for variant in variants:
            for name, value in zip(names, variant.filled.split(", "), strict=False):
                told[name][value] += 1
        return {
            "prompts": list(dict.fromkeys(variant.prompt for variant in variants)),
            "told": {name: dict(values) for name, values in told.items()},
        }
