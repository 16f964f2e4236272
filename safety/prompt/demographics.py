"""People whom a prompt names and leaves open; and the same prompt with that filled in, for a balanced set.

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

from safety.config import ConfigModel, parse, read_toml
from safety.records import Finding, Prompt, Span

FILE = "open_people.toml"
CERTAIN = 0.6  # of a remark, which is all that comes of it
CHAIN = 3  # words before a person that may describe it
ASPECT = "unspecified"
_WORD = re.compile(r"[\w-]+")
_DETERMINERS = {"a", "an", "the", "one", "my", "our", "your", "this", "that", "each", "every", "another", "some"}

Terms = Annotated[tuple[str, ...], Field(min_length=1)]


class Attribute(ConfigModel):
    """What may be left open of a person; `said` are the words that say it, `fill` what pictures take turns with."""

    name: str
    fill: Terms
    place: Literal["before", "after"]
    said: Terms
    said_before: tuple[str, ...] = ()


class DemographicsFile(ConfigModel):
    """The whole of presets/open_people.toml."""

    roles: Terms
    anybody: Terms
    things: Terms
    settled: Terms
    attribute: Annotated[tuple[Attribute, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_a_place(self) -> Self:
        if len({one.place for one in self.attribute}) < len(self.attribute):
            raise ValueError("attribute: only one may stand before a person, and one after")
        return self


@dataclass(frozen=True, slots=True)
class PromptVariant:
    """A prompt as one picture is drawn from it, and what was filled in, for people; "" where nothing was."""

    prompt: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class UnspecifiedPerson:
    """The one person of a prompt, as typed, and what is left open."""

    span: Span
    anybody: bool
    open: tuple[Attribute, ...]


class DemographicsCheck:
    """Finds the open person, remarks on it as a check, and fills it in. `named`: whether a prompt names somebody."""

    name = "people left open"
    live = True

    def __init__(self, words: DemographicsFile, named: Callable[[str], bool]) -> None:
        self._attributes = words.attribute
        self._anybody = frozenset(term.lower() for term in words.anybody)
        self._person = _any_of((*words.roles, *words.anybody), unless=words.things)
        self._plural = _any_of(f"{term}s" for term in (*words.roles, *words.anybody))
        self._settled = _any_of(words.settled)
        self._said = {one.name: _any_of(one.said) for one in self._attributes}
        self._named = named

    def detect(self, subject: Prompt) -> Iterator[Finding]:
        """One finding where a person is left open. It says nothing about whether a prompt should be made."""
        if person := self.open_person(subject.text):
            seen = subject.text[person.span.start : person.span.end]
            yield Finding(self.name, "stereotype", CERTAIN, seen, ASPECT, (person.span,), probability=0.0)

    def open_person(self, text: str) -> UnspecifiedPerson | None:
        """The person, if there is exactly one, it has no name, and something is left open."""
        found = list(self._person.finditer(text))
        if len(found) != 1 or self._plural.search(text) or self._settled.search(text):
            return None
        span = Span(*found[0].span())
        before = [word.lower() for word in _WORD.findall(text[: span.start])[-CHAIN:]]
        if (before and _DETERMINERS.isdisjoint(before)) or _title(text, span) or self._named(text):
            return None
        left = tuple(one for one in self._attributes if not self._is_said(one, text, before))
        return UnspecifiedPerson(span, found[0][0].lower() in self._anybody, left) if left else None

    def _is_said(self, one: Attribute, text: str, before: Sequence[str]) -> bool:
        return bool(self._said[one.name].search(text)) or not set(one.said_before).isdisjoint(before)

    def variants(self, prompt: str, seeds: Sequence[int]) -> tuple[PromptVariant, ...]:
        """One wording a seed: any run of seeds as long as there are combinations shows each of them once."""
        person = self.open_person(prompt)
        if person is None:
            return tuple(PromptVariant(prompt) for _ in seeds)
        return tuple(_filled(prompt, person, turn(person.open, seed)) for seed in seeds)


def _any_of(terms: Iterable[str], unless: Iterable[str] = ()) -> re.Pattern[str]:
    """Whole words of these, in any case, unless the next word is one of `unless` or an owner is meant ("'s")."""
    longest_first = sorted(terms, key=len, reverse=True)
    alternatives = "|".join(re.escape(term).replace(r"\ ", r"[\s-]+") for term in longest_first)
    things = "|".join(re.escape(term) for term in unless)
    not_before = rf"(?!['’]s\b)(?!\s+(?:{things})\b)" if things else ""
    return re.compile(rf"(?<![\w'’-])(?:{alternatives})(?![\w-]){not_before}", re.IGNORECASE)


def _title(text: str, span: Span) -> bool:
    """ "Doctor Strange", "Judge Judy": a capital before another capitalised word may begin a name."""
    return text[span.start].isupper() and text[span.end :].lstrip()[:1].isupper()


def turn(attributes: Sequence[Attribute], seed: int) -> list[str]:
    """Which value each attribute takes for a seed. Runs through every combination, evenly from the start."""
    counts = [len(one.fill) for one in attributes]
    # Two counts that share a divisor would meet the same pairs again after their least common multiple.
    shift = seed // lcm(*counts) % (prod(counts) // lcm(*counts))
    return [one.fill[(seed + number * shift) % len(one.fill)] for number, one in enumerate(attributes)]


def _filled(prompt: str, person: UnspecifiedPerson, values: Sequence[str]) -> PromptVariant:
    words = {one.place: value for one, value in zip(person.open, values, strict=True)}
    role = prompt[person.span.start : person.span.end]
    head, tail = prompt[: person.span.start], prompt[person.span.end :]
    if "before" in words:
        role = words["before"] if person.anybody else f"{words['before']} {role}"
        head = re.sub(r"\b([Aa])n?(\s+)$", r"\1\2", head)  # "an astronaut" becomes "a woman astronaut"
    if "after" in words:
        role = f"{role} with {words['after']}"
    return PromptVariant(f"{head}{role}{tail}", ", ".join(values))


def load_demographics(folder: Path, named: Callable[[str], bool]) -> DemographicsCheck:
    """Reads open_people.toml of the presets folder. Raises PresetError."""
    path = folder / FILE
    return DemographicsCheck(parse(DemographicsFile, read_toml(path), path), named)
