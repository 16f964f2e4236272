"""Where in a picture something was located, in words and as boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety.records import Region
from tests.ui.html.pages import MESSAGES, REASON, Html, decision_of
from ui.html import decision, regions


@pytest.mark.parametrize(
    ("places", "text"),
    [
        pytest.param((), "", id="nowhere"),
        pytest.param((Region(0.4, 0.4, 0.6, 0.6),), "centre", id="centre"),
        pytest.param((Region(0, 0, 0.2, 0.2, 0.3), Region(0.8, 0.7, 1, 1)), "lower right, upper left", id="two"),
        pytest.param((Region(0, 0, 1, 0.2),), "top", id="along the top"),
        pytest.param(
            tuple(Region(0.7 * x, 0.7 * y, 0.7 * x + 0.3, 0.7 * y + 0.3) for x in (0, 1) for y in (0, 1)),
            "across the picture",
            id="many",
        ),
    ],
)
def test_a_place_is_said_in_words(places: tuple[Region, ...], text: str) -> None:
    assert regions.where(places) == text


def test_a_reason_says_where_and_its_veil_shows_a_box(tmp_path: Path) -> None:
    located = replace(REASON, regions=(Region(0.5, 0.25, 1, 0.75, 0.5),))
    assert "middle right" in Html(decision.reason_list(decision_of(located), MESSAGES)).text
    assert "left:50.0%;top:25.0%;width:50.0%;height:50.0%" in regions.boxes(decision_of(located, located))
    assert regions.boxes(decision_of(located, located)).count("sl-region") == 1
