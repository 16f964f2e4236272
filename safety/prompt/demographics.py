"""Finds people whom a prompt leaves open, and fills them in for a balanced set.

Left to itself, a model decides by the habits of its data (Luccioni et al., "Stable Bias", NeurIPS 2023). Filling in
openly stated attributes, only when asked and never for named people, is the plainest remedy there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import lcm, prod
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safety.config import ConfigModel
from safety.prompt.lexicon import Score, Terms
from safety.records import Finding, Prompt, Span

FILE = "open_people.toml"
SUBCATEGORY = "unspecified"
CHAIN = 3  # words before a person that may describe it
_WORD = re.compile(r"[\w-]+")
_DETERMINERS = {"a", "an", "the", "one", "my", "our", "your", "this", "that", "each", "every", "another", "some"}


class Attribute(ConfigModel):
    """Holds what may be left open of a person.

    `stated_by` are words that state it, `stated_before` words that do so right before the person. `fill` are the values
    that pictures take turns with, put in before or after the person.
    """

    name: str
    fill: Terms
    place: Literal["before", "after"]
    stated_by: Terms = Field(alias="said")
    stated_before: tuple[str, ...] = Field(default=(), alias="said_before")


class DemographicsFile(ConfigModel):
    """Holds presets/open_people.toml. `score`: of a prompt that leaves a person open, 0..1."""

    score: Score
    roles: Terms
    anybody: Terms
    things: Terms
    settled: Terms
    attribute: Annotated[tuple[Attribute, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_attribute_a_place(self) -> Self:
        if len({attribute.place for attribute in self.attribute}) < len(self.attribute):
            raise ValueError("attribute: only one may stand before a person, and one after")
        return self


@dataclass(frozen=True, slots=True)
class PromptVariant:
    """Holds a prompt as one picture is drawn from it, and what was filled in, for people to read; "" for nothing."""

    prompt: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class UnspecifiedPerson:
    """Holds the one person of a prompt, as typed, and the attributes that are left open."""

    span: Span
    anybody: bool
    open: tuple[Attribute, ...]


class DemographicsCheck:
    """Finds the person left open, remarks on it as a check, and fills it in.

    `names_anybody` tells whether a text has a name in it, real or of a story: a named person is not left open.
    """

    name = "people left open"
    live = True

    def __init__(self, file: DemographicsFile, names_anybody: Callable[[str], bool]) -> None:
        self._score = file.score
        self._attributes = file.attribute
        self._anybody = frozenset(term.lower() for term in file.anybody)
        self._person = _any_of((*file.roles, *file.anybody), unless=file.things)
        self._plural = _any_of(f"{term}s" for term in (*file.roles, *file.anybody))
        self._settled = _any_of(file.settled)
        self._stated = {attribute.name: _any_of(attribute.stated_by) for attribute in self._attributes}
        self._names_anybody = names_anybody

    def detect(self, subject: Prompt) -> Iterator[Finding]:
        """Yields one finding where a person is left open, of probability 0: it says nothing of harm."""
        if person := self.unspecified_person(subject.text):
            typed = subject.text[person.span.start : person.span.end]
            yield Finding(self.name, "stereotype", self._score, typed, SUBCATEGORY, (person.span,), probability=0.0)

    def unspecified_person(self, text: str) -> UnspecifiedPerson | None:
        """Returns the person, if there is exactly one, it has no name, and something is left open."""
        people = list(self._person.finditer(text))
        if len(people) != 1 or self._plural.search(text) or self._settled.search(text):
            return None
        span = Span(*people[0].span())
        before = [word.lower() for word in _WORD.findall(text[: span.start])[-CHAIN:]]
        if (before and _DETERMINERS.isdisjoint(before)) or _title(text, span) or self._names_anybody(text):
            return None
        left_open = tuple(attribute for attribute in self._attributes if not self._is_stated(attribute, text, before))
        return UnspecifiedPerson(span, people[0][0].lower() in self._anybody, left_open) if left_open else None

    def _is_stated(self, attribute: Attribute, text: str, before: Sequence[str]) -> bool:
        stated = self._stated[attribute.name].search(text)
        return bool(stated) or not set(attribute.stated_before).isdisjoint(before)

    def variants(self, prompt: str, seeds: Sequence[int]) -> tuple[PromptVariant, ...]:
        """Returns one variant a seed: as many seeds in a row as there are combinations show each of them once."""
        person = self.unspecified_person(prompt)
        if person is None:
            return tuple(PromptVariant(prompt) for _ in seeds)
        return tuple(_filled(prompt, person, values_for(person.open, seed)) for seed in seeds)


def load_demographics(presets: Path, names_anybody: Callable[[str], bool]) -> DemographicsCheck:
    """Reads `open_people.toml` of the presets. Raises PresetError."""
    return DemographicsCheck(DemographicsFile.load(presets / FILE), names_anybody)


def values_for(attributes: Sequence[Attribute], seed: int) -> list[str]:
    """Returns which value each attribute takes for a seed. Seeds run through every combination, evenly."""
    counts = [len(attribute.fill) for attribute in attributes]
    # Two counts that share a divisor would meet the same pairs again after their least common multiple.
    shift = seed // lcm(*counts) % (prod(counts) // lcm(*counts))
    return [
        attribute.fill[(seed + number * shift) % len(attribute.fill)] for number, attribute in enumerate(attributes)
    ]


def _any_of(terms: Iterable[str], unless: Iterable[str] = ()) -> re.Pattern[str]:
    """Matches whole words of these, in any case, unless a word of `unless` follows or an owner is meant ("'s")."""
    longest_first = sorted(terms, key=len, reverse=True)
    alternatives = "|".join(re.escape(term).replace(r"\ ", r"[\s-]+") for term in longest_first)
    things = "|".join(re.escape(term) for term in unless)
    not_before = rf"(?!['’]s\b)(?!\s+(?:{things})\b)" if things else ""
    return re.compile(rf"(?<![\w'’-])(?:{alternatives})(?![\w-]){not_before}", re.IGNORECASE)


def _title(text: str, span: Span) -> bool:
    """Tells whether a name may begin here: a capital before another capitalised word, as in "Doctor Strange"."""
    return text[span.start].isupper() and text[span.end :].lstrip()[:1].isupper()


def _filled(prompt: str, person: UnspecifiedPerson, values: Sequence[str]) -> PromptVariant:
    words = {attribute.place: value for attribute, value in zip(person.open, values, strict=True)}
    role = prompt[person.span.start : person.span.end]
    head, tail = prompt[: person.span.start], prompt[person.span.end :]
    if "before" in words:
        role = words["before"] if person.anybody else f"{words['before']} {role}"
        # "an astronaut" becomes "a woman astronaut".
        head = re.sub(r"\b([Aa])n?(\s+)$", r"\1\2", head)
    if "after" in words:
        role = f"{role} with {words['after']}"
    return PromptVariant(f"{head}{role}{tail}", ", ".join(values))
