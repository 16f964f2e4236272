"""The manifest: a row of parquet for each row of the source, with what was decided on it and all that was seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from typing import Any

from safety.errors import FileError
from studio.curation.observation import Observation
from studio.curation.place import DataPlace
from studio.curation.rows import Fate
from studio.curation.source_table import SUFFIXES as TABLES
from studio.curation.source_tar import SUFFIX as TAR
from studio.curation.stages import Ruling

FILE = "manifest.parquet"
ROWS_AT_ONCE = 2000
KEPT, REMOVED, FAILED = "kept", "removed", "failed"
TEXTS = ("id", "shard", "verdict", "stage", "policy_verdict", "fate", "context", "caption", "sha256", "pdq", "licence")
LISTS = ("categories", "reasons", "reservations", "generated", "watermarks", "groups", "notes")
NUMBERS = ("row", "width", "height", "faces")
# Differs from run to run: it is no part of the digest.
TIME = "ms"


def outcome_of(seen: Observation, ruling: Ruling | None) -> str:
    """Returns what became of a row: "kept", "removed" or "failed", where nobody could judge it."""
    if seen.problem:
        return FAILED
    return REMOVED if ruling is not None and not ruling.context else KEPT


def fate_of(ruling: Ruling | None) -> Fate:
    """Returns what becomes of a row's data."""
    return Fate.KEEP if ruling is None or ruling.context else ruling.fate


def manifest_row(seen: Observation, ruling: Ruling | None) -> dict[str, Any]:
    """Returns a row of the manifest; `seen` is all that was seen, to decide on it again."""
    return {
        "id": seen.id,
        "shard": seen.shard,
        "row": seen.row,
        "verdict": outcome_of(seen, ruling),
        "stage": ruling.stage if ruling else "",
        "policy_verdict": ruling.verdict if ruling else "",
        "fate": str(fate_of(ruling)),
        "context": ruling.context if ruling else "",
        "categories": list(ruling.categories) if ruling else [],
        "scores": json.dumps(dict(ruling.scores) if ruling else {}, sort_keys=True),
        "reasons": list(ruling.reasons) if ruling else [],
        "caption": seen.caption,
        "sha256": seen.sha256,
        "pdq": seen.pdq,
        "width": seen.width,
        "height": seen.height,
        "faces": seen.faces,
        "licence": seen.licence,
        "reservations": list(seen.reservations),
        "generated": list(seen.generated),
        "watermarks": list(seen.watermarks),
        "groups": [f"{dimension}: {name}" for dimension, name in seen.groups],
        "notes": list(seen.notes),
        "seen": _without_time(seen),
        TIME: round(sum(seen.ms.values()), 3),
    }


def _without_time(seen: Observation) -> str:
    facts = json.loads(seen.as_line())
    facts[TIME] = {}
    return json.dumps(facts, sort_keys=True)


class ManifestWriter:
    """Writes a manifest, some rows at a time. `digest` is the SHA-256 of all rows so far, without their times."""

    def __init__(self, out: DataPlace) -> None:
        self._out = out
        self._stack = ExitStack()
        self._rows: list[dict[str, Any]] = []
        self._hash = hashlib.sha256()
        self._writer: Any = None

    def __enter__(self) -> ManifestWriter:
        import pyarrow.parquet

        file = self._stack.enter_context(self._out.writing(FILE))
        self._writer = self._stack.enter_context(pyarrow.parquet.ParquetWriter(file, _schema(), compression="zstd"))
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self._flush()
        self._stack.__exit__(*error)

    @property
    def digest(self) -> str:
        """Returns the hash of all rows so far: two runs that decide alike have the same."""
        return self._hash.hexdigest()

    def add(self, row: dict[str, Any]) -> None:
        """Adds a row."""
        decided = {name: value for name, value in row.items() if name != TIME}
        self._hash.update(json.dumps(decided, sort_keys=True).encode() + b"\n")
        self._rows.append(row)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._writer.write_table(pyarrow.Table.from_pylist(self._rows, _schema()))
            self._rows = []


def _schema() -> Any:
    import pyarrow as arrow

    kinds = dict.fromkeys(TEXTS, arrow.string()) | dict.fromkeys(LISTS, arrow.list_(arrow.string()))
    kinds |= dict.fromkeys(NUMBERS, arrow.int64()) | {
        "scores": arrow.string(),
        "seen": arrow.string(),
        TIME: arrow.float64(),
    }
    return arrow.schema([(name, kinds[name]) for name in manifest_row(Observation("", "", 0), None)])


def read_manifest(
    folder: DataPlace, columns: list[str] | None = None, ids: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yields the rows of a manifest in their order, or those of these ids.

    Raises FileError where there is none that can be read.
    """
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    if not folder.exists(FILE):
        raise FileError(f"There is no {FILE} in {folder.address}.", "Name the folder that `filter --out` has written.")
    with folder.reading(FILE) as file:
        try:
            for batch in pyarrow.parquet.ParquetFile(file).iter_batches(ROWS_AT_ONCE, columns=columns):
                if ids is not None:
                    of = pyarrow.array(sorted(ids), pyarrow.string())
                    batch = batch.filter(pyarrow.compute.is_in(batch["id"], value_set=of))
                yield from batch.to_pylist()
        except pyarrow.ArrowException as error:
            raise FileError(f"{FILE} in {folder.address} cannot be read: {error}.", "Filter the source anew.") from None


def seen_before(folder: DataPlace) -> Iterator[Observation]:
    """Yields what was seen of each row of an earlier run."""
    return (Observation.of_line(row["seen"]) for row in read_manifest(folder, ["seen"]))


def explained(folder: DataPlace, id_: str) -> Iterator[str]:
    """Yields, in English, what became of each row of that id and why. Nothing where there is none."""
    for row in read_manifest(folder, ids=(id_,)):
        yield from _lines(row, folder)


def _lines(row: dict[str, Any], folder: DataPlace) -> Iterator[str]:
    by = f" by the stage {row['stage']}" if row["stage"] and row["verdict"] != KEPT else ""
    yield f"{row['id']} (row {row['row']} of {row['shard'] or 'the source'}): {row['verdict']}{by}."
    if row["caption"]:
        yield f"Caption: {row['caption']}"
    for reason in row["reasons"]:
        yield f"- {reason}"
    if row["context"]:
        yield f"It is kept all the same: its caption belongs to the context {row['context']}."
    if row["scores"] != "{}":
        yield "Scores: " + ", ".join(f"{name} {score:g}" for name, score in json.loads(row["scores"]).items())
    yield from (f"Note: {note}" for note in row["notes"])
    if row["fate"] == Fate.LEAVE:
        yield f"Its data: {row['fate']}"
    else:
        yield f"Its data: {_where(row, folder)}"


def _where(row: dict[str, Any], folder: DataPlace) -> str:
    """Returns where a copy lies: of pictures in folders a file named like the row, else a table or tar like its own."""
    name = row["shard"] if row["shard"].lower().endswith((*TABLES, TAR)) else row["id"]
    where = f"{row['fate']}/{name}"
    return where if folder.exists(where) else f"in the source; a run that copies writes it to {where}"
