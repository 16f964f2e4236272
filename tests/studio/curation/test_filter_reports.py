"""What a filter says of its rows: in the report, in the manifest, and when somebody asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra `filter`")

from studio.curation.place import DataPlace
from studio.curation.row_manifest import explained, read_manifest
from tests.studio.curation.test_filter_run import CAPTIONS, filtered
from tests.training_data import BAD, make


def test_the_report_says_what_was_not_read(tmp_path: Path) -> None:
    source = make("folder", tmp_path / "in", CAPTIONS[:2])
    for name in ("film.mp4", "notes", "000/alone.txt"):
        (source / name).write_bytes(b"x")
    unread = filtered(source, tmp_path / "out")["unread"]
    assert {each["what"]: each["examples"] for each in unread} == {
        ".mp4": ["film.mp4"],
        ".txt": ["000/alone.txt"],
        "no ending": ["notes"],
    }
    table = make("csv", tmp_path / "table", CAPTIONS[:2])
    (table / "more.tsv").write_text("id\ttext\n8\tmore\n")
    (table / "more.npz").write_bytes(b"x")
    assert [each["what"] for each in filtered(table, tmp_path / "csv")["unread"]] == [".npz"]
    assert filtered(table / "more.tsv", tmp_path / "one")["unread"] == []


def test_a_repeated_id_is_noted_in_the_manifest_and_captions_alone_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,text\n1,a\n2,b\n1,c\n")
    odd = filtered(tmp_path / "x.csv", tmp_path / "out")["odd"]
    assert {each["what"]: each["rows"] for each in odd} == {
        "There is no picture: only the caption was judged.": 3,
        "An earlier row has the same id.": 1,
    }
    manifest = read_manifest(DataPlace(str(tmp_path / "out")))
    assert [row["notes"] for row in manifest] == [[], [], ["An earlier row has the same id."]]


@pytest.mark.parametrize(
    ("kind", "id_", "kept"),
    [
        ("folder", "000/00000.png", "000/00000.png"),
        ("webdataset", "000.tar/00000", "000.tar"),
        ("csv", "00000", "000.csv"),
    ],
)
def test_an_explanation_says_where_the_data_lies(tmp_path: Path, kind: str, id_: str, kept: str) -> None:
    source = make(kind, tmp_path / "in", CAPTIONS)
    filtered(source, tmp_path / "out")
    filtered(source, tmp_path / "dry", dry_run=True)
    assert list(explained(DataPlace(str(tmp_path / "out")), id_))[-1] == f"Its data: data/{kept}"
    assert (tmp_path / "out" / "data" / kept).exists()
    dry = list(explained(DataPlace(str(tmp_path / "dry")), id_))[-1]
    assert dry == f"Its data: in the source; a run that copies writes it to data/{kept}"


def test_an_explanation_says_what_became_of_a_row(tmp_path: Path) -> None:
    out = tmp_path / "out"
    filtered(make("csv", tmp_path / "in", CAPTIONS), out)
    lines = list(explained(DataPlace(str(out)), "00001"))
    assert lines == [
        "00001 (row 1 of 000.csv): removed by the stage word.",
        f"Caption: row 1 {BAD}",
        "- a bad word",
        "Its data: quarantine/000.csv",
    ]
    assert list(explained(DataPlace(str(out)), "nobody")) == []
