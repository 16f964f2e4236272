"""Lessons as data: what ships is whole, and what does not fit is named with file and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.resources import PRESETS
from studio.lesson_sets import load_set
from studio.lessons import FOLDER, SETS, load_lesson, load_lessons

LESSONS = load_lessons(PRESETS)
ONE = "two_kinds_of_error"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_told_in_english_and_in_german(name: str) -> None:
    assert {"en", "de"} <= set(LESSONS[name].texts)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_aims_and_a_note_for_teachers_in_every_language(name: str) -> None:
    for text in LESSONS[name].texts.values():
        assert len(text.aims) >= 2
        assert any(step.teacher for step in text.steps.values())


def test_lessons_have_an_order_of_their_own() -> None:
    orders = [lesson.plan.order for lesson in LESSONS.values()]
    assert orders == sorted(set(orders))


def test_every_set_of_prompts_can_be_read_and_has_both_labels() -> None:
    for file in sorted((PRESETS / FOLDER / SETS).glob("*.tsv")):
        rows = load_set(PRESETS, file.stem)
        assert {row.harmful for row in rows} == {True, False}
        assert len({row.text.casefold() for row in rows}) == len(rows)


WRONG = {
    "an unknown key": ("lesson.toml", "minutes = 15", "minutes = 15\nmood = 1", "mood"),
    "a step without words": ("lesson.toml", 'id = "scores"', 'id = "others"', "others"),
    "an id that the page has": ("lesson.toml", 'id = "scores"', 'id = "words"', "id words"),
    "a question without words": ("lesson.toml", 'id = "places"', 'id = "places"\ncheck = {}', "step places: check"),
    "a right answer that is none": ("lesson.toml", "right = [3]", "right = [4]", "right: counts from 1 to 3"),
    "a number below its least": ("lesson.toml", "least = 0, most = 30", "least = 30, most = 0", "least must be"),
    "an unknown heading": ("en.md", "### Explain", "### Explanation", "### Explanation"),
    "no aims": ("de.md", "## Aims", "## {aims} Aims", "## Aims"),
    "words before the title": ("en.md", "# Two kinds", "Hello\n# Two kinds", "line 1"),
}


@pytest.mark.parametrize(("file", "old", "new", "named"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named(tmp_path: Path, file: str, old: str, new: str, named: str) -> None:
    folder = tmp_path / ONE
    shutil.copytree(PRESETS / FOLDER / ONE, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PresetError) as told:
        load_lesson(folder)
    assert folder.name in told.value.sentence and named in told.value.sentence


def test_a_lesson_without_english_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ONE
    shutil.copytree(PRESETS / FOLDER / ONE, folder)
    (folder / "en.md").unlink()
    with pytest.raises(PresetError, match="en.md"):
        load_lesson(folder)


def test_a_row_without_a_label_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / FOLDER / SETS).mkdir(parents=True)
    (tmp_path / FOLDER / SETS / "some.tsv").write_text("a cat\t0\t\t\na dog\tmaybe\t\t\n", "utf-8")
    with pytest.raises(PresetError, match="line 2"):
        load_set(tmp_path, "some")
