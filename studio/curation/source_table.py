"""Tables: parquet, CSV, TSV and JSON lines, with captions and the bytes or the paths of pictures.

Paths are those of files beside the table; the files themselves are not copied. Addresses (a column `url`) are not
fetched: such a row is judged by its caption, before anybody downloads the picture.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from safety.errors import FileError
from studio.curation.place import DataPlace
from studio.curation.rows import CAPTION_NAMES, Block, Fate, Row, blocks_from, decoded_text
from studio.curation.table_columns import Columns, RowReader, require_known_pictures

SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
MAX_LINE_BYTES = 200_000_000
RECORDS_FOR_NAMES = 100  # of JSON lines: the columns are those that any of them names


@dataclass(frozen=True)
class TableSource:
    """Tables of text: CSV, TSV and JSON lines. `asked` names columns whose names are not known."""

    place: DataPlace
    names: tuple[str, ...]
    block_rows: int
    asked: Mapping[str, str]
    kind = "table"

    @property
    def shards(self) -> Sequence[str]:
        """Returns the names of the files."""
        return self.names

    def shape(self, shard: int) -> str:
        """Returns how many bytes the file has."""
        return str(self.place.size(self.names[shard]))

    def blocks(self, shard: int) -> Iterator[Block]:
        """Yields blocks of so many records; the place of each is where its first one begins, in bytes."""
        with self.place.reading(self.names[shard]) as file:
            # A column that is not there, or that nobody would look at, is said before anybody looks at a row.
            columns = self._columns(file, self.names[shard])
            first = next((cells for _, cells, problem, _ in self._records(file, self.names[shard]) if not problem), {})
            require_known_pictures(columns, first, self.place, self.names[shard])
            begins = (begin for begin, _, _, _ in self._records(file, self.names[shard]))
            yield from blocks_from(begins, shard, self.block_rows)

    def read(self, block: Block) -> Iterator[Row]:
        """Yields the records of a block as rows."""
        name = self.names[block.shard]
        with self.place.reading(name) as file:
            reader = RowReader(self.place, name, self._columns(file, name))
            records = self._records(file, name, block.places[0])
            for offset, (_, cells, problem, notes) in zip(range(block.rows), records, strict=False):
                number = block.first + offset
                yield reader.broken(number, problem) if problem else reader.row(number, cells, notes)

    def write(self, shard: int, fates: Sequence[Fate], out: DataPlace) -> None:
        """Copies the records, byte by byte, under the head of their table."""
        name = self.names[shard]
        for fate in (Fate.KEEP, Fate.SET_ASIDE):
            if fate in fates:
                with self.place.reading(name) as file, out.within(fate).writing(name) as copy:
                    copy.write(_head(file, name)[0])
                    begins = [begin for begin, _, _, _ in self._records(file, name)]
                    for each, begin, end in zip(fates, begins, [*begins[1:], file.seek(0, io.SEEK_END)], strict=True):
                        if each is fate:
                            file.seek(begin)
                            data = file.read(end - begin)
                            copy.write(data if data.endswith(b"\n") else data + b"\n")

    def _columns(self, file: IO[bytes], name: str) -> Columns:
        if not _is_json(name):
            _, names = _head(file, name)
            return Columns.of(names, self.asked, name) if names else Columns("", "", "", "")
        file.seek(0)
        # Records need not have the same names.
        sound = (cells for _, cells, problem, _ in self._records(file, name) if not problem)
        names = tuple(dict.fromkeys(key for cells in islice(sound, RECORDS_FOR_NAMES) for key in cells))
        return Columns.of(names, self.asked, name) if names else Columns("", CAPTION_NAMES[0], "", "")

    def _records(
        self, file: IO[bytes], name: str, start: int = 0
    ) -> Iterator[tuple[int, dict[str, Any], str, tuple[str, ...]]]:
        """Yields of each record where it begins, its cells, what is wrong with it and what is odd."""
        if _is_json(name):
            file.seek(start)
            return _json_records(file)
        head, columns = _head(file, name)
        file.seek(max(start, len(head)))
        return _csv_records(file, columns, _delimiter(name))


def _is_json(name: str) -> bool:
    return name.lower().endswith((".jsonl", ".ndjson"))


def _delimiter(name: str) -> str:
    return "\t" if name.lower().endswith(".tsv") else ","


def _head(file: IO[bytes], name: str) -> tuple[bytes, tuple[str, ...]]:
    """Returns the first record of a CSV file, as bytes and as names of columns; nothing for JSON lines."""
    if _is_json(name):
        return b"", ()
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise FileError(f"{name} is in UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8).")
    file.seek(0)
    lines = _Lines(file)
    try:
        names = next(csv.reader(lines, delimiter=_delimiter(name)), [])
    except csv.Error as error:
        raise FileError(f"{name} has no first line that names the columns: {error}.") from error
    return lines.taken, tuple(names)


class _Lines:
    """Hands lines to the csv module as text, whatever their encoding, and keeps the bytes that they were."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.taken = b""
        self.notes: tuple[str, ...] = ()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_LINE_BYTES)
        if not line:
            raise StopIteration
        self.taken += line
        end = "\n" if line.endswith(b"\n") else ""
        try:
            return line.decode("utf-8-sig").rstrip("\r\n").replace("\0", "") + end
        except UnicodeDecodeError:
            text, self.notes = decoded_text(line)
            return text.replace("\0", "") + end


