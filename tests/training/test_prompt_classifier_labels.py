"""Labels find their prompts again by hash, and the test part stays apart."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from safety.policy.model import load_policy
from training.prompt_classifier import labels, sample

ROOT = Path(__file__).parents[2]
CLOWN = sample.identifier("a sad,\nred clown")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], ["a red apple"], ["a sad,\nred clown"]])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apple, clown = sample.identifier("a red apple"), sample.identifier("a sad,\nred clown")
    (tmp_path / "sample.tsv").write_text(f"id\tpart\tchunk\n{apple}\ttest\t000\n{clown}\tstopped\t000\n", "utf-8")
    rows = f"{apple}\t000\t\t0\t0\n{clown}\t100\tshocking\t2\t5\n"
    (tmp_path / "labels.tsv").write_text(f"id\toutcomes\tcategory\tstart\tend\n{rows}", "utf-8")
    return tmp_path


def test_a_label_comes_with_its_prompt_and_phrase(source: Path, folder: Path) -> None:
    (label,) = labels.read_labels(source, folder)
    assert (label.text, label.outcomes, label.category, label.part) == (
        "a sad,\nred clown",
        (1, 0, 0),
        "shocking",
        "stopped",
    )
    assert label.text[slice(*label.span)] == "sad"


def test_the_test_part_is_had_only_by_asking_for_it(source: Path, folder: Path) -> None:
    assert [label.text for label in labels.read_labels(source, folder, test=True)] == ["a red apple"]


def test_another_edition_of_the_source_is_an_error(source: Path, folder: Path) -> None:
    with gzip.open(source, "wt", encoding="utf-8") as file:
        file.write("text\na green pear\n")
    with pytest.raises(ValueError, match="another edition"):
        list(labels.read_labels(source, folder))


def test_a_sample_is_written_again_as_it_was(source: Path, folder: Path, tmp_path: Path) -> None:
    index = folder / "sample.tsv"
    before = index.read_text("utf-8")
    sample.write(sample.draw_again(sample.read_texts(source), index), tmp_path / "again")
    assert (tmp_path / "again" / "sample.tsv").read_text("utf-8") == before
    assert (tmp_path / "again" / "chunks" / "000.tsv").read_text("utf-8").splitlines() == [
        f"{sample.identifier('a red apple')}\ta red apple",
        CLOWN + "\ta sad, red clown",
    ]


def test_what_ships_is_sound() -> None:
    categories = set(load_policy(ROOT / "presets").category)
    with (labels.FOLDER / "labels.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with (labels.FOLDER / "sample.tsv").open(newline="", encoding="utf-8") as file:
        parts = {row["id"]: row["part"] for row in csv.DictReader(file, delimiter="\t")}
    assert Counter(parts.values()) == {"test": 2000, "random": 4500, "stopped": 5307, "unsure": 1193, "mined": 3000}
    assert len({row["id"] for row in rows}) == len(rows) and {row["id"] for row in rows} <= set(parts)
    for row in rows:
        assert len(row["outcomes"]) == 3 and set(row["outcomes"]) <= set("01234")
        assert (row["category"] in categories) is (row["outcomes"] != "000")
        # A mode never relaxes a hard line, and none is stricter than general mode.
        assert row["outcomes"] == "444" or ("4" not in row["outcomes"] and row["outcomes"][0] == max(row["outcomes"]))
