"""The small pictures of a report: which rows are shown, which are blurred, and which never."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyarrow", reason="the extra `filter`")

from safety.image.child_safety import YOUNG_FACE
from safety.records import Assessment, CheckFailure, Finding, Stage
from studio.curation.filter_run import FilterRun
from studio.curation.looking import FilterRules, Pipeline
from studio.curation.observation import Observation
from studio.curation.place import DataPlace
from studio.curation.row_manifest import read_manifest
from studio.curation.row_thumbnails import SIDE, example_ids, small, thumbnails
from studio.curation.stages import Ruling, Subject
from studio.curation.workers import Here
from tests.training_data import BAD, BROKEN, FORMATS, HARD, WordStage, make, picture

NAKED, YOUNG, UNCHECKED, UNSEEN = "naked", "young", "unchecked", "unseen"


class _PictureStage:
    """Sees in a picture what its caption says, and stops it by that."""

    name = "picture"

    def look(self, subjects: Sequence[Subject]) -> None:
        for subject in subjects:
            seen = subject.seen
            seen.groups = (("gender", "women"),)
            if seen.problem or UNSEEN in seen.caption:
                continue
            score, kind = float(NAKED in seen.caption), YOUNG_FACE if YOUNG in seen.caption else "median"
            failed = (CheckFailure("gore", "not now"),) if UNCHECKED in seen.caption else ()
            found = (Finding("nudity", "sexual", score, subcategory=kind),)
            seen.picture = Assessment(Stage.PICTURE, ("nudity",), found, failed)

    def rule(self, seen: Observation) -> Ruling | None:
        stops = seen.picture is not None and any(finding.score > 0.5 for finding in seen.picture.findings)
        return Ruling(self.name, ("sexual",), ("sexual",)) if stops else None


def picture_pipeline(_: FilterRules) -> Pipeline:
    return Pipeline((WordStage(), _PictureStage()), (WordStage(), _PictureStage()))


CAPTIONS = {
    "a woman": "sharp",
    f"a woman {BAD}": "sharp",
    f"a woman {NAKED}": "blurred",
    f"a woman {BAD} and {NAKED}": "blurred",
    f"a woman {HARD}": "",
    f"a woman {HARD} and {NAKED}": "",
    f"a woman {YOUNG}": "",
    f"a woman {BAD} {UNCHECKED}": "",
    f"a woman {BAD} {UNSEEN}": "",
    f"a woman {BROKEN}": "",
}


def ran(kind: str, folder: Path) -> FilterRun:
    source = make(kind, folder / "in", list(CAPTIONS))
    run = FilterRun(str(source), str(folder / "out"), pipeline=picture_pipeline, block_rows=3)
    run.run(Here())
    return run


@pytest.mark.parametrize("kind", FORMATS)
def test_only_rows_that_may_be_shown_have_a_picture(tmp_path: Path, kind: str) -> None:
    run = ran(kind, tmp_path)
    out = DataPlace(run.out)
    captions = {row["id"]: row["caption"] for row in read_manifest(out)}
    found = thumbnails(run._opened(), out, captions, picture_pipeline(FilterRules()))
    shown = {captions[id_]: "blurred" if each.blurred else "sharp" for id_, each in found.items()}
    assert shown == {caption: how for caption, how in CAPTIONS.items() if how}


def test_a_report_names_the_rows_to_be_looked_at(tmp_path: Path) -> None:
    run = ran("folder", tmp_path)
    found = run.thumbnails({"balance": {"groups": [{"examples": ["000/00001.png", "gone"]}]}, **lists("000/00004.png")})
    assert set(found) == {"000/00001.png"}


def lists(id_: str) -> dict[str, Any]:
    row = [{"examples": [id_]}]
    return {"kept_by_context": row, "generated": row, "watermarks": [], "failures": [{"examples": ["broken"]}]}


def test_of_lists_only_those_that_are_no_failures_are_shown() -> None:
    many = {"examples": [str(number) for number in range(20)]}
    ids = example_ids({"balance": {"groups": [many]}, **lists("a")})
    assert ids == {"0", "1", "2", "3", "4", "a"}


def test_another_row_of_a_source_that_has_changed_is_not_shown(tmp_path: Path) -> None:
    run = ran("folder", tmp_path)
    for path in (tmp_path / "in" / "000").iterdir():
        path.rename(path.with_name(f"x{path.name}"))
    ids = [row["id"] for row in read_manifest(DataPlace(run.out))]
    found = thumbnails(run._opened(), DataPlace(run.out), ids, picture_pipeline(FilterRules()))
    assert not [id_ for id_ in found if id_.startswith("000/")]


def test_nothing_is_left_of_what_is_blurred_but_colours() -> None:
    stripes = np.zeros((300, 400, 3), np.uint8)
    for column in (19, 20, 21):
        stripes[:, column::40] = 255
    file = io.BytesIO()
    Image.fromarray(stripes).save(file, "PNG")

    def contrast(blurred: bool) -> float:
        image = Image.open(io.BytesIO(small(file.getvalue(), blurred).data))
        assert max(image.size) == SIDE
        return float(np.asarray(image.convert("L"), np.float32).std())

    assert contrast(False) > 20 > 4 > contrast(True)


def test_a_small_picture_is_small() -> None:
    assert len(small(picture(1, (2000, 1500)), False).data) < 6000
