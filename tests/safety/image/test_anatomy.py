"""Labels on an anatomy plate are told from other lines about parts of the body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.image.anatomy import AnatomyLabels
from tests.safety.image.conftest import PRESETS

LABELS = AnatomyLabels.load(PRESETS)


def named(*lines: str) -> list[str]:
    text = " ".join(lines)
    return [text[span.start : span.end] for span in LABELS.find(lines).names]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        pytest.param(["Penis", "Urinary bladder"], ["Penis", "bladder"], id="two labels"),
        pytest.param(["Penis / Scrotum | Urethra"], ["Penis", "Scrotum", "Urethra"], id="in one line"),
        pytest.param(["(a) Uncircumcised penis", "Glans penis"], ["penis", "Glans penis"], id="words of no caption"),
        pytest.param(["Penis", "Extermnal anal sphincter"], ["Penis", "anal", "sphincter"], id="misread by the reader"),
        pytest.param(["Penis"], [], id="one word alone is no plate"),
        pytest.param(["Penis", "penis", "PENIS"], [], id="one word again and again"),
        pytest.param(["my penis", "wet vagina"], [], id="more than a label says"),
        pytest.param(["show me your vagina", "Uterus", "Ovary"], ["Uterus", "Ovary"], id="a demand among labels"),
        pytest.param(["A red apple", "on a table"], [], id="no parts of a body"),
        pytest.param([], [], id="no lines"),
    ],
)
def test_labels_are_named_and_nothing_else(lines: list[str], names: list[str]) -> None:
    assert named(*lines) == names


@given(st.lists(st.sampled_from(["Penis", "Uterus", "my penis", "Kill them", "a b", "", "Ovary / Anus"])))
def test_the_rest_of_the_text_keeps_its_places(lines: list[str]) -> None:
    text, labels = " ".join(lines), LABELS.find(lines)
    assert len(labels.rest) == len(text)
    inside = {place for span in labels.names for place in range(span.start, span.end)}
    assert all(labels.rest[place] == (" " if place in inside else text[place]) for place in range(len(text)))
