"""Reads a request as what it amounts to: a person whose clothes are left out is asked for nude."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.hard_line_words import FILE as HARD_LINES_FILE
from safety.prompt.hard_line_words import PersonWords
from safety.prompt.lexicon import Terms
from safety.prompt.matcher import TermMatcher
from safety.prompt.public_figures import read_public_figures
from safety.prompt.request_syntax import split_request
from safety.text import normalise

FILE = "negative_prompt.toml"
_ITEMS = re.compile(r"[,;|\n、，]|\.\s")
_WORD = re.compile(r"[^\W_]+(?:[-+'’][^\W_]*)*")


class Wish(ConfigModel):
    """Holds words that ask for something by being left out: `least` of them, and none of `unless` beside them."""

    words: Terms
    adds: str
    least: Annotated[int, Field(ge=1)] = 1
    unless: tuple[str, ...] = ()


class NegativePromptFile(ConfigModel):
    """Holds presets/negative_prompt.toml."""

    people: Terms
    fillers: Terms
    wish: tuple[Wish, ...]


class PromptReader:
    """Turns a prompt and a negative prompt into the one text that is judged. Can be pickled."""

    def __init__(self, file: NegativePromptFile, names: Terms) -> None:
        self._people = TermMatcher((term, None) for term in (*file.people, *names))
        self._fillers = frozenset(file.fillers)
        self._wishes = file.wish

    def read(self, prompt: str, negative_prompt: str = "") -> str:
        """Returns what is asked for. It begins with the prompt; spaces stand for what that leaves out by itself."""
        split = split_request(prompt, negative_prompt)
        if not split.left_out or not split.wanted.strip():
            return split.wanted
        added = dict.fromkeys(wish.adds for wish in self._wishes if self._wished(wish, split.left_out))
        if not added or not self._people.find(normalise(split.wanted)):
            return split.wanted
        return ", ".join([split.wanted, *added])

    def _wished(self, wish: Wish, left_out: str) -> bool:
        items = [item for item in _ITEMS.split(left_out) if item.strip()]
        found = {word for item in items for word in self._only(item, wish.words)}
        against = any(any(self._only(item, wish.unless)) for item in items)
        return len(found) >= wish.least and not against

    def _only(self, item: str, vocabulary: tuple[str, ...]) -> Iterator[str]:
        """Yields the words of an item between commas if it has no others."""
        for variant in normalise(item).readings:
            words = [word for word in _WORD.findall(variant.text) if word not in self._fillers]
            words = words if all(word in vocabulary for word in words) else [" ".join(words)]
            if words and all(word in vocabulary for word in words):
                yield from words


def load_prompt_reader(presets: Path) -> PromptReader:
    """Reads `negative_prompt.toml` and the names of the presets. Raises PresetError."""
    given = PersonWords.load(presets / HARD_LINES_FILE, "person").given_names
    names = (*read_public_figures(presets).figures.names(), *given)
    return PromptReader(NegativePromptFile.load(presets / FILE), names)
