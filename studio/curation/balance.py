"""Who is removed? The share of captions that a filter takes out, by the groups of people that the captions speak of.

Filters of web data are known to take out captions on women, queer and disabled people more often than others (Dodge et
al., EMNLP 2021, "Documenting Large Webtext Corpora"; Hong et al., EAAMO 2024, "Who's in and who's out?"). Here the loss
of each group stands beside that of all rows, each with an interval, so that chance is not read as bias.

A caption that speaks of a group by no word of presets/filter_groups.toml counts for no group.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from safety.config import ADVICE, read_toml
from safety.errors import PresetError

FILE = "filter_groups.toml"
PERSON = "{person}"
Z_95 = 1.96  # standard deviations of a 95 % interval
# A group that loses more than so many times the share of all rows is warned of.
WARNS_FROM = 2.0
# Of fewer rows, or fewer that are removed, no warning is given: one or two of them would make it.
FEWEST_ROWS, FEWEST_REMOVED = 10, 3
EXAMPLES = 5  # captions that are kept of each group, to be looked at


def wilson_interval(hits: int, of: int) -> tuple[float, float]:
    """Returns Wilson's 95 % interval of the share hits / of, each end 0..1; (0, 1) where nothing was counted.

    Wilson, JASA 1927. It stays within 0..1 and is near to right for few rows and for shares near 0, as here.
    """
    if not of:
        return 0.0, 1.0
    share, z = hits / of, Z_95
    middle, off = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = (middle - off) / (1 + z * z / of), (middle + off) / (1 + z * z / of)
    # Rounding leaves an end of 0 or 1 a hair beside it.
    return (0.0 if not hits else low), (1.0 if hits == of else high)


@dataclass(frozen=True, slots=True, order=True)
class CaptionGroup:
    """Names a group of people, or a subject, and its dimension: ("disability", "disabled people")."""

    dimension: str
    name: str

    def __str__(self) -> str:
        return f"{self.dimension}: {self.name}"


class GroupTerms:
    """Finds the groups that a caption speaks of, by whole words without regard to case."""

    def __init__(self, terms: Mapping[CaptionGroup, Sequence[str]]) -> None:
        self._patterns = {group: _any_of(words) for group, words in terms.items()}

    @property
    def groups(self) -> tuple[CaptionGroup, ...]:
        """Returns all groups, in the order of the file."""
        return tuple(self._patterns)

    def find(self, caption: str) -> tuple[CaptionGroup, ...]:
        """Returns the groups that a caption speaks of, in the order of the file."""
        text = caption.casefold()
        return tuple(group for group, pattern in self._patterns.items() if pattern.search(text))


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    found = sorted({word.casefold() for word in words}, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, found))})(?!\w)")


def load_group_terms(presets: Path) -> GroupTerms:
    """Reads filter_groups.toml. Raises PresetError that names the file and the group."""
    path = presets / FILE
    tables = read_toml(path)
    people = _words(tables.pop("people", None), path, "people")
    terms: dict[CaptionGroup, list[str]] = {}
    for dimension, groups in tables.items():
        if not isinstance(groups, dict):
            raise PresetError(f"{path}: {dimension}: should be a table of groups", ADVICE)
        for name, given in groups.items():
            words = _words(given, path, f"{dimension}.{name}")
            terms[CaptionGroup(dimension, name)] = [
                word.replace(PERSON, person) for word, person in product(words, people) if PERSON in word
            ] + [word for word in words if PERSON not in word]
    return GroupTerms(terms)


def _words(given: object, path: Path, key: str) -> list[str]:
    if not isinstance(given, list) or not given or not all(isinstance(word, str) and word.strip() for word in given):
        raise PresetError(f"{path}: {key}: should be a list of words", ADVICE)
    return given


@dataclass(frozen=True, slots=True)
class GroupLoss:
    """Says what a filter takes out of one group: `removed` of `rows`, as a share 0..1 with its 95 % interval.

    `base` is the share of all rows that is removed. `examples` are some of the removed rows, as the caller names them.
    """

    group: CaptionGroup
    rows: int
    removed: int
    low: float
    high: float
    base: float
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Returns the share of the group's rows that is removed, 0..1."""
        return self.removed / self.rows if self.rows else 0.0

    @property
    def times(self) -> float:
        """Returns how many times the share of all rows the group loses."""
        if not self.base:
            return math.inf if self.removed else 1.0
        return self.share / self.base

    @property
    def is_sure(self) -> bool:
        """Tells whether the whole interval lies above the share of all rows: it is not chance alone."""
        return self.low > self.base

    @property
    def warns(self) -> bool:
        """Tells whether the group surely loses more than all rows do, and by measure more than twice as many."""
        enough = self.rows >= FEWEST_ROWS and self.removed >= FEWEST_REMOVED
        return enough and self.is_sure and self.times > WARNS_FROM


@dataclass(frozen=True, slots=True)
class BalanceReport:
    """Holds what is removed of all rows and of each group; groups that no caption speaks of are there with 0 rows."""

    rows: int
    removed: int
    groups: tuple[GroupLoss, ...]

    @property
    def share(self) -> float:
        """Returns the share of all rows that is removed, 0..1."""
        return self.removed / self.rows if self.rows else 0.0

    @property
    def warnings(self) -> tuple[GroupLoss, ...]:
        """Returns the groups to look at, the one that loses most first."""
        return tuple(sorted((loss for loss in self.groups if loss.warns), key=lambda loss: -loss.times))


class BalanceCount:
    """Counts rows as they come: a row is added with the groups of its caption, and with whether it is removed."""

    def __init__(self, groups: Iterable[CaptionGroup]) -> None:
        self._groups = tuple(groups)
        self._rows: defaultdict[CaptionGroup, int] = defaultdict(int)
        self._removed: defaultdict[CaptionGroup, int] = defaultdict(int)
        self._examples: defaultdict[CaptionGroup, list[str]] = defaultdict(list)
        self._all = self._all_removed = 0

    def add(self, groups: Iterable[CaptionGroup], removed: bool, example: str = "") -> None:
        """Counts one row. `example` is its id; "" keeps it out of the examples."""
        self._all += 1
        self._all_removed += removed
        for group in groups:
            self._rows[group] += 1
            self._removed[group] += removed
            if removed and example and len(self._examples[group]) < EXAMPLES:
                self._examples[group].append(example)

    def report(self) -> BalanceReport:
        """Returns what was counted so far."""
        return BalanceReport(self._all, self._all_removed, tuple(self._losses()))

    def _losses(self) -> Iterator[GroupLoss]:
        base = self._all_removed / self._all if self._all else 0.0
        for group in self._groups:
            removed, rows = self._removed[group], self._rows[group]
            examples = tuple(self._examples[group])
            yield GroupLoss(group, rows, removed, *wilson_interval(removed, rows), base, examples)


def count_losses(rows: Iterable[tuple[str, bool]], terms: GroupTerms) -> BalanceReport:
    """Counts (caption, removed) rows; the caption itself is the example."""
    count = BalanceCount(terms.groups)
    for caption, removed in rows:
        count.add(terms.find(caption), removed, caption)
    return count.report()
