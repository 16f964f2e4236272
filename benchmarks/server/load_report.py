"""What a load on a cluster showed: figures by window, and whether nothing was lost, doubled or handed out unmarked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.server.api_calls import percentile
from benchmarks.server.load_clients import PICTURE, REFUSED, TURNED_AWAY, UNCLEAR, WITHHELD, Call, Wish
from safety.errors import StudioError
from studio.studio import Studio

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
READ_BACK = ("invisible", "metadata", "credentials")  # marks that a file shows when it is read
SHOWN = 5  # of what is wrong, in a report
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the load, in seconds since it began. `recovery`: until all replicas ran again, where that was seen."""

    name: str
    begin: float
    end: float
    recovery: float | None = None


def figures(window: Window, calls: Sequence[Call], wishes: Sequence[Wish]) -> Row:
    """Returns the figures of the calls that ended within a window."""
    own = [call for call in calls if window.begin <= call.ended < window.end]
    pictures = sorted(call.ended for call in own if call.kind == PICTURE)
    moments = [window.begin, *pictures, window.end]
    turned = [call for call in own if call.kind == TURNED_AWAY]
    wrong = [call for call in own if call.kind not in (PICTURE, REFUSED, WITHHELD)]
    sentences = Counter(f"{call.status or 'no answer'}: {call.sentence}" for call in wrong)
    ended = [wish for wish in wishes if window.begin <= wish.ended < window.end and wish.kind == PICTURE]
    return {
        "name": window.name,
        "seconds": round(window.end - window.begin, 1),
        "calls": len(own),
        "pictures": len(pictures),
        "per_second": len(pictures) / (window.end - window.begin),
        "answered": _percentiles([call.seconds for call in own if call.kind == PICTURE]),
        "refused": _percentiles([call.seconds for call in own if call.kind in (REFUSED, WITHHELD)]),
        "wished": _percentiles([wish.ended - wish.began for wish in ended]),
        "turned_away_share": len(turned) / max(1, len(own)),
        "statuses": dict(sorted(Counter(str(call.status) for call in own).items())),
        "sentences": dict(sentences.most_common()),
        "longest_without_a_picture": max(after - before for before, after in zip(moments, moments[1:], strict=False)),
        "recovery": "not by its end" if window.recovery == math.inf else window.recovery,
    }


def _percentiles(seconds: Sequence[float]) -> Row:
    found: Row = {name: percentile(seconds, share) if seconds else None for name, share in SHARES.items()}
    return {"number": len(seconds), **found}


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yields the figures of all windows as a table, and below it what calls without a picture were told."""
    yield "| | " + " | ".join(row["name"] for row in rows) + " |"
    yield "|---|" + "--:|" * len(rows)
    lines: list[tuple[str, Any]] = [
        ("pictures a second", lambda row: f"{row['per_second']:.2f} ({row['pictures']})"),
        ("calls with a picture: p50, p95, p99", lambda row: _three(row["answered"])),
        ("refusals: p50, p95, p99", lambda row: f"{_three(row['refused'])} ({row['refused']['number']})"),
        ("from the wish to its picture: p50, p95, p99", lambda row: _three(row["wished"])),
        ("calls by status", lambda row: ", ".join(f"{n} times {s}" for s, n in row["statuses"].items())),
        ("longest time without a picture", lambda row: f"{row['longest_without_a_picture']:.1f} s"),
        ("until all replicas ran again", lambda row: _seconds(row["recovery"])),
    ]
    for name, of in lines:
        yield f"| {name} | " + " | ".join(of(row) for row in rows) + " |"
    for row in rows:
        for sentence, number in row["sentences"].items():
            yield f"- {row['name']}, {number} times {sentence}"


def _three(told: Mapping[str, Any]) -> str:
    return ", ".join(_seconds(told[name]) for name in SHARES)


def _seconds(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return "-" if value is None else f"{value:.1f} s"


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a promise was kept, in how many instances it was looked at, and the first of those where it was not."""

    promise: str
    looked_at: int
    broken: tuple[str, ...]

    def line(self) -> str:
        """Returns it as a line of the report."""
        kept = "kept" if not self.broken else f"BROKEN {len(self.broken)} times: {'; '.join(self.broken[:SHOWN])}"
        return f"- {self.promise} ({self.looked_at} looked at): {kept}"


def check(studio: Studio, calls: Sequence[Call]) -> list[Held]:
    """Returns what was promised, and whether it was kept, by the record and the files. All calls have ended."""
    record = {row["case"]: studio.show_case(row["case"]) for row in studio.list_cases(1_000_000)}
    with_case = [call for call in calls if call.case]
    pictures = [call for call in calls if call.kind == PICTURE]
    unclear = [f"{call.status}: {call.sentence}" for call in calls if call.kind == UNCLEAR]
    chain = studio.verify_audit()
    return [
        Held("every call got a picture or a clear error", len(calls), tuple(unclear)),
        Held("every picture carries its marks", len(pictures), tuple(_unmarked(studio, pictures))),
        Held("no case is lost", len(with_case), tuple(_lost(record, with_case))),
        Held("no case is doubled", len(record), tuple(_doubled(record, with_case))),
        Held("no picture was made for nobody", len(record), tuple(_for_nobody(record, calls))),
        Held("the chain verifies", sum(map(len, record.values())), tuple(chain)),
    ]


def _unmarked(studio: Studio, pictures: Sequence[Call]) -> Iterator[str]:
    for call in pictures:
        assert call.file
        try:
            layers = studio.verify(call.file).as_json()["layers"]
        except StudioError as error:
            yield f"{call.case}: {error.sentence}"
            continue
        blank = [name for name in READ_BACK if name not in call.marks or layers[name]["stamp"] != call.stamp]
        if not layers["registry"].get("unchanged"):
            blank.append("registry")
        if blank:
            yield f"{call.case}: no {', '.join(blank)}"


def _outcome(rows: Sequence[Row]) -> str:
    return next((str(row["facts"].get("outcome")) for row in rows if row["event"] == "closed"), "open")


def _lost(record: Mapping[str, Sequence[Row]], calls: Sequence[Call]) -> Iterator[str]:
    """Yields calls whose case is not on record with what they were told."""
    for call in calls:
        rows = record.get(call.case, ())
        wanted = "delivered" if call.kind == PICTURE else "refused" if call.kind == REFUSED else ""
        outcome = _outcome(rows) if rows else "not on record"
        if not rows or (wanted and outcome != wanted):
            yield f"{call.case}: {call.kind}, and {outcome}"


def _doubled(record: Mapping[str, Sequence[Row]], calls: Sequence[Call]) -> Iterator[str]:
    for case, number in Counter(call.case for call in calls).items():
        if number > 1:
            yield f"{case}: answered {number} times"
    for case, rows in record.items():
        events = Counter(row["event"] for row in rows)
        if events["opened"] != 1 or events["closed"] != 1 or events["exported"] > 1:
            yield f"{case}: {dict(events)}"


def _for_nobody(record: Mapping[str, Sequence[Row]], calls: Sequence[Call]) -> Iterator[str]:
    """Yields cases with a picture that no call was answered with, but for as many as there are calls without answer."""
    told = {call.case for call in calls}
    silent = sum(call.status == 0 for call in calls)
    alone = [case for case, rows in record.items() if _outcome(rows) == "delivered" and case not in told]
    yield from alone if len(alone) > silent else ()
