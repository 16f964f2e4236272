"""How prompt sets become labelled rows, and what training may never see."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from training.prompt_classifier import attacks, data, mix
from training.prompt_classifier.contrast import filled, pairs
from training.prompt_classifier.rows import CATEGORIES, HARM, Row, key

Records = Sequence[tuple[str, str, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with every file that sources.toml names, each with one row of its own."""
    table = data.sources()
    names = [entry["file"] for part in ("train", "dev") for entry in table[part].values()]
    names += [f"dev/{name}.csv" for name in table["measure"]["files"]]
    for name in names:
        note = {"dev/nibbler.csv": "1/4", "train/i2p_soft.csv": "30"}.get(name, "")
        write(tmp_path / name, [(f"only in {name}", "0", "", note)])
    return tmp_path


def write(path: Path, records: Records) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label", "category", "note"), *records])


def by_text(rows: Sequence[Row]) -> Mapping[str, Row]:
    return {row.text: row for row in rows}


def test_no_training_row_is_in_any_dev_file(folder: Path) -> None:
    write(folder / "dev/parti.csv", [("A red apple!", "0", "", "")])
    write(folder / "dev/jdb.csv", [("a blue pear", "0", "", "")])
    write(
        folder / "train/coco.csv", [("a red apple", "0", "", ""), ("A blue pear.", "0", "", ""), ("kept", "0", "", "")]
    )
    assert {"a red apple", "A blue pear."}.isdisjoint(by_text(data.read(folder, "train")))
    assert "kept" in by_text(data.read(folder, "train"))


def test_a_dev_row_that_is_also_in_a_measured_set_is_not_trained_on(folder: Path) -> None:
    write(folder / "dev/krea.csv", [("a blue pear", "0", "", "")])
    write(folder / "dev/jdb.csv", [("a blue pear", "0", "", "")])
    assert "a blue pear" not in by_text(data.read(folder, "dev"))


def test_twins_with_different_labels_are_dropped(folder: Path) -> None:
    write(folder / "dev/xstest.csv", [("so or so", "0", "", ""), ("So, or so?", "1", "contrast_discr", "")])
    assert not {"so or so", "So, or so?"} & set(by_text(data.read(folder, "dev")))


def test_categories_that_a_source_does_not_label_are_masked(folder: Path) -> None:
    write(folder / "train/roco.csv", [("CT of the chest", "0", "", "")])
    row = by_text(data.read(folder, "train"))["CT of the chest"]
    assert row.weight["shocking"] == 0.0 < row.weight["sexual"]


def test_a_harmful_row_names_its_category_and_doubts_the_others(folder: Path) -> None:
    write(folder / "dev/openai_mod.csv", [("x y", "1", "V+HR", "")])
    row = by_text(data.read(folder, "dev"))["x y"]
    assert {c for c in CATEGORIES if row.target[c]} == {"violence", "harassment"}


@pytest.mark.parametrize(
    ("file", "note", "harm"),
    [
        pytest.param("dev/nibbler.csv", "3/4", 0.75, id="votes"),
        pytest.param("train/i2p_soft.csv", "30", 0.3, id="per cent"),
    ],
)
def test_soft_labels_become_shares(folder: Path, file: str, note: str, harm: float) -> None:
    write(folder / file, [("x y", "0", "", note)])
    rows = data.read(folder, file.partition("/")[0])
    assert by_text(rows)["x y"].target[HARM] == pytest.approx(harm)


def test_a_museum_nude_is_nudity_and_never_sexual(folder: Path) -> None:
    write(folder / "train/tate.csv", [("Reclining Nude, bronze", "0", "", "")])
    row = by_text(data.read(folder, "train"))["Reclining Nude, bronze"]
    assert row.target["nudity"] > 0 == row.target["sexual"]


def test_a_half_is_the_same_for_the_same_text_however_it_is_written() -> None:
    rows = [Row(text, "jdb", {}, group=key(text)) for text in ("A red apple!", "a RED apple")]
    assert mix.held(rows[0]) == mix.held(rows[1])


def test_contrast_pairs_fill_every_slot_and_repeat_with_the_seed() -> None:
    rows = pairs(fills=2, seed=3)
    assert not any("{" in row.text for row in rows)
    assert [row.text for row in rows] == [row.text for row in pairs(fills=2, seed=3)]
    assert all(set(row.target) == {HARM, *CATEGORIES} for row in rows)


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("a {thing}", {}, random.Random(0))


@pytest.mark.parametrize("name", attacks.DISGUISES)
def test_a_disguise_changes_the_text_and_repeats_with_the_seed(name: str) -> None:
    attack, text = attacks.DISGUISES[name], "several harmful sentences about people and places " * 3
    assert attack(text, random.Random(1)) == attack(text, random.Random(1)) != text


def test_noise_keeps_the_words_and_salad_some_of_them() -> None:
    text = "several harmful sentences about people"
    noised = attacks.noised(text, ["zzz", "qqq"], random.Random(0)).split()
    assert [word for word in noised if word in text.split()] == text.split()
    assert set(attacks.salad(text, ["zzz"], random.Random(0)).split()) & set(text.split())
