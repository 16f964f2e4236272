"""What each person has made: the table behind the library. Beside the chain, so that its rows can be deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import sqlalchemy as sa

from safety.audit.tables import library, library_choice

# What pictures can be told apart by; the page lists the values that there are.
FACETS = ("mode", "verdict", "engine", "style", "folder")


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """Holds one finished picture of a person.

    `person` is a keyed hash, `path` lies under the studio's outputs, `time` is a timestamp as in the chain, `settings`
    is JSON and holds no words: `prompt` and `negative_prompt` are empty unless they are kept. `veiled`: the person has
    not chosen to see it yet.
    """

    stamp: str
    person: str
    case_id: str
    path: str
    sha256: str
    time: str
    mode: str
    verdict: str
    engine: str
    seed: str
    settings: str
    style: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    folder: str = ""
    veiled: bool = False
    favourite: bool = False
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """Says which of a person's pictures are meant; what is empty filters nothing.

    `words` are looked for in kept prompts, `day` is such as "2026-11-29" (UTC).
    """

    words: str = ""
    mode: str = ""
    verdict: str = ""
    engine: str = ""
    style: str = ""
    folder: str = ""
    day: str = ""
    favourite: bool = False


class LibraryTable:
    """Reads and writes the library within the caller's transaction. Each call names the person whose it is."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, entries: Sequence[LibraryEntry]) -> None:
        """Adds pictures."""
        if entries:
            rows = [asdict(one) | {"veiled": int(one.veiled), "favourite": int(one.favourite)} for one in entries]
            self._connection.execute(sa.insert(library), rows)

    def page(self, person: str, wanted: LibraryFilter, start: int, limit: int) -> list[LibraryEntry]:
        """Returns the pictures from number `start` on, newest first."""
        newest = sa.select(library).where(*_matches(person, wanted)).order_by(library.c.time.desc(), library.c.stamp)
        return [_entry(row) for row in self._connection.execute(newest.limit(limit).offset(start))]

    def count(self, person: str, wanted: LibraryFilter = LibraryFilter()) -> int:
        """Returns how many pictures match."""
        counted = sa.select(sa.func.count()).select_from(library).where(*_matches(person, wanted))
        return int(self._connection.execute(counted).scalar_one())

    def facets(self, person: str) -> dict[str, list[str]]:
        """Returns the values that a person's pictures have, by the name of each facet, and their days, newest first."""
        found = {}
        for name in FACETS:
            column = library.c[name]
            values = sa.select(column).where(library.c.person == person, column != "").distinct().order_by(column)
            found[name] = list(self._connection.execute(values).scalars())
        day = sa.func.substr(library.c.time, 1, 10)
        days = sa.select(day).where(library.c.person == person).distinct()
        return found | {"day": sorted(self._connection.execute(days).scalars(), reverse=True)}

    def get(self, person: str, stamps: Sequence[str]) -> list[LibraryEntry]:
        """Returns those of these pictures that are the person's, in the order asked for."""
        rows = self._connection.execute(sa.select(library).where(*_are(person, stamps)))
        found = {row.stamp: _entry(row) for row in rows}
        return [found[stamp] for stamp in dict.fromkeys(stamps) if stamp in found]

    def owner(self, stamp: str) -> str:
        """Returns whose picture it is, as a keyed hash; "" where it is in no library."""
        return str(self._connection.execute(sa.select(library.c.person).where(library.c.stamp == stamp)).scalar() or "")

    def set(self, person: str, stamps: Sequence[str], values: Mapping[str, object]) -> int:
        """Sets columns of a person's pictures; returns how many there were."""
        return self._connection.execute(sa.update(library).where(*_are(person, stamps)).values(**values)).rowcount

    def delete(self, person: str, stamps: Sequence[str]) -> int:
        """Deletes rows of a person's pictures; returns how many there were."""
        return self._connection.execute(sa.delete(library).where(*_are(person, stamps))).rowcount

    def unveil(self, stamp: str) -> None:
        """Notes that the person has chosen to see a picture."""
        self._connection.execute(sa.update(library).where(library.c.stamp == stamp).values(veiled=0))

    # ---- the person's choice ----

    def keeps_prompts(self, person: str) -> bool:
        """Tells whether a person wants their words kept in their library."""
        row = self._connection.execute(
            sa.select(library_choice.c.keep_prompts).where(library_choice.c.person == person)
        )
        return bool(row.scalar())

    def set_keeps_prompts(self, person: str, keeps: bool) -> None:
        """Notes what a person wants; the words kept until now go where they want none."""
        self._connection.execute(sa.delete(library_choice).where(library_choice.c.person == person))
        if keeps:
            self._connection.execute(sa.insert(library_choice).values(person=person, keep_prompts=1))
        else:
            self._forget(library.c.person == person)

    # ---- retention ----

    def delete_case(self, case_id: str) -> int:
        """Deletes the rows of a case; returns how many there were."""
        return self._connection.execute(sa.delete(library).where(library.c.case_id == case_id)).rowcount

    def forget_words_before(self, time: str, chosen: bool) -> int:
        """Deletes words older than a timestamp: of the people who chose to keep them, or of all others.

        Returns how many pictures had any.
        """
        choosers = sa.select(library_choice.c.person)
        whose = library.c.person.in_(choosers) if chosen else library.c.person.not_in(choosers)
        return self._forget(whose, library.c.time < time)

    def of_case(self, case_id: str) -> list[LibraryEntry]:
        """Returns the pictures of a case that are in anybody's library."""
        return [_entry(row) for row in self._connection.execute(sa.select(library).where(library.c.case_id == case_id))]

    def _forget(self, *which: sa.ColumnElement[bool]) -> int:
        has_words = sa.or_(library.c.prompt != "", library.c.negative_prompt != "")
        emptied = sa.update(library).where(has_words, *which).values(prompt="", negative_prompt="")
        return self._connection.execute(emptied).rowcount


def _matches(person: str, wanted: LibraryFilter) -> list[sa.ColumnElement[bool]]:
    which: list[sa.ColumnElement[bool]] = [library.c.person == person]
    which += [library.c[name] == value for name in FACETS if (value := getattr(wanted, name))]
    which += [library.c.prompt.icontains(word, autoescape=True) for word in wanted.words.split()]
    if wanted.day:
        which.append(library.c.time.startswith(wanted.day, autoescape=True))
    if wanted.favourite:
        which.append(library.c.favourite == 1)
    return which


def _are(person: str, stamps: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return [library.c.person == person, library.c.stamp.in_(list(stamps))]


_FIELDS = tuple(field.name for field in fields(LibraryEntry))


def _entry(row: Any) -> LibraryEntry:
    entry = LibraryEntry(*(getattr(row, name) for name in _FIELDS))
    return replace(entry, veiled=bool(entry.veiled), favourite=bool(entry.favourite))
