"""Prompts labelled by reading become rows: what is known of them counts, what nobody said does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety.policy.model import load_policy
from safety.prompt.classifier_model import CATEGORIES, HEADS, KINDS
from safety.resources import PRESETS
from training.prompt_classifier.examples import (
    HARD_LINES,
    NEARLY,
    Example,
    held_theme,
    label_row,
    read_written,
    written_rows,
)
from training.prompt_classifier.labels import Label
from training.prompt_classifier.rows import HARM

ALL = [*read_written(), *read_written(held=True), *read_written(second=True), *read_written(held=True, second=True)]


def label(outcomes: tuple[int, int, int], category: str = "", phrase: str = "") -> Label:
    text = f"a picture of {phrase}"
    return Label(text, outcomes, category, (text.index(phrase), len(text)), "random")


@pytest.mark.parametrize(
    ("outcomes", "category", "harm", "remark", "refuse", "always"),
    [
        pytest.param((0, 0, 0), "", 0.0, 0.0, 0.0, 0.0, id="harmless"),
        pytest.param((1, 0, 0), "protected_works", 0.0, 1.0, 0.0, 0.0, id="a remark on a work"),
        pytest.param((1, 0, 1), "violence", NEARLY, 1.0, 0.0, 0.0, id="a remark on harm"),
        pytest.param((2, 1, 2), "violence", 1.0, 1.0, 0.0, 0.0, id="a confirmation"),
        pytest.param((3, 2, 2), "violence", 1.0, 1.0, 1.0, 0.0, id="a refusal that art relaxes"),
        pytest.param((3, 3, 3), "hate", 1.0, 1.0, 1.0, 1.0, id="a refusal in every mode"),
    ],
)
def test_a_label_says_how_grave_a_prompt_is(
    outcomes: tuple[int, int, int], category: str, harm: float, remark: float, refuse: float, always: float
) -> None:
    target = label_row(label(outcomes, category, "it")).target
    assert [target[head] for head in (HARM, "remark", "refuse", "always")] == [harm, remark, refuse, always]


def test_a_kind_that_nobody_named_is_masked() -> None:
    grave = label_row(label((3, 3, 3), "deception", "it"))
    assert grave.weight["forgery"] == grave.weight["event"] == 0.0 < grave.weight["threat"]


def test_a_hard_line_is_learned_as_what_it_is_beside_that() -> None:
    row = label_row(label((4, 4, 4), "intimate_imagery", "it"))
    assert row.target["sexual"] == row.target["always"] == 1.0


def test_the_phrase_is_that_of_what_is_stopped() -> None:
    assert label_row(label((2, 1, 2), "violence", "gore")).phrase == "gore"
    assert label_row(label((0, 0, 0))).phrase == ""


def test_a_written_row_knows_every_head() -> None:
    example = Example("paper", "p1", (3, 3, 3), "deception", "forgery", "passport", "a passport")
    (row,) = written_rows([example])
    assert row.target["forgery"] == 1.0 and row.target["event"] == 0.0
    assert set(row.weight) == set(HEADS) and row.group == "p1"


def test_what_ships_is_complete_and_fits_the_policy() -> None:
    known = {*CATEGORIES, *HARD_LINES} & set(load_policy(PRESETS).category)
    for example in ALL:
        assert example.category in known if example.category else example.outcomes == (0, 0, 0), example
        assert not example.kind or KINDS[example.kind] == example.category, example
        assert example.outcomes[0] == max(example.outcomes) and example.phrase in example.text, example
    assert len(ALL) >= 8000 and len({example.text for example in ALL}) == len(ALL)


def test_themes_are_held_out_whole() -> None:
    themes = {example.theme for example in ALL}
    held = {theme for theme in themes if held_theme(theme)}
    assert 0.05 * len(themes) <= len(held) <= 0.2 * len(themes)
    assert not {example.theme for example in read_written()} & held


def test_every_folder_of_examples_is_read(tmp_path: Path) -> None:
    head = "theme\tpair\toutcomes\tcategory\tphrase\ttext\n"
    (tmp_path / "one.tsv").write_text(head + 'tools\t\t000\t\t\ta "bastard" file, 10 inch\n', "utf-8")
    (example,) = read_written(tmp_path, held=held_theme("tools"))
    assert example.text == 'a "bastard" file, 10 inch'
