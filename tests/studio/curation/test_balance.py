"""Who is removed: groups by words, shares with intervals, and a warning that chance alone does not raise."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import PresetError
from safety.resources import PRESETS
from studio.curation.balance import (
    FILE,
    BalanceCount,
    CaptionGroup,
    count_losses,
    load_group_terms,
    wilson_interval,
)

TERMS = load_group_terms(PRESETS)
QUEER = CaptionGroup("orientation", "lesbian, gay, bisexual and queer")


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        pytest.param("A lesbian couple cooking dinner", {"orientation"}, id="orientation"),
        pytest.param("A man in a wheelchair at the beach", {"gender", "disability"}, id="two dimensions"),
        pytest.param("BLACK WOMAN READING", {"skin tone", "gender"}, id="capitals, and a placeholder for people"),
        pytest.param("a black cat on a white sofa", set(), id="a colour of things is nobody's skin"),
        pytest.param("a gayer mood", set(), id="whole words only"),
        pytest.param("a woman's diary", {"gender"}, id="a genitive"),
        pytest.param("a mother breastfeeding her baby", {"gender", "age", "body"}, id="body"),
        pytest.param("an anatomical plate", {"medicine"}, id="medicine"),
        pytest.param("a bowl of fruit", set(), id="nobody"),
        pytest.param("", set(), id="no caption"),
    ],
)
def test_a_caption_speaks_of_groups(caption: str, expected: set[str]) -> None:
    assert {group.dimension for group in TERMS.find(caption)} == expected


def test_all_dimensions_that_filters_are_known_to_hurt_are_counted() -> None:
    dimensions = {group.dimension for group in TERMS.groups}
    assert dimensions == {"gender", "age", "skin tone", "religion", "orientation", "disability", "body", "medicine"}


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 1000, 0.0002, 0.0056)],
)
def test_an_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson_interval(hits, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.integers(1, 10_000), st.data())
def test_an_interval_holds_its_share_and_stays_a_share(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson_interval(hits, of)
    assert 0.0 <= low <= hits / of <= high <= 1.0


def test_a_group_that_loses_more_than_twice_the_average_is_warned_of() -> None:
    rows = [("a tree", number < 50) for number in range(1000)]
    rows += [("a gay couple", number < 30) for number in range(100)]
    report = count_losses(rows, TERMS)
    (warning,) = report.warnings
    assert (warning.group, warning.rows, warning.removed) == (QUEER, 100, 30)
    assert report.share == pytest.approx(80 / 1100)
    assert warning.times == pytest.approx(0.3 / (80 / 1100))
    assert warning.examples == ("a gay couple",) * 5


def test_chance_alone_raises_no_warning() -> None:
    rows = [("a tree", number < 50) for number in range(1000)] + [("a gay couple", True)]
    rows += [("a gay couple", False)] * 6
    report = count_losses(rows, TERMS)
    (loss,) = [loss for loss in report.groups if loss.group == QUEER]
    assert loss.times > 2 and not loss.is_sure
    assert report.warnings == ()


def test_where_nothing_else_is_removed_a_loss_is_infinite_times_the_average() -> None:
    group = CaptionGroup("body", "x")
    count = BalanceCount([group])
    assert count.report().groups[0].times == 1.0
    count.add([group], removed=True)
    assert count.report().groups[0].times == 1.0
    assert count.report().share == 1.0
    assert not math.isnan(count.report().groups[0].low)


@given(st.lists(st.tuples(st.sampled_from(["a man", "a gay man", "a tree"]), st.booleans())))
def test_no_row_is_lost_or_counted_twice(rows: list[tuple[str, bool]]) -> None:
    report = count_losses(rows, TERMS)
    assert (report.rows, report.removed) == (len(rows), sum(removed for _, removed in rows))
    (men,) = [loss for loss in report.groups if loss.group.name == "men"]
    assert men.rows == sum("man" in caption for caption, _ in rows)
    assert men.removed == sum("man" in caption and removed for caption, removed in rows)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("people = []", "people"),
        ('people = ["man"]\ngender = "women"', "gender"),
        ('people = ["man"]\n[gender]\nwomen = [1]', "gender.women"),
        ("[gender]\nwomen = [", FILE),
    ],
)
def test_a_file_that_is_no_list_of_words_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(PresetError, match=named):
        load_group_terms(tmp_path)
