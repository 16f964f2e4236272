"""Sources of training data that are damaged, odd or hostile: each row is told apart, and the others are read."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.errors import FileError, RequestError
from studio.curation.looking import plan
from studio.curation.opening import open_source
from studio.curation.place import DataPlace
from studio.curation.rows import Row, RowSource, decoded_text
from tests.training_data import make, picture


def rows_of(source: RowSource) -> list[Row]:
    rows = []
    for shard, name in enumerate(source.shards):
        for block in plan(source, shard):
            rows += [Row(f"{name}/(rest)", block.first, problem=block.problem)] if block.problem else source.read(block)
    return rows


def opened(path: Path, **asked: str) -> RowSource:
    return open_source(str(path), 3, asked)


# ---- WebDataset ----


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return make("webdataset", tmp_path / "tar", [f"caption {number}" for number in range(7)], shards=1) / "000.tar"


def test_a_tar_that_is_cut_off_gives_what_is_before_the_cut(shard: Path) -> None:
    data = shard.read_bytes()
    shard.write_bytes(data[: len(data) // 2])
    *whole, rest = rows_of(opened(shard))
    assert len(whole) >= 2 and "damaged or cut off" in rest.problem
    assert [row.caption for row in whole if not row.problem] == [
        f"caption {n}" for n in range(len(whole)) if not whole[n].problem
    ]
    assert sum(bool(row.problem) for row in whole) <= 1


def test_a_damaged_header_in_the_middle_is_no_end(shard: Path) -> None:
    data = bytearray(shard.read_bytes())
    with tarfile.open(shard) as archive:
        at = archive.getmembers()[9].offset
    data[at : at + 512] = b"\xff" * 512
    shard.write_bytes(data)
    *whole, rest = rows_of(opened(shard))
    assert [row.caption for row in whole] == ["caption 0", "caption 1", "caption 2"]
    assert "damaged" in rest.problem


@pytest.mark.parametrize("data", [b"", b"no tar at all", b"\xff" * 4096], ids=["empty", "text", "noise"])
def test_what_is_no_tar_is_one_row_with_a_problem(shard: Path, data: bytes) -> None:
    shard.write_bytes(data)
    (rest,) = rows_of(opened(shard))
    assert "damaged" in rest.problem


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 20_000), block_rows=st.integers(1, 5))
def test_wherever_a_tar_is_cut_planning_and_reading_agree(cut: int, block_rows: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = make("webdataset", Path(folder) / "t", [f"c{number}" for number in range(5)], shards=1) / "000.tar"
        path.write_bytes(path.read_bytes()[:cut])
        source = open_source(str(path), block_rows)
        planned = sum(block.rows for block in plan(source, 0))
        assert len(rows_of(source)) == planned


def test_a_compressed_archive_is_told_so(shard: Path) -> None:
    shard.write_bytes(gzip.compress(shard.read_bytes()))
    (row,) = rows_of(opened(shard))
    assert "compressed" in row.problem and "gunzip" in row.problem


def test_a_sample_without_a_caption_is_read_and_one_with_two_pictures_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name in ("a.png", "b.png", "b.jpg", "folder.v1/c.cls"):
            member = tarfile.TarInfo(name)
            content = picture() if "c" not in name else b"3"
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    first, second, third = rows_of(opened(tmp_path / "x.tar"))
    assert (first.caption, first.problem, first.picture) == ("", "", picture())
    assert "several pictures" in second.problem
    assert third.picture is None and third.id == "x.tar/folder.v1/c"


def test_what_a_sample_holds_is_looked_at_or_the_sample_fails(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name in ("a.image.png", "a.txt", "b.heic", "b.txt", "c.mp4", "d.png", "d.npy"):
            member = tarfile.TarInfo(name)
            member.size = len(picture())
            archive.addfile(member, io.BytesIO(picture()))
    named, heic, film, plain = rows_of(opened(tmp_path / "x.tar"))
    assert named.picture == picture() and plain.picture == picture() and not named.problem + plain.problem
    assert "b.heic is of a format" in heic.problem and "c.mp4 is of a format" in film.problem


# ---- tables ----

PNG_IN_BASE64 = base64.b64encode(picture()).decode()


@pytest.mark.parametrize(
    ("record", "kind", "column"),
    [
        pytest.param({"text": "a", "drawing": PNG_IN_BASE64}, "picture", "drawing", id="base64"),
        pytest.param({"text": "a", "scan": f"data:image/png;base64,{PNG_IN_BASE64}"}, "picture", "scan", id="address"),
        pytest.param({"text": "a", "where": "a.png"}, "path", "where", id="path"),
    ],
)
def test_pictures_in_a_column_of_no_known_name_are_not_passed_over(
    tmp_path: Path, record: dict[str, str], kind: str, column: str
) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    table = tmp_path / "x.jsonl"
    table.write_text(json.dumps(record) + "\n")
    with pytest.raises(RequestError, match="is no known name") as told:
        rows_of(opened(table))
    assert f"--{kind}-column {column}" in told.value.advice
    assert [row.picture for row in rows_of(open_source(str(table), 3, {kind: column}))] == [picture()]


def test_bytes_in_a_column_of_no_known_name_are_not_passed_over(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra `filter`")
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow.table({"text": ["a"], "scan": [picture()]}), tmp_path / "x.parquet")
    with pytest.raises(RequestError, match="pictures in the column 'scan'"):
        rows_of(opened(tmp_path))


@pytest.mark.parametrize("value", ["a.png", "https://example.org/a.png", "/9j/", "a title.jpg"])
def test_a_cell_that_is_no_picture_of_this_table_is_a_cell(tmp_path: Path, value: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({"text": "a", "url": value}) + "\n")
    (row,) = rows_of(opened(tmp_path / "x.jsonl"))
    assert row.picture is None and not row.problem


def test_a_row_with_a_second_picture_fails(tmp_path: Path) -> None:
    records = [{"text": "a", "image": PNG_IN_BASE64, "after": PNG_IN_BASE64}, {"text": "b", "image": PNG_IN_BASE64}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    two, one = rows_of(opened(tmp_path / "x.jsonl"))
    assert two.problem == "The column after holds a picture too, and a row is judged by one." and not one.problem


def test_the_first_record_need_not_have_all_columns(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"text": "a"}}\n{{"text": "b", "image": "{PNG_IN_BASE64}"}}\n')
    without, with_one = rows_of(opened(tmp_path / "x.jsonl"))
    assert without.problem == "The row has no picture." and with_one.picture == picture()


def test_records_of_a_csv_may_span_lines_and_break_the_rules(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(
        b'\xef\xbb\xbfid,caption\r\n1,"a cat\non a mat"\r\n2\r\n3,caf\xe9\r\n\r\n4,na\xc3\xafve\r\n5,a,b\r\n6,"last'
    )
    rows = rows_of(opened(tmp_path / "x.csv"))
    assert [(row.caption, bool(row.problem)) for row in rows] == [
        ("a cat\non a mat", False),
        ("", True),
        ("caf\xe9", False),
        ("na\xefve", False),
        ("", True),
        ("last", False),
    ]
    assert rows[2].notes and not rows[3].notes
    assert "1 cells" in rows[1].problem and rows[1].id == "x.csv#1"


def test_lines_that_are_no_json_object_are_told(tmp_path: Path) -> None:
    deep = "[" * 100_000
    (tmp_path / "x.jsonl").write_text(f'{{"caption": "one"}}\nnot json\n["list"]\n{deep}\n\n{{"caption": "two"}}')
    rows = rows_of(opened(tmp_path / "x.jsonl"))
    assert [row.caption for row in rows] == ["one", "", "", "", "two"]
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "a/../../secret.png", "https://example.org/a.png"])
def test_a_path_leads_nowhere_but_beside_the_table(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.csv").write_text(f"caption,path\nx,{path}\ny,gone.png\n")
    outside, gone = rows_of(opened(tmp_path / "in" / "x.csv"))
    assert outside.picture is None and "out of the folder" in outside.problem
    assert "gone.png cannot be read" in gone.problem


def test_a_quotation_that_is_not_closed_swallows_nothing_unsaid(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text('id,text\n0,"two\nlines"\n1,"not closed\n2,lost\n3,lost too\n')
    sound, broken = rows_of(opened(table))
    assert sound.caption == "two\nlines" and not sound.problem
    assert "not closed" in broken.problem


def test_a_table_in_utf_16_is_one_row_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,Mädchen\n", "utf-16")
    (row,) = rows_of(opened(tmp_path / "a.csv"))
    assert "UTF-16" in row.problem and "iconv" in row.problem


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_column_that_is_not_there_is_told_when_blocks_are_planned(tmp_path: Path, kind: str) -> None:
    source = opened(make(kind, tmp_path / "in", ["a", "b"], shards=2), caption="nowhere")
    with pytest.raises(RequestError, match="has no column 'nowhere'"):
        list(plan(source, 1))


@pytest.mark.parametrize("content", ["", "id,text\n"], ids=["empty", "a head alone"])
def test_a_table_without_records_has_no_rows(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert rows_of(opened(tmp_path / "a.csv")) == []


def test_a_table_without_known_columns_names_those_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("number,words\n1,a cat\n")
    with pytest.raises(RequestError, match="no column with captions or pictures") as told:
        rows_of(opened(tmp_path / "x.csv"))
    assert "number, words" in told.value.advice
    assert [row.caption for row in rows_of(opened(tmp_path / "x.csv", caption="words"))] == ["a cat"]
    with pytest.raises(RequestError, match="no column 'nothing'"):
        rows_of(opened(tmp_path / "x.csv", caption="nothing"))


def test_a_parquet_file_that_is_none_is_one_row_with_a_problem(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra `filter`")
    folder = make("parquet", tmp_path / "in", ["one", "two"])
    (folder / "000.parquet").write_bytes(b"PAR1 no parquet")
    broken, whole = rows_of(opened(folder))
    assert "no parquet file" in broken.problem and whole.caption == "two"


def test_a_picture_may_be_a_struct_as_datasets_writes_it(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="the extra `filter`")
    import pyarrow.parquet

    rows = [{"image": {"bytes": picture(), "path": "a.png"}, "text": "one"}, {"image": None, "text": "two"}]
    pyarrow.parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "x.parquet")
    first, second = rows_of(opened(tmp_path))
    assert first.picture == picture() and second.problem == "The row has no picture."


# ---- folders ----


def test_sidecars_of_a_folder_are_text_or_json_in_any_encoding(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}.png").write_bytes(picture())
    (tmp_path / "a.txt").write_bytes("Mädchen".encode("cp1252"))
    (tmp_path / "b.json").write_text('{"caption": "from json", "license": "CC0"}')
    (tmp_path / "c.png.txt").write_text("of this picture alone")
    (tmp_path / "d.json").write_text("[1]")
    (tmp_path / "notes.md").write_text("no row")
    first, second, third, fourth = rows_of(opened(tmp_path))
    assert first.caption == "Mädchen" and "Windows-1252" in first.notes[0]
    assert second.caption == "from json" and second.fields["license"] == "CC0"
    assert third.caption == "of this picture alone"
    assert fourth.caption == "" and "no JSON object" in fourth.notes[0]


@given(st.binary(max_size=200))
def test_every_caption_can_be_read(data: bytes) -> None:
    text, _ = decoded_text(data)
    assert isinstance(text, str)


def test_text_marked_as_utf_16_is_read_as_such() -> None:
    assert decoded_text("Katze".encode("utf-16"))[0] == "Katze"


# ---- places ----


def test_a_place_lists_no_hidden_files_and_writes_whole_files_or_none(tmp_path: Path) -> None:
    place = DataPlace(str(tmp_path))
    place.write("a/b.txt", b"whole")
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(ValueError), place.writing("a/c.txt") as file:
        file.write(b"half")
        raise ValueError
    assert place.files() == ["a/b.txt"]
    assert place.read("a/b.txt", 3) == b"whol"
    with pytest.raises(FileError, match="cannot be read"):
        place.read("gone", 3)


def test_a_place_may_be_anywhere_that_fsspec_knows() -> None:
    place = DataPlace("memory://filter-test")
    place.write("x.csv", b"caption\nhello\n")
    assert [row.caption for row in rows_of(open_source("memory://filter-test", 3))] == ["hello"]
    with pytest.raises(FileError, match="cannot be opened"):
        DataPlace("nosuchprotocol://x").files()


def test_a_place_lies_in_another_of_the_same_kind_alone(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a/x.csv", "caption\nhello\n")
    source, out = DataPlace(f"zip://::{tmp_path}/set.zip"), DataPlace(str(tmp_path / "out"))
    assert [row.caption for row in rows_of(open_source(source.address, 3))] == ["hello"] and not out.lies_in(source)
    assert out.lies_in(DataPlace(str(tmp_path))) and not DataPlace("memory://a").lies_in(out)
    with pytest.raises(RequestError, match="no training data") as told:
        open_source(f"{tmp_path}/set.zip", 3)
    assert "zip://" in told.value.advice
