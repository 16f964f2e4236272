"""The sets that the filter of training data is measured on hold what they say, the same every time."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from benchmarks.curation import training_sets
from benchmarks.curation.labelled_rows import table, word_list
from studio.curation.looking import plan
from studio.curation.opening import open_source
from studio.curation.rows import Row


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    for name in training_sets.MIX:
        path = tmp_path / "prompts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "label"))
            writer.writerows((f"{path.stem} {number}", 0) for number in range(400))
    return tmp_path / "prompts"


def rows_of(folder: Path) -> list[Row]:
    source = open_source(str(folder), 64)
    return [row for shard in range(len(source.shards)) for block in plan(source, shard) for row in source.read(block)]


def test_captions_are_the_same_every_time_and_of_all_sets(prompts: Path) -> None:
    found = training_sets.captions(prompts, 300)
    assert found == training_sets.captions(prompts, 300) and len(found) == 300
    assert {text.split()[0] for text in found} == {"coco", "tate", "roco", "real_prompts.csv"}


def test_sets_are_read_but_for_what_is_broken(prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_sets, "SHARD_ROWS", 60)
    texts = training_sets.captions(prompts, 220)
    training_sets.write_captions(tmp_path / "captions", texts)
    found = rows_of(tmp_path / "captions")
    assert {row.caption for row in found} - set(texts) <= {"", *(f"Café {text}" for text in texts)}
    assert 2 <= sum(bool(row.problem) for row in found) <= 3 and len(found) > 200


def test_pictures_are_readable_but_for_what_is_broken(
    prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_sets, "groups", lambda _: ())
    monkeypatch.setattr(training_sets, "BROKEN_EVERY", 5)
    made = list(training_sets.pictures(20, ()))
    assert made == list(training_sets.pictures(20, ())) and len(set(made)) == 20
    training_sets.write_pictures(tmp_path / "pictures", training_sets.captions(prompts, 20), iter(made))
    found = [row.picture for row in rows_of(tmp_path / "pictures") if not row.problem]
    # The shard breaks off after three quarters.
    assert 11 <= len(found) < 20
    assert [number for number, picture in enumerate(found[:11]) if picture != made[number]] == [4, 9]


def test_a_word_list_finds_whole_words() -> None:
    finds = word_list(["Ass", "two words", " "])
    assert [finds(text) for text in ("an ass", "a class", "TWO WORDS, here", "two  words")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_table_has_an_interval() -> None:
    few = {"all": [(True, False), (False, False)], "set: rare": [(True, True)]}
    lines = list(table(few, ("ours", "theirs")))
    assert lines[-1] == "| all | 2 | 50.0% (9% to 91%) | 0.0% |"