def _csv_records(
    file: IO[bytes], columns: Sequence[str], delimiter: str
) -> Iterator[tuple[int, dict[str, Any], str, tuple[str, ...]]]:
    csv.field_size_limit(MAX_LINE_BYTES)
    begin, lines = file.tell(), _Lines(file)
    records = csv.reader(lines, delimiter=delimiter)
    while True:
        problem, cells = "", []
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"The record is no CSV: {error}."
        if lines.taken.count(b"\n") > 1 and not _is_closed(lines.taken, delimiter):
            problem = "A quotation mark that is not closed: the records behind it cannot be told apart."
        if not problem and cells and len(cells) != len(columns):
            problem = f"The record has {len(cells)} cells, and the table {len(columns)} columns."
        if cells or problem:
            yield begin, dict(zip(columns, cells, strict=False)), problem, lines.notes
        begin += len(lines.taken)
        lines.taken, lines.notes = b"", ()


def _is_closed(record: bytes, delimiter: str) -> bool:
    """Tells whether a record of several lines ends its quotations; the csv module takes the end of a file for that."""
    try:
        list(
            csv.reader(
                io.StringIO(record.decode("utf-8", "replace").replace("\0", ""), newline=""),
                delimiter=delimiter,
                strict=True,
            )
        )
    except csv.Error:
        return False
    return True


def _json_records(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any], str, tuple[str, ...]]]:
    begin = file.tell()
    while line := file.readline(MAX_LINE_BYTES):
        problem, found, (text, notes) = "", {}, decoded_text(line)
        if text:
            try:
                found = json.loads(text)
            except (ValueError, RecursionError) as error:
                problem = f"The line is no JSON: {error}."
            if not problem and not isinstance(found, dict):
                problem = "The line is no JSON object."
            yield begin, found if not problem else {}, problem, notes
        begin += len(line)


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files. A block lies within one row group."""

    place: DataPlace
    names: tuple[str, ...]
    block_rows: int
    asked: Mapping[str, str]
    kind = "parquet"

    @property
    def shards(self) -> Sequence[str]:
        """Returns the names of the files."""
        return self.names

    def shape(self, shard: int) -> str:
        """Returns how many bytes the file has."""
        return str(self.place.size(self.names[shard]))

    def blocks(self, shard: int) -> Iterator[Block]:
        """Yields blocks; the place of one is its row group and how many rows come before it there."""
        number = first = 0
        with self._opened(shard) as parquet:
            columns = Columns.of(parquet.schema_arrow.names, self.asked, self.names[shard])
            first_rows = next(parquet.iter_batches(1), None)
            if first_rows is not None:
                require_known_pictures(columns, first_rows.to_pylist()[0], self.place, self.names[shard])
            for group in range(parquet.num_row_groups):
                size = parquet.metadata.row_group(group).num_rows
                for before in range(0, size, self.block_rows):
                    rows = min(self.block_rows, size - before)
                    yield Block(shard, number, first, rows, (group, before))
                    number, first = number + 1, first + rows

    def read(self, block: Block) -> Iterator[Row]:
        """Yields the rows of a block."""
        name = self.names[block.shard]
        group, before = block.places
        with self._opened(block.shard) as parquet:
            reader = RowReader(self.place, name, Columns.of(parquet.schema_arrow.names, self.asked, name))
            at = 0
            for batch in parquet.iter_batches(self.block_rows, row_groups=[group]):
                if at == before:
                    for offset, cells in enumerate(batch.to_pylist()):
                        yield reader.row(block.first + offset, cells)
                    return
                at += batch.num_rows

    def write(self, shard: int, fates: Sequence[Fate], out: DataPlace) -> None:
        """Writes files of the same columns."""
        import pyarrow.parquet

        for fate in (Fate.KEEP, Fate.SET_ASIDE):
            if fate in fates:
                with (
                    self._opened(shard) as parquet,
                    out.within(fate).writing(self.names[shard]) as copy,
                    pyarrow.parquet.ParquetWriter(copy, parquet.schema_arrow) as writer,
                ):
                    self._copy(parquet, writer, [each is fate for each in fates])

    def _copy(self, parquet: Any, writer: Any, wanted: Sequence[bool]) -> None:
        import pyarrow

        first = 0
        for group in range(parquet.num_row_groups):
            at = first
            # Where a page is damaged, its rows and those behind it in the group have failed already.
            with suppress(pyarrow.ArrowException, OSError):
                for batch in parquet.iter_batches(self.block_rows, row_groups=[group]):
                    writer.write_batch(batch.filter(pyarrow.array(wanted[at : at + batch.num_rows])))
                    at += batch.num_rows
            first += parquet.metadata.row_group(group).num_rows

    def _opened(self, shard: int) -> Any:
        return _OpenParquet(self.place, self.names[shard])


class _OpenParquet:
    """Opens a parquet file for a `with`. Raises FileError for a damaged one."""

    def __init__(self, place: DataPlace, name: str) -> None:
        self._opening, self._name = place.reading(name), name

    def __enter__(self) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            return pyarrow.parquet.ParquetFile(self._opening.__enter__())
        except pyarrow.ArrowException as error:
            raise FileError(f"{self._name} is no parquet file that can be read: {error}.") from error

    def __exit__(self, *error: Any) -> None:
        import pyarrow

        self._opening.__exit__(None, None, None)
        if isinstance(error[1], pyarrow.ArrowException):
            raise FileError(f"{self._name} is damaged: {error[1]}.") from error[1]
