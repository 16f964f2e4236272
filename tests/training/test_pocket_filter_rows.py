"""What the pocket model learns from goes through the studio's filter: what its manifest refuses is not learned."""

import io
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyarrow", reason="the extra `filter`")

from studio.curation.looking import FilterRules, Pipeline, plan
from studio.curation.opening import open_source
from studio.curation.place import DataPlace
from studio.curation.row_manifest import read_manifest
from studio.curation.stages import Subject
from studio.curation.workers import Here
from tests.training.pocket_things import things
from tests.training_data import WordStage
from training.pocket import data
from training.pocket.filter_rows import FILTERED, ROWS, RULE, RULES, filtered, rows, without_refused
from training.pocket.objects import Removed, load
from training.pocket.sources import EDGE, Sources


def test_every_picture_is_a_row_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(*things())))
    source = open_source(str(tmp_path / "rows.jsonl"), 3)
    read = [row for block in plan(source, 0) for row in source.read(block)]
    assert len(read) == 5 and not any(row.problem for row in read)
    assert {row.caption for row in read} == {
        "dog",
        "red apple",
        "kite",
        "cook with light skin",
        "man cook with dark skin",
    }
    for row in read:
        image = Image.open(io.BytesIO(row.picture or b""))
        assert image.getpixel((0, 0)) == (255, 255, 255)


class _Refusing(WordStage):
    """Takes kites out by their word, and one of the two cooks; another row it cannot look at."""

    def look(self, subjects: Any) -> None:
        for subject in cast(list[Subject], subjects):
            if subject.seen.id == "dog/0":
                subject.seen.fail(self.name, "not looked at")
            subject.seen.caption = {"kite": "bad kite", "cook with light skin": "bad"}.get(
                subject.seen.caption, subject.seen.caption
            )


def refusing(_: FilterRules) -> Pipeline:
    return Pipeline((_Refusing(),), (_Refusing(),))


class _Pictures:
    """Stands in for the fetched packages: the same two pictures for all things."""

    def read(self, key: str) -> np.ndarray:
        return np.full((EDGE, EDGE, 4), 200 if key.endswith("b") else 90, np.uint8)


def test_what_the_manifest_refuses_is_not_in_what_is_learned(tmp_path: Path) -> None:
    chosen = (things()[0], [Removed("bomb", "safety.weapons")])
    kept, removed = data.write(chosen, cast(Sources, _Pictures()), tmp_path, Here(), refusing)
    (out,) = (tmp_path / FILTERED).iterdir()
    refused = {row["id"] for row in read_manifest(DataPlace(str(out))) if row["verdict"] != "kept"}
    assert refused == {"dog/0", "kite/0", "cook/0"}
    learned = json.loads((tmp_path / "things.json").read_text())
    assert [(thing["label"], thing["files"], thing["notes"]) for thing in learned] == [
        ("red apple", ["noto:a"], ["|"]),
        ("cook", ["noto:b"], ["man|dark"]),
    ]
    assert removed == [Removed("bomb", "safety.weapons"), Removed("dog", RULE), Removed("kite", RULE)]
    # The pictures stand in the order of what is learned.
    made, cutouts = load(tmp_path)
    assert made == kept and [int(cutout[64, 64, 0]) for cutout in cutouts] == [90, 200]


def test_a_picture_that_the_manifest_does_not_know_is_not_learned(tmp_path: Path) -> None:
    made, cutouts = things()
    filtered(made[:2], cutouts[:2], tmp_path, Here(), refusing)
    (out,) = (tmp_path / FILTERED).iterdir()
    kept, removed = without_refused(made, out)
    assert [thing.label for thing in kept] == ["red apple"]
    assert [one.label for one in removed] == ["dog", "kite", "cook"]


def test_other_rows_are_looked_at_anew_and_so_are_the_same_after_the_end(tmp_path: Path) -> None:
    made, cutouts = things()
    for count in (2, 3, 3):
        assert len(filtered(made[:count], cutouts[:count], tmp_path, Here(), refusing)[0]) == 1
    assert len(list((tmp_path / FILTERED).iterdir())) == 2


@pytest.mark.slow
def test_the_stages_that_ship_judge_a_row_of_the_model(tmp_path: Path) -> None:
    made, cutouts = things()
    kept, removed = filtered(made[:2], cutouts[:2], tmp_path, Here())
    # Flat, and near copies of one another: that is no reason here.
    assert [thing.label for thing in kept] == ["dog", "red apple"] and not removed
    assert RULES.without == ("quality", "duplicate") and (tmp_path / ROWS).exists()
