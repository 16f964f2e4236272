"""The records of the tables beside the chain. No SQL here."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

ANSWERED = {"BLOCK": "blocked", "HARD_BLOCK": "hard_line", "WARN": "asked"}


@dataclass(frozen=True, slots=True)
class Activity:
    """One deed. `outcome` is "" until it is known: delivered, blocked, hard_line, asked, withheld, failed..."""

    time: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """`kind`: appeal or report. `state`: see standing.py. `ticket`: the request that an overturn lets through."""

    case_id: str
    time: str
    kind: str
    state: str
    ticket: str


def answered(outcome: str, stage: str, verdict: str) -> str:
    """The outcome of a deed from a closing row: what a picture turned out to be is not the person's doing."""
    if outcome != "refused":
        return outcome
    return ANSWERED.get(verdict, "blocked") if stage == "prompt" else "withheld"


def now() -> str:
    """UTC, ISO 8601, to the microsecond: such texts sort by time."""
    return stamp(datetime.datetime.now(datetime.UTC))


def stamp(time: datetime.datetime) -> str:
    """A time as the store writes it."""
    return time.astimezone(datetime.UTC).isoformat(timespec="microseconds")
